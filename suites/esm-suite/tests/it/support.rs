//! One run of an in-tree target on one case, judged; and what to print of it when a test fails.

use esm_model::NotATrace;
use esm_model::case::Case;
use esm_model::event::Event;
use esm_model::explain::explain;
use esm_model::reference::{FIELDS, Policy};
use esm_model::rule::RuleId;
use esm_model::setup::Setup;
use esm_model::spec::Reading;
use esm_model::trace::{TraceRef, to_lines};
use esm_model::verdict::{Judgement, Verdict, judge};
use esm_suite::sample;
use esmeralda::machine::MachineTarget;
use esmeralda::run::run_case;
use esmeralda::virtual_time::ready;
use std::rc::Rc;

/// A run of a target.
pub(crate) struct Run {
    pub(crate) case: Rc<Case>,
    pub(crate) setup: Option<Rc<Setup>>,
    pub(crate) events: Vec<Event>,
}

impl Run {
    /// What the target does with the case; `buffer` becomes the memory of the events.
    pub(crate) fn of(target: &MachineTarget, case: Rc<Case>, buffer: Vec<Event>) -> Run {
        Run::looking(target, case, true, buffer)
    }

    /// The same without a look at the state of the mappings.
    pub(crate) fn quick(target: &MachineTarget, case: Rc<Case>, buffer: Vec<Event>) -> Run {
        Run::looking(target, case, false, buffer)
    }

    fn looking(target: &MachineTarget, case: Rc<Case>, looks: bool, buffer: Vec<Event>) -> Run {
        let setup = target.texts.then(|| Rc::new(Setup::in_tree(&case)));
        let events = ready(run_case(target, &case, setup.as_ref(), looks, buffer))
            .unwrap_or_else(|error| panic!("{}: {error}\n{}", target.name, case.to_json()))
            .events;
        Run { case, setup, events }
    }

    pub(crate) fn trace(&self) -> TraceRef<'_> {
        TraceRef { case: &self.case, setup: self.setup.as_deref(), events: &self.events }
    }

    pub(crate) fn judge(&self, reading: &Reading) -> Result<Judgement, NotATrace> {
        judge(self.trace(), reading)
    }

    /// The run for a person: the verdict, the explanation of the first violation, the trace.
    pub(crate) fn told(&self, reading: &Reading) -> String {
        let mut text = String::new();
        match self.judge(reading) {
            Err(error) => text.push_str(&format!("not a trace: {error}\n")),
            Ok(Judgement { verdict: Verdict::Violates(violations), .. }) => {
                text.push_str(&explain(self.trace(), reading, &violations[0]));
            }
            Ok(judged) => text.push_str(&format!("{:?}, warnings {:?}\n", judged.verdict, judged.warnings)),
        }
        text.push_str(&to_lines(&self.case, self.setup.as_deref(), &self.events));
        text
    }
}

/// Case `index` of the sampler under `seed`, checked.
pub(crate) fn sampled(seed: u64, index: u64) -> Rc<Case> {
    let case = sample::case(seed, index);
    case.validate().unwrap_or_else(|error| panic!("case {index} of seed {seed}: {error}"));
    Rc::new(case)
}

/// Whether the reading pins an ambiguity to another variant than the policy has.
pub(crate) fn pinned_otherwise(policy: &Policy, reading: &Reading) -> bool {
    let chosen = policy.variants();
    FIELDS.iter().zip(chosen).any(|((number, ..), variant)| {
        reading.pinned.iter().any(|(pinned, choice)| pinned.number() == *number && *choice != variant)
    })
}

/// All blame of a verdict: one list for each violation.
pub(crate) fn blames(verdict: &Verdict) -> Vec<&[RuleId]> {
    match verdict {
        Verdict::Violates(violations) => violations.iter().map(|v| v.blame.as_slice()).collect(),
        _ => Vec::new(),
    }
}

/// Rules as text: `RETRY-2 | RETRY-8`.
pub(crate) fn listed(rules: &[RuleId]) -> String {
    rules.iter().map(RuleId::to_string).collect::<Vec<_>>().join(" | ")
}
