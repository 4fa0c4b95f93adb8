//! What an answer may mean, and what may follow: success, progress, failure, exhaustion.

use crate::answer::{Answer, Identifier, Response};
use crate::catalogue::*;
use crate::rule::RuleId;
use crate::spec::lane::{Config, Lane};
use crate::spec::state::{Done, Fail, Origin, Owed, Part, Split, State, Why};
use crate::when::When;
use smallvec::SmallVec;

/// What an answer means for the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    Success(Done),
    Progress(u16),
    Failure(Fail),
}

/// A meaning, the rule that it breaks if it breaks one, and the variant that it takes if it takes one.
type Meaning = (Class, Option<RuleId>, Option<(AmbiguityId, usize)>);
type Meanings = SmallVec<[Meaning; 4]>;

impl Lane<'_> {
    /// All states that the answer to invocation `id` may lead to.
    pub(crate) fn answered(&self, state: &State, id: u32, now: When, answer: &Answer, out: &mut Vec<State>) {
        let Some((flight, duplicate)) = state.flight else { return out.push(state.clone()) };
        if flight != id {
            // Only where ORDER-1 was waived: an earlier call that nobody waits for any more.
            return out.push(state.clone());
        }
        let now = self.since_timed_out(id, answer, now);
        let mut after = state.clone();
        after.flight = None;
        after.completed = now;
        let Some(part) = after.top().filter(|_| !duplicate) else { return out.push(after) };
        after.free_since = now;
        let configs = self.configs_of(&part, now);
        let mut meanings = Meanings::new();
        for (index, config) in configs.iter().enumerate() {
            if index == 0 || config.reports != configs[index - 1].reports {
                self.meanings(answer, &part, config.reports, &mut meanings);
            }
        }
        let mut meanings = meanings.into_iter().filter(|meaning| self.may_mean(meaning)).peekable();
        while let Some((class, rule, variant)) = meanings.next() {
            // The last meaning takes the state itself; there is seldom a second.
            let mut next = if meanings.peek().is_some() { after.clone() } else { std::mem::take(&mut after) };
            if let Some(rule) = rule {
                next.forgive(rule);
            }
            if let Some((ambiguity, variant)) = variant {
                next.take(ambiguity, variant);
            }
            match class {
                Class::Success(how) => {
                    next.parts.pop();
                    let how = if part.origin == Origin::Half { Done::Half } else { how };
                    self.reach(&[(DISCARD_5, configs.iter().any(|c| c.destination.is_some()))]);
                    next.resolve(part.lo, part.hi, how);
                    out.push(next);
                }
                Class::Progress(count) => out.push(self.progress(next, part, count, configs, now)),
                Class::Failure(fail) => {
                    if let Some(ambiguity) = self.forgets(&part, now).filter(|_| part.attempts > 0) {
                        let mut reset = next.clone();
                        reset.take(ambiguity, 1);
                        let forgetful =
                            Part { attempts: 0, forgotten: part.forgotten + part.attempts, ..part };
                        self.fail(reset, forgetful, fail, configs, now, out);
                    }
                    self.fail(next, part, fail, configs, now, out);
                }
            }
        }
    }

    /// Whether a meaning is admitted, or its rule waived.
    fn may_mean(&self, (_, rule, variant): &Meaning) -> bool {
        if let Some(rule) = *rule {
            self.tries(rule);
            return self.reading.waives(rule);
        }
        variant.is_none_or(|(ambiguity, variant)| self.admits(ambiguity, variant))
    }

    /// The ambiguity by which the attempts of a part may have begun anew since its last invocation.
    pub(crate) fn forgets(&self, part: &Part, now: When) -> Option<AmbiguityId> {
        match () {
            () if part.cut && self.admits(AMB_12, 1) => Some(AMB_12),
            () if self.disabled_between(part.due, now) && self.admits(AMB_23, 1) => Some(AMB_23),
            () => None,
        }
    }

    /// Everything that the answer may mean (PBR-1…5, RETRY-2, RETRY-6, PBR-9).
    fn meanings(&self, answer: &Answer, part: &Part, reports: bool, out: &mut Meanings) {
        let success = Class::Success(Done::Success);
        let response = match answer {
            Answer::Raised => {
                out.push((Class::Failure(Fail::Raised), None, None));
                let rule = if reports { PBR_9 } else { RETRY_2 };
                return out.push((success, Some(rule), None));
            }
            Answer::TimedOut | Answer::Crashed => {
                out.push((Class::Failure(Fail::Broken), None, None));
                return out.push((success, Some(RETRY_6), None));
            }
            Answer::Returned(response) => response,
        };
        if !reports {
            let reported = matches!(response, Response::Items(items) if !items.is_empty());
            out.push((Class::Success(if reported { Done::Unread } else { Done::Success }), None, None));
            if reported {
                let mut read = Meanings::new();
                self.meanings(answer, part, true, &mut read);
                out.extend(
                    read.into_iter()
                        .filter(|m| m.1.is_none())
                        .map(|(class, _, _)| (class, Some(PBR_1), None)),
                );
            }
            return;
        }
        match response {
            Response::ItemsOfWrongType | Response::Unrecognised(_) => {
                out.push((success, None, Some((AMB_14, 0))));
                out.push((Class::Failure(Fail::Malformed), None, Some((AMB_14, 1))));
            }
            Response::Items(items) if !items.is_empty() => self.reported(items, part, out),
            _ => {
                out.push((Class::Success(Done::Shaped), None, None));
                out.push((Class::Failure(Fail::Malformed), Some(PBR_2), None));
            }
        }
    }

    fn reported(&self, items: &[Identifier], part: &Part, out: &mut Meanings) {
        let records = &self.records[usize::from(part.lo)..usize::from(part.hi)];
        let index = |item: &Identifier| match item {
            Identifier::Record(label) => records.iter().position(|r| r.label == *label),
            _ => None,
        };
        let lowest = items.iter().filter_map(index).min();
        let invalid = items.iter().any(|item| index(item).is_none());
        let checkpoint = match lowest {
            Some(0) => Class::Failure(Fail::NoProgress),
            Some(index) => Class::Progress(index as u16),
            None => Class::Failure(Fail::Malformed),
        };
        match (lowest, invalid) {
            (None, _) => {
                out.push((checkpoint, None, None));
                out.push((Class::Success(Done::Success), Some(PBR_3), None));
            }
            (Some(_), true) => {
                out.push((Class::Failure(Fail::Malformed), None, Some((AMB_13, 0))));
                out.push((checkpoint, None, Some((AMB_13, 1))));
            }
            (Some(_), false) => {
                out.push((checkpoint, None, None));
                let wrong = (1..part.len()).map(Class::Progress);
                let all = wrong.chain([Class::Failure(Fail::NoProgress), Class::Success(Done::Success)]);
                out.extend(all.filter(|class| *class != checkpoint).map(|class| (class, Some(PBR_4), None)));
            }
        }
    }

    /// Everything before the checkpoint is done; the rest is a fresh batch (RETRY-8, PBR-4, BISECT-11).
    fn progress(&self, mut state: State, part: Part, count: u16, configs: &[Config], now: When) -> State {
        state.parts.pop();
        let lo = part.lo + count;
        let top_level = state.parts.is_empty() && part.origin != Origin::Half;
        let bisect = configs.iter().any(|c| c.bisect);
        state.resolve(part.lo, lo, Done::Checkpoint);
        state.parts.push(Part {
            lo,
            attempts: 0,
            forgotten: 0,
            cut: false,
            before: part.before + part.forgotten + part.attempts + 1,
            failed: None,
            split: if bisect && part.hi - lo > 1 { Split::May } else { Split::No },
            origin: if part.origin == Origin::Half { Origin::Half } else { Origin::Remainder },
            refill: top_level,
            last: None,
            due: now.latest,
            ..part
        });
        state
    }

    /// The batch failed: it is split, retried, or discarded (RETRY-3, BISECT-1, RETRY-7).
    fn fail(
        &self,
        mut state: State,
        part: Part,
        fail: Fail,
        configs: &[Config],
        now: When,
        out: &mut Vec<State>,
    ) {
        let uncounted = match fail {
            Fail::NoProgress => Some(RETRY_9),
            Fail::Malformed => Some(PBR_5),
            Fail::Broken => Some(RETRY_6),
            Fail::Raised => None,
        };
        state.parts.pop();
        let failed =
            Part { attempts: part.attempts + 1, failed: Some(fail), cut: false, due: now.latest, ..part };
        let mut seen: SmallVec<[(bool, bool); 2]> = SmallVec::new();
        for config in configs {
            let splits = config.bisect && part.len() > 1;
            let exhausted = !splits && config.retries.is_some_and(|quota| u32::from(failed.attempts) > quota);
            if seen.contains(&(splits, exhausted)) {
                continue;
            }
            seen.push((splits, exhausted));
            let kept = Part { split: if splits { Split::Must } else { Split::No }, ..failed };
            if exhausted {
                self.exhausted_wrongly(&state, failed, fail, now, out);
            } else {
                self.given_up_early(&state, failed, fail, config, now, out);
            }
            if let Some(mut next) = uncounted.filter(|_| !splits).and_then(|rule| self.forgiven(&state, rule))
            {
                next.parts.push(Part { attempts: part.attempts, ..kept });
                out.push(next);
            }
            let mut next =
                if seen.len() < configs.len() { state.clone() } else { std::mem::take(&mut state) };
            if exhausted {
                next = self.exhaust(next, failed, Why::Exhausted(fail), now);
            } else {
                next.parts.push(kept);
            }
            out.push(next);
        }
    }

    /// Continuations in which an exhausted batch is not discarded whole.
    fn exhausted_wrongly(&self, state: &State, part: Part, fail: Fail, now: When, out: &mut Vec<State>) {
        if let Some(mut next) = self.forgiven(state, RETRY_3) {
            next.parts.push(part);
            out.push(next);
        }
        if part.len() > 1
            && let Some(next) = self.forgiven(state, RETRY_7)
        {
            let first = Part { hi: part.lo + 1, ..part };
            let mut next = self.exhaust(next, first, Why::Exhausted(fail), now);
            next.parts.push(Part { lo: part.lo + 1, attempts: 0, failed: None, due: now.latest, ..part });
            out.push(next);
        }
    }

    /// Continuations in which a batch is discarded although it was to be retried or split.
    fn given_up_early(
        &self,
        state: &State,
        part: Part,
        fail: Fail,
        config: &Config,
        now: When,
        out: &mut Vec<State>,
    ) {
        let rule = self.early_rule(&part, config, now);
        if let Some(next) = self.forgiven(state, rule) {
            let why = if rule == RETRY_1 { Why::Unknown } else { Why::Exhausted(fail) };
            out.push(self.exhaust(next, part, why, now));
        }
    }

    /// Which rule says that this part is not given up yet.
    pub(crate) fn early_rule(&self, part: &Part, config: &Config, now: When) -> RuleId {
        let due_for_split = config.bisect && part.len() > 1;
        match (config.retries, part.origin) {
            (_, _) if due_for_split => BISECT_2,
            _ if self.unreachable_between(part.began, now) => RETRY_1,
            (None, _) => RETRY_11,
            (_, Origin::Half) => BISECT_3,
            (_, Origin::Remainder) => RETRY_8,
            (_, Origin::Fresh) => RETRY_2,
        }
    }

    /// The part, no longer in the state, is discarded; its failure record is owed where there is a destination.
    pub(crate) fn exhaust(&self, mut state: State, part: Part, why: Why, now: When) -> State {
        let counts =
            SmallVec::from_slice(&[u32::from(part.attempts), u32::from(part.attempts + part.forgotten)]);
        self.owe(&mut state, part.lo, part.hi, &part, why, counts, now);
        state.resolve(part.lo, part.hi, Done::Exhausted);
        state.free_since = When { earliest: part.due.min(now.earliest), latest: now.latest };
        state
    }

    /// Adds a failure record to those owed (DISCARD-2, DISCARD-4, AMB-22).
    #[expect(
        clippy::too_many_arguments,
        reason = "a range, its part and what its document will say belong together"
    )]
    pub(crate) fn owe(
        &self,
        state: &mut State,
        lo: u16,
        hi: u16,
        part: &Part,
        why: Why,
        counts: SmallVec<[u32; 4]>,
        now: When,
    ) {
        let configs = self.configs_of(part, now);
        let destinations =
            configs.iter().filter_map(|c| c.destination).fold(0_u16, |bits, d| bits | 1 << d.min(15));
        self.reach(&[(DISCARD_2, destinations != 0), (DISCARD_4, destinations == 0)]);
        if destinations == 0 {
            return;
        }
        let optional = configs.iter().any(|c| c.destination.is_none());
        state.owed.push(Owed {
            lo,
            hi,
            why,
            counts,
            root: part.root,
            half: part.origin == Origin::Half,
            // A batch about to be split has no last invocation of its own parts.
            last: part.last.filter(|_| part.split == Split::No),
            destinations,
            optional,
            since: When { earliest: part.due.min(now.earliest), latest: now.latest },
        });
    }
}
