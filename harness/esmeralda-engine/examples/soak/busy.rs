//! One mapping, as many records as the upstream takes.

use crate::caller::{Caller, Delivered, counting};
use crate::usage::{processor, resident_kib};
use esmeralda::clock::Stopwatch;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

/// Records of one request: what the service takes.
const BATCH: u64 = 500;
/// How long what was put may take to be delivered at the end.
const DRAIN: Duration = Duration::from_secs(60);
/// Memory may grow by so much after the first tenth: connections, iterators and the allocator's own.
const GROWTH_KIB: u64 = 64 * 1024;
/// How often the lag is looked at while it is too long.
const LOOK: Duration = Duration::from_millis(50);
/// How long the rates are measured before.
const RATE_SECONDS: u64 = 5;

/// What is asked for.
pub(crate) struct Busy {
    pub(crate) seconds: u64,
    pub(crate) shards: u32,
    /// Wait while so many records are not delivered.
    pub(crate) ahead: u64,
}

/// Records per second that this caller puts within some seconds.
async fn rate(caller: &Caller, stream: &str) -> Result<f64, String> {
    let (watch, mut count) = (Stopwatch::start(), 0);
    while watch.elapsed() < Duration::from_secs(RATE_SECONDS) {
        caller.put(stream, count, BATCH).await?;
        count += BATCH;
    }
    Ok(count as f64 / watch.elapsed().as_secs_f64())
}

pub(crate) async fn soak(wanted: &Busy, front: &Caller, behind: &Caller) -> Result<(), String> {
    let name = format!("soak-{}", std::process::id());
    let for_rates = format!("{name}-rate");
    for stream in [&name, &for_rates] {
        behind.stream(stream, wanted.shards).await?;
    }
    let delivered = Rc::new(RefCell::new(Delivered::default()));
    let url = counting(delivered.clone()).await.map_err(|error| error.to_string())?;
    front.function(&name, &url).await?;
    // Streams need a moment before they take records.
    tokio::time::sleep(Duration::from_secs(2)).await;
    for (what, caller) in
        [("upstream alone", behind), ("through the proxy", front), ("upstream alone", behind)]
    {
        println!("{what}: {:.0} records/s", rate(caller, &for_rates).await?);
    }
    front.mapping(&name, &name).await?;
    let (watch, mut put, mut worst, mut early, mut told) = (Stopwatch::start(), 0_u64, 0, 0, 0);
    let (mut most, began) = (0, processor());
    while watch.elapsed() < Duration::from_secs(wanted.seconds) {
        let lag = put - delivered.borrow().all();
        worst = worst.max(lag);
        if lag >= wanted.ahead {
            tokio::time::sleep(LOOK).await;
        } else {
            front.put(&name, put, BATCH).await?;
            put += BATCH;
        }
        let seconds = watch.elapsed().as_secs();
        if seconds >= told + wanted.seconds / 10 {
            told = seconds;
            let kib = resident_kib();
            early = if early == 0 { kib } else { early };
            most = most.max(kib);
            let all = delivered.borrow().all();
            let lag_ms = std::mem::take(&mut delivered.borrow_mut().lag_ms);
            println!(
                "{seconds} s: {put} put, {all} delivered, longest lag {lag_ms} ms, {kib} KiB, engine {:.1} s of a processor",
                (processor() - began).as_secs_f64()
            );
        }
    }
    let drain = Stopwatch::start();
    while delivered.borrow().all() < put && drain.elapsed() < DRAIN {
        tokio::time::sleep(LOOK).await;
    }
    let (count, late) = (delivered.borrow().all(), resident_kib());
    println!(
        "{:.0} records/s delivered, worst lag {worst} records, {early} KiB after a tenth, at most {most}, {late} at the end",
        put as f64 / watch.elapsed().as_secs_f64()
    );
    match (count == put, late <= early + GROWTH_KIB) {
        (true, true) => Ok(()),
        (false, _) => Err(format!("{put} records were put and {count} delivered")),
        (_, false) => Err(format!("memory grew from {early} to {late} KiB")),
    }
}
