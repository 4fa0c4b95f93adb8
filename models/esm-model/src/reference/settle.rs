//! What follows from an answer: success, progress, a split, a retry or a discard. What it means is in `meaning`.

use crate::event::{ProcessingResult, RequestId, ResponseFact};
use crate::reference::discard::Lost;
use crate::reference::exchange::{FunctionResult, Output};
use crate::reference::machine::Machine;
use crate::reference::meaning::Meaning;
use crate::reference::mutant::Fault;
use crate::reference::policy::{BisectZero, Duplicates, Refill, Remainder, Split};
use crate::reference::shard::Part;
use crate::when::Ms;

/// A failed invocation.
#[derive(Debug, Clone, Copy)]
struct Failure {
    fact: ResponseFact,
    no_progress: bool,
    timed_out: bool,
}

impl Failure {
    /// A complete-failure response (PBR-3), as against an error or a report of the first record.
    fn malformed(self) -> bool {
        self.fact == ResponseFact::NoError && !self.no_progress
    }
}

impl Machine {
    pub(super) fn answered(
        &mut self,
        now: Ms,
        shard: usize,
        request: RequestId,
        result: FunctionResult,
        out: &mut Vec<Output>,
    ) {
        let Some(flight) = self.shards[shard]
            .flight
            .filter(|f| f.request.id == request && f.part < self.shards[shard].parts.len())
        else {
            return;
        };
        self.shards[shard].flight = None;
        self.rotate(shard, flight.part);
        let part = self.shards[shard].parts[self.shards[shard].parts.len() - 1];
        let meaning = self.meaning(shard, &part, &result);
        if !matches!(meaning, Meaning::Unreachable | Meaning::TooLarge) {
            self.shards[shard].completed = now;
            self.note_result(&result, meaning);
        }
        if !matches!(meaning, Meaning::Unreachable) {
            // What was discarded before this call; what it discards itself waits for the next one (AMB-18).
            self.flush(shard, out);
        }
        if part.ghost {
            self.shards[shard].parts.pop();
        } else {
            match meaning {
                Meaning::Success => self.succeeded(shard, part, out),
                Meaning::Progress(done) => self.progressed(shard, part, done),
                Meaning::Failure(fact) => {
                    let timed_out = result == FunctionResult::TimedOut;
                    self.failed(now, shard, part, Failure { fact, no_progress: false, timed_out }, out);
                }
                Meaning::NoProgress => {
                    let failure =
                        Failure { fact: ResponseFact::NoError, no_progress: true, timed_out: false };
                    self.failed(now, shard, part, failure, out);
                }
                Meaning::TooLarge => self.too_large(now, shard, part, out),
                Meaning::Unreachable => self.unreached(now, shard, part, &result, out),
            }
        }
        if self.shards[shard].parts.is_empty() {
            self.finish(now, shard, out);
        }
    }

    /// The part that was tried becomes the last one (only faults try another).
    fn rotate(&mut self, shard: usize, index: usize) {
        let parts = &mut self.shards[shard].parts;
        parts[index..].rotate_left(1);
    }

    fn note_result(&mut self, result: &FunctionResult, meaning: Meaning) {
        let failed =
            matches!(result, FunctionResult::Raised | FunctionResult::TimedOut | FunctionResult::Crashed);
        self.result = match meaning {
            Meaning::Failure(_) if failed && !self.is(Fault::ResultAlwaysOk) => ProcessingResult::CallFailed,
            _ => ProcessingResult::Ok,
        };
    }

    fn succeeded(&mut self, shard: usize, part: Part, out: &mut Vec<Output>) {
        self.batches += 1;
        if self.is(Fault::RecordOnSuccess) {
            let lost = Lost {
                lo: part.lo,
                hi: part.hi,
                count: part.attempts + 1,
                request: part.request,
                ..Lost::default()
            };
            self.discard(shard, lost, out);
        }
        let again = self.policy.duplicates == Duplicates::Redelivery && self.batches.is_multiple_of(3);
        let once_more = self.is(Fault::SuccessRetriedOnce) && part.attempts > 0;
        let state = &mut self.shards[shard];
        state.parts.pop();
        if again || once_more {
            state.parts.push(Part { ghost: true, request: None, ..part });
        }
        if self.is(Fault::HalfDeliveredAgain) && part.half {
            // The right half is tried together with the left one, which had succeeded.
            if let Some(right) = self.shards[shard].parts.last_mut().filter(|r| r.half && r.lo == part.hi) {
                right.lo = part.lo;
            }
        }
    }

    fn progressed(&mut self, shard: usize, part: Part, done: usize) {
        let settings = self.settings(shard);
        let split = self.policy.remainder == Remainder::Split && settings.bisect_batch_on_function_error;
        let refill = self.policy.refill == Refill::Refill && !part.half && !split;
        let keep = self.is(Fault::ProgressKeepsQuota);
        let rest = Part {
            lo: part.lo + done,
            attempts: if keep { part.attempts + 1 } else { 0 },
            before: part.before + part.attempts + 1,
            unreached: 0,
            miscounted: 0,
            request: None,
            refill,
            ..part
        };
        let top = self.shards[shard].parts.len() - 1;
        self.shards[shard].parts[top] = rest;
        if self.is(Fault::OnlyReportedRetried) {
            self.shards[shard].parts[top].hi = rest.lo + 1;
        }
        if split && rest.len() > 1 {
            self.split(shard, rest, false);
        }
    }

    fn failed(&mut self, now: Ms, shard: usize, part: Part, failure: Failure, out: &mut Vec<Output>) {
        let settings = self.settings(shard);
        let quota = settings.maximum_retry_attempts;
        let bisect = settings.bisect_batch_on_function_error && self.may_split(shard, &part, failure);
        let uncounted = (failure.malformed() && self.is(Fault::MalformedNotCounted))
            || (failure.no_progress && self.is(Fault::NoProgressRenews))
            || (failure.timed_out && self.is(Fault::TimeoutNotCounted));
        let top = self.shards[shard].parts.len() - 1;
        self.shards[shard].parts[top].attempts += u32::from(!uncounted);
        let part = self.shards[shard].parts[top];
        let discard_at_once = quota == Some(0) && self.policy.bisect_zero == BisectZero::Discard;
        if bisect && part.len() > 1 && !discard_at_once {
            self.split(shard, part, failure.no_progress);
            if self.is(Fault::SplitWaits) {
                self.shards[shard].not_before = now + 5_000;
            }
        } else if self.exhausted(&part, quota) {
            let count = part.attempts + if self.is(Fault::CountCumulative) { part.before } else { 0 };
            let lost = Lost {
                lo: part.lo,
                hi: part.hi,
                count,
                request: part.request,
                response: failure.fact,
                ..Lost::default()
            };
            self.exhaust(shard, part, lost, out);
        } else {
            self.shards[shard].not_before = now + self.backoff(part.attempts);
            self.spoil_retry(shard, part);
        }
    }

    /// Whether a failure of this kind splits: always, but for faults.
    fn may_split(&self, shard: usize, part: &Part, failure: Failure) -> bool {
        let reports = self.settings(shard).report_batch_item_failures;
        let raised = failure.fact != ResponseFact::NoError;
        !(self.is(Fault::BisectIgnored)
            || (self.is(Fault::BisectAfterOneRetry) && part.attempts == 0)
            || (self.is(Fault::BisectStopsAtTwo) && part.len() == 2)
            || (self.is(Fault::ReportsDisableBisect) && reports && raised)
            || (self.is(Fault::NoProgressNotSplit) && failure.no_progress)
            || (self.is(Fault::MalformedNotSplit) && failure.malformed()))
    }

    /// Whether the quota is used up (RETRY-3).
    fn exhausted(&self, part: &Part, quota: Option<u32>) -> bool {
        let inherited = if self.is(Fault::BisectEatsQuota) && part.half { part.before } else { 0 };
        let attempts = part.attempts + inherited + part.miscounted;
        match quota {
            None => self.is(Fault::InfiniteIsThree) && attempts > 3,
            Some(0) if self.is(Fault::ZeroRetriesIsInfinite) => false,
            Some(quota) if self.is(Fault::OneRetryTooMany) => attempts > quota + 1,
            Some(quota) if self.is(Fault::OneRetryTooFew) => attempts >= quota.max(1),
            Some(_) if self.is(Fault::NeverRetries) => true,
            Some(quota) => attempts > quota,
        }
    }

    fn split(&mut self, shard: usize, part: Part, no_progress: bool) {
        let n = part.len();
        let left = match self.policy.split {
            _ if self.is(Fault::SplitsFirstOff) => 1,
            Split::FirstAlone if no_progress => 1,
            Split::Floor | Split::FirstAlone => n / 2,
            Split::Ceil => n.div_ceil(2),
        };
        let keep_id = self.is(Fault::HalvesKeepRequestId);
        let half = |lo, hi| Part {
            lo,
            hi,
            attempts: 0,
            before: part.before + part.attempts,
            unreached: 0,
            miscounted: 0,
            request: part.request.filter(|_| keep_id),
            half: true,
            refill: false,
            ghost: false,
            origin: lo,
        };
        let (first, second) = (half(part.lo, part.lo + left), half(part.lo + left, part.hi));
        let state = &mut self.shards[shard];
        state.parts.pop();
        match self.fault {
            Some(Fault::BisectDropsRight) => state.parts.push(first),
            Some(Fault::RightHalfFirst) => state.parts.extend([first, second]),
            _ => state.parts.extend([second, first]),
        }
        if self.fault == Some(Fault::BatchSizeShrinks) {
            let state = &mut self.shards[shard];
            state.batch_limit = Some((n as u32 / 2).max(1));
        }
    }

    /// A call that never reached the function changes nothing (RETRY-1), but for faults.
    fn unreached(
        &mut self,
        now: Ms,
        shard: usize,
        part: Part,
        result: &FunctionResult,
        out: &mut Vec<Output>,
    ) {
        let throttled = *result == FunctionResult::Throttled;
        let counts = (throttled && self.is(Fault::ThrottleCounts))
            || (!throttled && self.is(Fault::ServiceErrorCounts));
        self.shards[shard].not_before = now + self.unreachable_wait(part.unreached);
        let top = self.shards[shard].parts.len() - 1;
        self.shards[shard].parts[top].unreached += 1;
        self.shards[shard].parts[top].miscounted += u32::from(counts);
        let part = self.shards[shard].parts[top];
        let settings = self.settings(shard);
        let (quota, bisect) = (settings.maximum_retry_attempts, settings.bisect_batch_on_function_error);
        let discards = throttled && quota.is_some() && self.is(Fault::ThrottleDiscards);
        if discards || (counts && self.exhausted(&part, quota)) {
            let count = part.attempts + part.miscounted;
            let lost = Lost { lo: part.lo, hi: part.hi, count, request: part.request, ..Lost::default() };
            self.exhaust(shard, part, lost, out);
        } else if throttled && bisect && part.len() > 1 && self.is(Fault::ThrottleSplits) {
            self.split(shard, part, false);
        }
    }

    /// An event larger than the service takes uses the quota up like a failure (REC-14).
    fn too_large(&mut self, now: Ms, shard: usize, part: Part, out: &mut Vec<Output>) {
        let top = self.shards[shard].parts.len() - 1;
        let counted = !self.is(Fault::TooLargeNotCounted);
        self.shards[shard].parts[top].attempts += u32::from(counted);
        let part = Part { attempts: part.attempts + u32::from(counted), ..part };
        let quota = self.settings(shard).maximum_retry_attempts;
        if self.exhausted(&part, quota) || (self.is(Fault::TooLargeOnce) && quota.is_some()) {
            let response = if self.is(Fault::TooLargeHasResponse) {
                ResponseFact::Unhandled
            } else {
                ResponseFact::Absent
            };
            let lost = Lost {
                lo: part.lo,
                hi: part.hi,
                count: part.attempts,
                request: part.request,
                response,
                ..Lost::default()
            };
            self.exhaust(shard, part, lost, out);
        } else {
            self.shards[shard].not_before = now + self.backoff(part.attempts).max(700);
        }
    }

    /// Faults in what a retry sends.
    fn spoil_retry(&mut self, shard: usize, part: Part) {
        let state = &mut self.shards[shard];
        let top = state.parts.len() - 1;
        if self.fault == Some(Fault::RetryEnlarged) && state.parts.len() == 1 && part.hi == state.taken {
            state.parts[top].refill = true;
        }
        if self.fault == Some(Fault::SkipsFailingBatch)
            && part.attempts == 1
            && !part.half
            && state.hand.len() > state.taken
        {
            let (lo, hi) = (state.taken, state.hand.len());
            state.taken = hi;
            state.parts.push(Part::fresh(lo, hi));
            state.not_before = Ms::MIN;
        }
    }
}
