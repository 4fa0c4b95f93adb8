//! The hunt for one planted bug: case after case, until the rule that it breaks is blamed.

use crate::suite;
use esm_model::case::Case;
use esm_model::catalogue::Level;
use esm_model::reference::Mutant;
use esm_model::rule::RuleId;
use esm_model::spec::Reading;
use esm_model::verdict::Verdict;
use esmeralda::bench::Bench;
use esmeralda::campaign::TEXTS_EVERY;
use esmeralda::machine::MachineTarget;
use esmeralda::outcome::{Outcome, Trial, attempt};
use esmeralda::shrink::{MAX_EXECUTIONS, Wanted, shrink};
use serde::Serialize;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// How mutants are hunted.
pub(crate) struct Hunt<'h> {
    pub(crate) reading: &'h Reading,
    /// Cases for each seed.
    pub(crate) cases: u64,
    /// Seeds from 1; a mutant must be killed under each.
    pub(crate) seeds: u64,
}

/// What became of one mutant.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Kill {
    /// Whether its rule was blamed under every seed.
    pub(crate) killed: bool,
    /// The case that did it, of the first seed.
    pub(crate) killed_by: Option<String>,
    /// How many cases that took, under the seed that needed most.
    pub(crate) cases_to_kill: Option<u64>,
    /// Records of the smallest case that does it.
    pub(crate) shrunk_records: Option<usize>,
    /// What that case is blamed for; of a survivor, what it was blamed for instead.
    pub(crate) blame: Vec<RuleId>,
    /// The rule is only warned about under this reading.
    pub(crate) warns: bool,
    /// The first case that could not run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trouble: Option<String>,
}

impl Hunt<'_> {
    /// Hunts one mutant.
    pub(crate) fn kill(&self, mutant: &Mutant) -> Kill {
        let bench = MachineTarget::mutant(mutant.fault);
        let mut kill = Kill { warns: self.reading.level(mutant.rule) == Level::Warns, ..Kill::default() };
        kill.killed = true;
        for seed in 1..=self.seeds {
            let case = suite::generated(seed, false);
            let generated = (0..self.cases).map(|index| {
                (index + 1, format!("seed {seed}, case {index}"), case(index), index % TEXTS_EVERY == 0)
            });
            if !self.search(&bench, mutant, &mut kill, seed == 1, generated) {
                kill.killed = false;
            }
        }
        if !kill.killed {
            let named = suite::scenarios().into_iter().chain(suite::regressions());
            let named = named.zip(self.cases + 1..).map(|(named, n)| (n, named.name, named.case, true));
            kill.killed = self.search(&bench, mutant, &mut kill, true, named);
        }
        kill
    }

    /// Goes through cases until one kills; whether one does.
    fn search(
        &self,
        bench: &MachineTarget,
        mutant: &Mutant,
        kill: &mut Kill,
        first: bool,
        cases: impl Iterator<Item = (u64, String, Case, bool)>,
    ) -> bool {
        let mut targets = [bench.target(false), bench.target(true)];
        let mut buffer = Vec::new();
        for (number, name, case, texts) in cases {
            let target = &mut targets[usize::from(texts)];
            let trial = attempt(bench, target, || case.clone(), self.reading, std::mem::take(&mut buffer));
            if let Outcome::CouldNotRun(why) = &trial.outcome {
                kill.trouble.get_or_insert_with(|| format!("{name}: {why}"));
            }
            let Some(wanted) = self.kills(mutant.rule, &trial, &mut kill.blame) else {
                buffer = trial.events;
                continue;
            };
            kill.cases_to_kill = kill.cases_to_kill.max(Some(number));
            if first {
                kill.killed_by = Some(name);
                let small =
                    || bench.wait(shrink(&*target, trial.case, self.reading, &wanted, MAX_EXECUTIONS));
                let small = catch_unwind(AssertUnwindSafe(small)).ok().flatten();
                let trial = small.map(|small| small.trial);
                kill.shrunk_records = trial.as_ref().map(|trial| trial.case.records.len());
                kill.blame = trial.map(|trial| blame(&wanted, &trial)).unwrap_or_default();
            }
            return true;
        }
        false
    }

    /// What the trial shows, if it is the mutant's rule. Notes what is shown instead.
    fn kills(&self, rule: RuleId, trial: &Trial, instead: &mut Vec<RuleId>) -> Option<Wanted> {
        let Outcome::Judged(judgement) = &trial.outcome else { return None };
        if let Verdict::Violates(violations) = &judgement.verdict {
            let its = violations.iter().filter(|violation| violation.blame.contains(&rule));
            // The shortest blame says most.
            if let Some(violation) = its.min_by_key(|violation| violation.blame.len()) {
                return Some(Wanted::Rule(rule, violation.blame.clone()));
            }
            if let Some(violation) = violations.first().filter(|_| instead.is_empty()) {
                instead.clone_from(&violation.blame);
            }
        }
        judgement.warnings.iter().any(|warning| warning.rule == rule).then_some(Wanted::Warning(rule))
    }
}

fn blame(wanted: &Wanted, trial: &Trial) -> Vec<RuleId> {
    match (wanted, &trial.outcome) {
        (Wanted::Warning(rule), _) => vec![*rule],
        (_, Outcome::Judged(judgement)) => {
            wanted.violation(judgement).map(|violation| violation.blame.clone()).unwrap_or_default()
        }
        _ => Vec::new(),
    }
}
