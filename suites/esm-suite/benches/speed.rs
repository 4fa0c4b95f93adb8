//! How many cases a core draws, runs and judges in a second. `item/s` is cases per second; the first lines say how
//! many trace events a case has, and the last ones what judging costs beside drawing and running.

use divan::Bencher;
use divan::counter::ItemsCount;
use esm_model::case::Case;
use esm_model::event::Event;
use esm_model::reference::Policy;
use esm_model::setup::Setup;
use esm_model::spec::Reading;
use esm_model::trace::{Trace, TraceRef, to_lines};
use esm_model::verdict::judge;
use esm_suite::sample;
use esmeralda::bench::Bench;
use esmeralda::lines::CommandTarget;
use esmeralda::machine::MachineTarget;
use esmeralda::run::run_case;
use esmeralda::virtual_time::ready;
use std::rc::Rc;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Cases per iteration.
const CASES: u64 = 2_000;

fn main() {
    let mut events = 0;
    for index in 0..CASES {
        events += run(&Rc::new(sample::case(1, index)), false, Vec::new()).len();
    }
    println!(
        "{:.1} trace events per case (multiply item/s by it for events per second)",
        events as f64 / CASES as f64
    );
    divan::main();
}

fn run(case: &Rc<Case>, texts: bool, buffer: Vec<Event>) -> Vec<Event> {
    let setup = texts.then(|| Rc::new(Setup::in_tree(case)));
    let target = MachineTarget::reference(Policy::AWS).with_texts(texts);
    ready(run_case(&target, case, setup.as_ref(), true, buffer))
        .expect("the reference runs every case")
        .events
}

fn each(bencher: Bencher<'_, '_>, mut work: impl FnMut(u64)) {
    bencher.counter(ItemsCount::new(CASES)).bench_local(move || (0..CASES).for_each(&mut work));
}

#[divan::bench]
fn a_draw(bencher: Bencher<'_, '_>) {
    each(bencher, |index| {
        divan::black_box(sample::case(1, index));
    });
}

#[divan::bench]
fn b_draw_and_run(bencher: Bencher<'_, '_>) {
    let mut buffer = Vec::new();
    each(bencher, |index| buffer = run(&Rc::new(sample::case(1, index)), false, std::mem::take(&mut buffer)));
}

#[divan::bench]
fn c_draw_run_and_judge(bencher: Bencher<'_, '_>) {
    let mut buffer = Vec::new();
    let reading = Reading::documented();
    each(bencher, |index| {
        let case = Rc::new(sample::case(1, index));
        buffer = run(&case, false, std::mem::take(&mut buffer));
        let trace = TraceRef { case: &case, setup: None, events: &buffer };
        divan::black_box(judge(trace, &reading).expect("a trace"));
    });
}

#[divan::bench]
fn d_all_through_json_text(bencher: Bencher<'_, '_>) {
    let mut buffer = Vec::new();
    let reading = Reading::documented();
    each(bencher, |index| {
        let case = Rc::new(sample::case(1, index));
        buffer = run(&case, true, std::mem::take(&mut buffer));
        let text = to_lines(&case, Some(&Setup::in_tree(&case)), &buffer);
        let trace = Trace::from_lines(&text).expect("what was written is read");
        divan::black_box(judge(trace.as_ref(), &reading).expect("a trace"));
    });
}

/// The reference on another thread, over the protocol of command targets: what an implementation in another language
/// costs beside its own work.
#[divan::bench]
fn e_over_a_pipe(bencher: Bencher<'_, '_>) {
    let target = CommandTarget::served(MachineTarget::reference(Policy::AWS)).target(false);
    let mut buffer = Vec::new();
    let reading = Reading::documented();
    each(bencher, |index| {
        let case = Rc::new(sample::case(1, index));
        let setup = Rc::new(Setup::in_tree(&case));
        let ran = ready(run_case(&target, &case, Some(&setup), true, std::mem::take(&mut buffer)));
        buffer = ran.expect("the reference runs every case").events;
        let trace = TraceRef { case: &case, setup: Some(&setup), events: &buffer };
        divan::black_box(judge(trace, &reading).expect("a trace"));
    });
}
