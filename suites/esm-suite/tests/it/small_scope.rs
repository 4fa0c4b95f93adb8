//! All small cases, without chance: the reference is accepted on each, and what must hold of each run holds.

mod invariants;

use crate::support::Run;
use esm_model::event::Event;
use esm_model::reference::{Fault, Policy};
use esm_model::spec::Reading;
use esm_model::verdict::Verdict;
use esm_suite::small_scope::{MAX_RECORDS, RETRIES, for_each};
use esmeralda::machine::MachineTarget;

const THREADS: usize = 2;

/// How many runs there are: scripts and batch sizes, times settings, times policies that can make a difference.
///
/// A case of n records has n batch sizes, and each record one of b behaviours: the sum of n * b^n.
fn product() -> u64 {
    let scripts = |b: u64| (1..=MAX_RECORDS as u64).map(|n| n * b.pow(n as u32)).sum::<u64>();
    let (unread, read) = (scripts(4), scripts(7));
    assert_eq!((unread, read), (4 + 2 * 16 + 3 * 64 + 4 * 256, 7 + 2 * 49 + 3 * 343 + 4 * 2401));
    let retries = RETRIES.len() as u64;
    // Without a destination there is one policy; AMB-7 asks something of one of the retries only.
    let silent = 2 * retries * (unread + read);
    let amb_7 = retries + 1;
    let neither = retries * unread;
    let reports = retries * 2 * read; // AMB-9
    let bisect = amb_7 * 2 * 2 * unread; // AMB-5, AMB-3
    let both = amb_7 * 3 * 2 * 2 * 2 * read; // AMB-5, AMB-3, AMB-6, AMB-9
    silent + neither + reports + bisect + both
}

/// The smallest run that failed, in words, and how many did.
#[derive(Default)]
struct Tally {
    runs: u64,
    failed: u64,
    smallest: Option<(usize, String)>,
}

impl Tally {
    fn add(&mut self, run: &Run, policy: &Policy, why: &str, reading: &Reading) {
        self.failed += 1;
        if self.smallest.as_ref().is_none_or(|(size, _)| run.events.len() < *size) {
            let text = format!("{why}\n{:?}\n{}", policy, run.told(reading));
            self.smallest = Some((run.events.len(), text));
        }
    }
}

/// One share of all cases.
fn share(part: usize) -> Tally {
    let reading = Reading::documented();
    let mut tally = Tally::default();
    let mut buffer: Vec<Event> = Vec::new();
    for_each(part, THREADS, |case, policy| {
        let target = MachineTarget::reference(*policy);
        let run = Run::quick(&target, case.clone(), std::mem::take(&mut buffer));
        tally.runs += 1;
        match run.judge(&reading) {
            Ok(judged) if judged.verdict == Verdict::Conforms && judged.warnings.is_empty() => {}
            _ => tally.add(&run, policy, "rejected", &reading),
        }
        if let Err(why) = invariants::check(case, policy, &run.events) {
            tally.add(&run, policy, &why, &reading);
        }
        buffer = run.events;
    });
    tally
}

#[test]
fn the_reference_is_well_on_every_small_case() {
    let tallies: Vec<Tally> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|part| scope.spawn(move || share(part))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let runs: u64 = tallies.iter().map(|tally| tally.runs).sum();
    let failed: u64 = tallies.iter().map(|tally| tally.failed).sum();
    let smallest = tallies.into_iter().filter_map(|tally| tally.smallest).min_by_key(|(size, _)| *size);
    println!("{runs} runs");
    if let Some((_, text)) = smallest {
        panic!("{failed} of {runs} runs; the smallest: {text}");
    }
    assert_eq!(runs, product());
    assert!(runs > 1_000_000);
}

/// The invariants are no empty words: each of these bugs breaks one of them in some small case.
#[test]
fn the_invariants_see_planted_bugs() {
    let mut unseen = Vec::new();
    for fault in [
        Fault::BatchSizePlusOne,
        Fault::DropsBeyondLimit,
        Fault::SkipsFailingBatch,
        Fault::OneRetryTooFew,
        Fault::OneRetryTooMany,
        Fault::SuccessRetriedOnce,
        Fault::DiscardsOnlyFirst,
        Fault::BisectIgnored,
        Fault::BisectDropsRight,
        Fault::BisectStopsAtTwo,
        Fault::BisectEatsQuota,
        Fault::RightHalfFirst,
        Fault::HalfDeliveredAgain,
        Fault::HighestIdentifier,
        Fault::EmptyIdentifierIgnored,
        Fault::RecordLost,
        Fault::RecordTwice,
        Fault::RecordOnSuccess,
        Fault::RecordCoversOriginalBatch,
        Fault::CountIsRetries,
        Fault::RangeEndExclusive,
    ] {
        let mut seen = 0_u64;
        let mut buffer = Vec::new();
        // Every so many cases are enough to see it.
        for_each(0, 97, |case, policy| {
            if *policy != Policy::AWS {
                return;
            }
            let run = Run::quick(&MachineTarget::mutant(fault), case.clone(), std::mem::take(&mut buffer));
            seen += u64::from(invariants::check(case, policy, &run.events).is_err());
            buffer = run.events;
        });
        if seen == 0 {
            unseen.push(fault);
        }
    }
    assert!(unseen.is_empty(), "{unseen:?}");
}
