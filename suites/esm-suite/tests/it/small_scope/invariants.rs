//! What holds of every run of a small case, in words of its own: nothing here is shared with the judge.
//!
//! One shard, at most eight records, no age, no throttle: a set of records is a byte.

use esm_model::answer::{Answer, Identifier, Response};
use esm_model::case::Case;
use esm_model::event::{Condition, Discard, Document, Event, Settled};
use esm_model::reference::{BisectZero, Merge, Policy};

const MOST: usize = 8;

/// What has been seen of a run so far.
struct Seen<'a> {
    case: &'a Case,
    policy: &'a Policy,
    /// Records before this one were delivered at least once.
    delivered_to: usize,
    /// The call that is not answered yet.
    open: Option<(usize, usize)>,
    /// How often exactly the records from the first to before the second were called.
    tries: [[u32; MOST + 1]; MOST],
    /// The last call of each record, if it failed as a whole.
    failed: [Option<(usize, usize)>; MOST],
    succeeded: u8,
    recorded: u8,
    documents: [(usize, usize); MOST],
    count: usize,
}

/// The records from `lo` to before `hi`.
fn set(lo: usize, hi: usize) -> u8 {
    (lo..hi).fold(0, |set, at| set | 1 << at)
}

macro_rules! holds {
    ($condition:expr, $($text:tt)+) => {
        if !$condition {
            return Err(format!($($text)+));
        }
    };
}

/// Checks a run.
///
/// # Errors
/// What does not hold.
pub(super) fn check(case: &Case, policy: &Policy, events: &[Event]) -> Result<(), String> {
    let mut seen = Seen {
        case,
        policy,
        delivered_to: 0,
        open: None,
        tries: [[0; MOST + 1]; MOST],
        failed: [None; MOST],
        succeeded: 0,
        recorded: 0,
        documents: [(0, 0); MOST],
        count: 0,
    };
    for event in events {
        match event {
            Event::Invoked { records, .. } => {
                let first = records.first().and_then(|label| label.index()).ok_or("an empty call")?;
                let follow = records.iter().enumerate().all(|(n, label)| label.index() == Some(first + n));
                holds!(follow, "the records of a call do not follow each other: {records:?}");
                seen.called(first, first + records.len())?;
            }
            Event::Answered { answer, .. } => seen.answered(answer)?,
            Event::Delivered { document: Document::Typed(discard), .. } => seen.recorded(discard)?,
            Event::Delivered { .. } => return Err("a text".to_owned()),
            Event::Settled { how, .. } => seen.ended(*how)?,
            Event::Created { .. } | Event::Put { .. } | Event::Acted { .. } | Event::Status { .. } => {}
        }
    }
    Ok(())
}

impl Seen<'_> {
    /// How often a batch that keeps failing is called; `None`: for ever.
    fn quota(&self) -> Option<u32> {
        self.case.mappings[0].settings.maximum_retry_attempts.map(|retries| retries + 1)
    }

    fn bisects(&self) -> bool {
        self.case.mappings[0].settings.bisect_batch_on_function_error
    }

    fn called(&mut self, lo: usize, hi: usize) -> Result<(), String> {
        let batch_size = self.case.mappings[0].settings.batch_size as usize;
        holds!(self.open.is_none(), "two calls at a time");
        holds!(hi - lo <= batch_size, "{lo}..{hi} is larger than a batch");
        holds!(lo <= self.delivered_to, "{lo}..{hi} overtakes {}", self.delivered_to);
        holds!(set(lo, hi) & self.succeeded == 0, "{lo}..{hi} was done already");
        holds!(set(lo, hi) & self.recorded == 0, "{lo}..{hi} was discarded already");
        let before = set(0, lo) & !self.succeeded;
        holds!(
            (0..lo).filter(|at| before & 1 << at != 0).all(|at| self.used_up(at)),
            "{lo}..{hi} is called while a record before it is neither done nor given up"
        );
        self.delivered_to = self.delivered_to.max(hi);
        self.tries[lo][hi] += 1;
        let tries = self.tries[lo][hi];
        holds!(self.quota().is_none_or(|quota| tries <= quota), "{lo}..{hi} is called {tries} times");
        let splits = self.bisects() && hi - lo > 1;
        holds!(!splits || tries == 1, "{lo}..{hi} is called again and not split");
        self.open = Some((lo, hi));
        Ok(())
    }

    /// Whether the last batch of the record has failed as often as it may.
    fn used_up(&self, at: usize) -> bool {
        self.failed[at].is_some_and(|(lo, hi)| self.quota() == Some(self.tries[lo][hi]))
    }

    fn answered(&mut self, answer: &Answer) -> Result<(), String> {
        let (lo, hi) = self.open.take().ok_or("an answer to no call")?;
        let done = self.done(answer, lo, hi);
        self.succeeded |= set(lo, done);
        for at in lo..hi {
            self.failed[at] = (done == lo).then_some((lo, hi));
        }
        Ok(())
    }

    /// Before which record everything is done, as the answer says: `lo` if nothing is, `hi` if all is.
    fn done(&self, answer: &Answer, lo: usize, hi: usize) -> usize {
        let reports = self.case.mappings[0].settings.report_batch_item_failures;
        match answer {
            Answer::Raised | Answer::TimedOut | Answer::Crashed => lo,
            Answer::Returned(Response::Items(items)) if reports && !items.is_empty() => {
                let named = |item: &Identifier| match item {
                    Identifier::Record(label) => label.index().filter(|at| (lo..hi).contains(at)),
                    _ => None,
                };
                let all: Option<Vec<usize>> = items.iter().map(named).collect();
                all.and_then(|all| all.into_iter().min()).unwrap_or(lo)
            }
            Answer::Returned(_) => hi,
        }
    }

    fn recorded(&mut self, discard: &Discard) -> Result<(), String> {
        let index = |label: Option<esm_model::label::Label>| label.and_then(|label| label.index());
        let (lo, last) = index(discard.first).zip(index(discard.last)).ok_or("it names no records")?;
        let hi = last + 1;
        holds!(lo < hi && hi <= self.delivered_to, "a failure record of {lo}..{hi}");
        holds!(self.recorded & set(lo, hi) == 0, "two failure records for some of {lo}..{hi}");
        holds!(discard.batch_size as usize == hi - lo, "{lo}..{hi} is said to be {}", discard.batch_size);
        holds!(discard.condition == Condition::RetryAttemptsExhausted, "{:?}", discard.condition);
        holds!(Some(discard.count) == self.quota(), "{lo}..{hi} is said to have {} calls", discard.count);
        self.recorded |= set(lo, hi);
        self.documents[self.count] = (lo, hi);
        self.count += 1;
        Ok(())
    }

    fn ended(&self, how: Settled) -> Result<(), String> {
        let (all, destination) =
            (self.case.records.len(), self.case.mappings[0].settings.destination.is_some());
        let Some(quota) = self.quota() else {
            holds!(self.recorded == 0, "something is given up although there is no limit");
            let resolved = self.succeeded;
            holds!(resolved & resolved.wrapping_add(1) == 0, "a record overtook another");
            holds!(how == Settled::Horizon || resolved == set(0, all), "it stopped and is not done");
            return Ok(());
        };
        holds!(how == Settled::Quiet && self.open.is_none(), "it did not come to rest");
        let mut given_up = 0;
        for at in (0..all).filter(|at| self.succeeded & 1 << at == 0) {
            let (lo, hi) = self.failed[at].ok_or(format!("record {at} is lost"))?;
            let tries = self.tries[lo][hi];
            holds!(tries == quota, "record {at} is given up after {tries} calls of {lo}..{hi}");
            let whole = quota == 1 && self.policy.bisect_zero == BisectZero::Discard;
            holds!(!self.bisects() || whole || hi - lo == 1, "{lo}..{hi} is given up and was not split");
            given_up |= 1 << at;
        }
        let expected = if destination { given_up } else { 0 };
        holds!(self.recorded == expected, "{given_up:b} are given up, and {:b} recorded", self.recorded);
        for (lo, hi) in self.documents[..self.count].iter().copied() {
            let merged = self.bisects() && self.policy.merge == Merge::Merged;
            let inside = |(from, to): (usize, usize)| {
                if merged { lo <= from && to <= hi } else { (from, to) == (lo, hi) }
            };
            holds!(
                (lo..hi).all(|at| self.failed[at].is_some_and(inside)),
                "{lo}..{hi} is recorded and is no batch that was given up"
            );
        }
        Ok(())
    }
}
