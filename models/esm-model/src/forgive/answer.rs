//! What follows where an answer is taken for what it is not, and where a failed batch is given up too early or too
//! late.

use crate::answer::{Answer, Response};
use crate::catalogue::*;
use crate::lane::{Config, Lane};
use crate::rule::RuleId;
use crate::spec::{Class, Meaning, Meanings};
use crate::state::{Done, Fail, Part, State, Why};
use crate::when::When;

impl Lane<'_> {
    /// What the answer does not mean, with the rule that says so (RETRY-2, RETRY-6, PBR-1…4, PBR-9).
    pub(crate) fn wrong_meanings(&self, answer: &Answer, part: &Part, reports: bool, out: &mut Meanings) {
        let wrong = |class, rule: RuleId| Meaning { breaks: Some(rule), ..Meaning::sure(class) };
        let success = Class::Success(Done::Success);
        let items = match answer {
            Answer::Raised => return out.push(wrong(success, if reports { PBR_9 } else { RETRY_2 })),
            Answer::TimedOut | Answer::Crashed => return out.push(wrong(success, RETRY_6)),
            Answer::Returned(Response::Items(items)) if !items.is_empty() => items,
            Answer::Returned(Response::ItemsOfWrongType | Response::Unrecognised(_)) => return,
            Answer::Returned(_) if reports => return out.push(wrong(Class::Failure(Fail::Malformed), PBR_2)),
            Answer::Returned(_) => return,
        };
        if !reports {
            let mut read = Meanings::new();
            self.meanings(answer, part, true, &mut read);
            return out.extend(read.into_iter().map(|meaning| wrong(meaning.class, PBR_1)));
        }
        match self.checkpoint(items, part) {
            (Class::Failure(Fail::Malformed), _) => out.push(wrong(success, PBR_3)),
            (_, true) => {}
            (checkpoint, false) => {
                let others = (1..part.len()).map(Class::Progress);
                let all = others.chain([Class::Failure(Fail::NoProgress), success]);
                out.extend(all.filter(|class| *class != checkpoint).map(|class| wrong(class, PBR_4)));
            }
        }
    }

    /// Continuations in which an exhausted batch is not discarded whole.
    pub(crate) fn exhausted_wrongly(
        &self,
        state: &State,
        part: Part,
        fail: Fail,
        now: When,
        out: &mut Vec<State>,
    ) {
        if let Some(mut next) = self.forgiven(state, RETRY_3) {
            next.parts.push(part);
            out.push(next);
        }
        if part.len() > 1
            && let Some(mut next) = self.forgiven(state, RETRY_7)
        {
            self.exhaust(&mut next, Part { hi: part.lo + 1, ..part }, Why::Exhausted(fail), now);
            next.parts.push(Part { lo: part.lo + 1, attempts: 0, ..part });
            out.push(next);
        }
    }

    /// Continuations in which a batch is discarded although it was to be retried or split.
    pub(crate) fn given_up_early(
        &self,
        state: &State,
        part: Part,
        fail: Fail,
        config: &Config,
        now: When,
        out: &mut Vec<State>,
    ) {
        let rule = self.early_rule(&part, config, now);
        if let Some(mut next) = self.forgiven(state, rule) {
            let why = if rule == RETRY_1 { Why::Unknown } else { Why::Exhausted(fail) };
            self.exhaust(&mut next, part, why, now);
            out.push(next);
        }
    }

    /// A continuation in which the failure uses up no attempt, for failures of which a rule of their own says that
    /// they do.
    pub(crate) fn uncounted(&self, state: &State, part: Part, fail: Fail, out: &mut Vec<State>) {
        let rule = match fail {
            Fail::NoProgress => RETRY_9,
            Fail::Malformed => PBR_5,
            Fail::Broken => RETRY_6,
            Fail::Raised => return,
        };
        if let Some(mut next) = self.forgiven(state, rule) {
            next.parts.push(Part { attempts: part.attempts - 1, ..part });
            out.push(next);
        }
    }
}
