//! Many mappings at once, each on a stream of its own, with a record now and then.

use crate::caller::{Caller, Delivered, arn, counting};
use crate::usage::{processor, resident_kib};
use esmeralda::clock::Stopwatch;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// How long what was put may take to be delivered at the end.
const DRAIN: Duration = Duration::from_secs(120);
/// How often it is looked whether it was.
const LOOK: Duration = Duration::from_millis(50);

/// What is asked for.
pub(crate) struct Many {
    pub(crate) mappings: u32,
    pub(crate) seconds: u64,
    pub(crate) shards: u32,
}

pub(crate) async fn soak(wanted: &Many, front: &Caller, behind: &Caller) -> Result<(), String> {
    let name = format!("many-{}", std::process::id());
    let delivered = Rc::new(RefCell::new(Delivered::default()));
    let url = counting(delivered.clone()).await.map_err(|error| error.to_string())?;
    front.function(&name, &url).await?;
    let names: Vec<String> = (0..wanted.mappings).map(|number| format!("{name}-{number}")).collect();
    let watch = Stopwatch::start();
    for stream in &names {
        behind.stream(stream, wanted.shards).await?;
    }
    println!("{} streams made in {:.1} s", names.len(), watch.elapsed().as_secs_f64());
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (watch, mut slowest) = (Stopwatch::start(), Duration::ZERO);
    for stream in &names {
        let one = Stopwatch::start();
        front.mapping(stream, &name).await?;
        slowest = slowest.max(one.elapsed());
    }
    println!(
        "{} mappings made in {:.1} s, the slowest in {:.2} s, {} KiB",
        names.len(),
        watch.elapsed().as_secs_f64(),
        slowest.as_secs_f64(),
        resident_kib()
    );
    let (watch, mut rounds, before) = (Stopwatch::start(), 0, processor());
    while watch.elapsed() < Duration::from_secs(wanted.seconds) {
        for stream in &names {
            front.put(stream, rounds, 1).await?;
        }
        rounds += 1;
    }
    let (lasted, took) = (watch.elapsed().as_secs_f64(), (processor() - before).as_secs_f64());
    let reached = |names: &[String]| {
        let delivered = delivered.borrow();
        let all = |name: &&String| delivered.by_stream.get(&arn(name)).is_some_and(|count| *count == rounds);
        names.iter().filter(all).count()
    };
    let drain = Stopwatch::start();
    while reached(&names) < names.len() && drain.elapsed() < DRAIN {
        tokio::time::sleep(LOOK).await;
    }
    println!(
        "{} of {} mappings delivered all of their {rounds} records, the longest lag was {} ms; {} KiB, and {:.0} % of a \
         processor for {lasted:.0} s",
        reached(&names),
        names.len(),
        delivered.borrow().lag_ms,
        resident_kib(),
        100.0 * took / lasted
    );
    match reached(&names) == names.len() {
        true => Ok(()),
        false => Err("some mappings did not deliver".to_owned()),
    }
}
