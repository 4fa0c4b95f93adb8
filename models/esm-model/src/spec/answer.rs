//! What an answer may mean, and what may follow: success, progress, failure, exhaustion.

use crate::answer::{Answer, Identifier, Response};
use crate::catalogue::*;
use crate::lane::Lane;
use crate::rule::RuleId;
use crate::state::{Counts, Done, Fail, Origin, Owed, Part, Split, State, Why};
use crate::when::When;
use smallvec::SmallVec;

/// What an answer means for the batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    Success(Done),
    Progress(u16),
    Failure(Fail),
}

/// A meaning, and what it rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Meaning {
    pub(crate) class: Class,
    /// The variant that it takes, if it takes one.
    pub(crate) variant: Option<(AmbiguityId, usize)>,
    /// The rule that it breaks, if it breaks one.
    pub(crate) breaks: Option<RuleId>,
}

pub(crate) type Meanings = SmallVec<[Meaning; 4]>;

impl Meaning {
    pub(crate) fn sure(class: Class) -> Meaning {
        Meaning { class, variant: None, breaks: None }
    }

    fn one_of(class: Class, ambiguity: AmbiguityId, variant: usize) -> Meaning {
        Meaning { variant: Some((ambiguity, variant)), ..Meaning::sure(class) }
    }
}

impl Lane<'_> {
    /// All states that the answer to invocation `id` may lead to.
    pub(crate) fn answered(&self, state: &State, id: u32, now: When, answer: &Answer, out: &mut Vec<State>) {
        // Another call is under way only where ORDER-1 was waived: nobody waits for this one any more.
        let Some((_, duplicate)) = state.flight.filter(|(flight, _)| *flight == id) else {
            return out.push(state.clone());
        };
        let now = self.since_timed_out(id, now);
        let after = || {
            let mut next = state.clone();
            (next.flight, next.completed) = (None, now);
            next
        };
        let Some(part) = state.top().filter(|_| !duplicate) else { return out.push(after()) };
        let mut meanings = Meanings::new();
        for same in self.configs_of(&part, now).chunk_by(|one, next| one.reports == next.reports) {
            self.meanings(answer, &part, same[0].reports, &mut meanings);
            self.wrong_meanings(answer, &part, same[0].reports, &mut meanings);
        }
        let success = |how| Meaning::sure(Class::Success(how));
        if meanings.contains(&success(Done::Success)) {
            // Reports are on or off by now: one state for a success, and not two for each batch of that instant.
            meanings.retain(|meaning| *meaning != success(Done::Shaped));
        }
        if *answer != Answer::TimedOut && self.calls[id as usize].times_out_from.is_some() {
            // So late that the implementation may have given the call up before.
            meanings.push(Meaning::sure(Class::Failure(Fail::Broken)));
        }
        for meaning in &meanings {
            let admitted = meaning.variant.is_none_or(|(ambiguity, variant)| self.admits(ambiguity, variant));
            if !admitted || meaning.breaks.is_some_and(|rule| !self.waives(rule)) {
                continue;
            }
            let mut next = after();
            next.free_since = now;
            meaning.variant.into_iter().for_each(|(ambiguity, variant)| next.take(ambiguity, variant));
            meaning.breaks.into_iter().for_each(|rule| next.forgive(rule));
            match meaning.class {
                Class::Success(how) => self.succeed(&mut next, part, how, now),
                Class::Progress(count) => self.progress(&mut next, part, count, now),
                Class::Failure(fail) => {
                    if let Some(ambiguity) = self.forgets(&part, now).filter(|_| part.attempts > 0) {
                        let mut reset = next.clone();
                        reset.take(ambiguity, 1);
                        let forgotten = part.forgotten + part.attempts;
                        self.fail(reset, Part { attempts: 0, forgotten, ..part }, fail, now, out);
                    }
                    self.fail(next, part, fail, now, out);
                    continue;
                }
            }
            out.push(next);
        }
    }

    /// All states in which the invocation under way has timed out by `now`, if it does: the implementation counts the
    /// time by itself, and may be ahead of the answer that is seen.
    pub(crate) fn timed_out(&self, state: &State, now: When) -> Vec<State> {
        let mut out = Vec::new();
        let timeout = |(id, _): (u32, bool)| Some((id, self.calls.get(id as usize)?.times_out_from?));
        if let Some((id, from)) = state.flight.and_then(timeout).filter(|(_, from)| *from <= now.latest) {
            let now = When { earliest: now.earliest.max(from), latest: now.latest };
            self.answered(state, id, now, &Answer::TimedOut, &mut out);
        }
        out
    }

    /// The ambiguity by which the attempts of a part may have begun anew since its last invocation.
    pub(crate) fn forgets(&self, part: &Part, now: When) -> Option<AmbiguityId> {
        match () {
            () if part.cut && self.admits(AMB_12, 1) => Some(AMB_12),
            () if self.disabled_between(part.due, now) && self.admits(AMB_23, 1) => Some(AMB_23),
            () => None,
        }
    }

    /// Everything that the sources say the answer may mean (RETRY-2, RETRY-6, PBR-1…4).
    pub(crate) fn meanings(&self, answer: &Answer, part: &Part, reports: bool, out: &mut Meanings) {
        let failure = |fail| Meaning::sure(Class::Failure(fail));
        let response = match answer {
            Answer::Raised => return out.push(failure(Fail::Raised)),
            Answer::TimedOut | Answer::Crashed => return out.push(failure(Fail::Broken)),
            Answer::Returned(response) => response,
        };
        match response {
            Response::Items(items) if !items.is_empty() && !reports => {
                out.push(Meaning::sure(Class::Success(Done::Unread)))
            }
            Response::Items(items) if !items.is_empty() => match self.checkpoint(items, part) {
                (checkpoint, false) => out.push(Meaning::sure(checkpoint)),
                (checkpoint, true) => {
                    out.push(Meaning::one_of(Class::Failure(Fail::Malformed), AMB_13, 0));
                    out.push(Meaning::one_of(checkpoint, AMB_13, 1));
                }
            },
            _ if !reports => out.push(Meaning::sure(Class::Success(Done::Success))),
            Response::ItemsOfWrongType | Response::Unrecognised(_) => {
                out.push(Meaning::one_of(Class::Success(Done::Success), AMB_14, 0));
                out.push(Meaning::one_of(Class::Failure(Fail::Malformed), AMB_14, 1));
            }
            _ => out.push(Meaning::sure(Class::Success(Done::Shaped))),
        }
    }

    /// What the lowest identifier says, and whether there are invalid ones beside it (PBR-3, PBR-4, RETRY-9).
    pub(crate) fn checkpoint(&self, items: &[Identifier], part: &Part) -> (Class, bool) {
        let records = &self.records[usize::from(part.lo)..usize::from(part.hi)];
        let index = |item: &Identifier| match item {
            Identifier::Record(label) => records.iter().position(|r| r.label == *label),
            _ => None,
        };
        match items.iter().filter_map(index).min() {
            None => (Class::Failure(Fail::Malformed), false),
            Some(lowest) => {
                let class = match lowest {
                    0 => Class::Failure(Fail::NoProgress),
                    _ => Class::Progress(lowest as u16),
                };
                (class, items.iter().any(|item| index(item).is_none()))
            }
        }
    }

    fn succeed(&self, state: &mut State, part: Part, how: Done, now: When) {
        self.reach([(DISCARD_5, self.configs_of(&part, now).iter().any(|c| c.destination.is_some()))]);
        state.parts.pop();
        state.resolve(part.lo, part.hi, if part.origin == Origin::Half { Done::Half } else { how });
    }

    /// Everything before the checkpoint is done; the rest is a fresh batch (RETRY-8, PBR-4, BISECT-11).
    fn progress(&self, state: &mut State, part: Part, count: u16, now: When) {
        state.parts.pop();
        let lo = part.lo + count;
        state.resolve(part.lo, lo, Done::Checkpoint);
        let half = part.origin == Origin::Half;
        let may_split = part.hi - lo > 1 && self.configs_of(&part, now).iter().any(|c| c.bisect);
        let origin = if half { Origin::Half } else { Origin::Remainder };
        state.parts.push(Part {
            split: if may_split { Split::May } else { Split::No },
            refill: state.parts.is_empty() && !half,
            due: now.latest,
            ..part.out_of(lo, part.hi, origin, part.tried() + 1)
        });
    }

    /// The batch failed: it is split, retried, or discarded (RETRY-3, BISECT-1, RETRY-7).
    fn fail(&self, mut state: State, part: Part, fail: Fail, now: When, out: &mut Vec<State>) {
        state.parts.pop();
        let configs = self.configs_of(&part, now);
        let attempts = part.attempts + 1;
        let mut seen: SmallVec<[(bool, bool); 2]> = SmallVec::new();
        for config in configs {
            let splits = config.bisect && part.len() > 1;
            let exhausted = !splits && config.retries.is_some_and(|quota| u32::from(attempts) > quota);
            if seen.contains(&(splits, exhausted)) {
                continue;
            }
            seen.push((splits, exhausted));
            let split = if splits { Split::Must } else { Split::No };
            let failed = Part { attempts, failed: Some(fail), cut: false, due: now.latest, ..part };
            if exhausted {
                self.exhausted_wrongly(&state, failed, fail, now, out);
            } else {
                self.given_up_early(&state, failed, fail, config, now, out);
            }
            if !splits {
                self.uncounted(&state, failed, fail, out);
            }
            // The last way takes the state itself; there is seldom another.
            let last = seen.len() == configs.len();
            let mut next = if last { std::mem::take(&mut state) } else { state.clone() };
            if exhausted {
                self.exhaust(&mut next, failed, Why::Exhausted(fail), now);
            } else {
                next.parts.push(Part { split, ..failed });
            }
            out.push(next);
        }
    }

    /// The part, no longer in the state, is discarded; its failure record is owed where there is a destination.
    pub(crate) fn exhaust(&self, state: &mut State, part: Part, why: Why, now: When) {
        let counts = [part.attempts, part.attempts + part.forgotten].map(u32::from);
        self.owe(state, &part, why, Counts::from_slice(&counts), false, now);
        state.resolve(part.lo, part.hi, Done::Exhausted);
        state.free_since = When { earliest: part.due.min(now.earliest), latest: now.latest };
    }

    /// Adds a failure record for the records of a part to those owed (DISCARD-2, DISCARD-4, AMB-22).
    pub(crate) fn owe(
        &self,
        state: &mut State,
        part: &Part,
        why: Why,
        counts: Counts,
        optional: bool,
        now: When,
    ) {
        let configs = self.configs_of(part, now);
        let destinations =
            configs.iter().filter_map(|c| c.destination).fold(0, |all, to| all | Owed::bit(to));
        self.reach([(DISCARD_2, destinations != 0), (DISCARD_4, destinations == 0)]);
        if destinations == 0 {
            return;
        }
        state.owed.push(Owed {
            lo: part.lo,
            hi: part.hi,
            why,
            counts,
            root: part.root,
            half: part.origin == Origin::Half,
            // A batch about to be split has no last invocation of its own parts.
            last: part.last.filter(|_| part.split == Split::No),
            destinations,
            optional: optional || configs.iter().any(|c| c.destination.is_none()),
            since: When { earliest: part.due.min(now.earliest), latest: now.latest },
        });
    }
}
