//! One failure as a report has it: what is to blame, how often it showed, and its story.

use esm_model::catalogue;
use esm_model::explain::explain;
use esm_model::rule::RuleId;
use esm_model::spec::Reading;
use esm_model::verdict::{Judgement, Verdict, Violation};
use esmeralda::campaign::{Kind, Origin};
use esmeralda::confirm::Repeat;
use esmeralda::outcome::{Outcome, Trial};
use esmeralda::shrink::{Count, Wanted};
use serde::Serialize;

/// One kind of failure, as a report has it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Finding {
    /// What is wrong.
    #[serde(skip)]
    pub(crate) kind: Kind,
    /// The smallest case that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) case_file: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) trace_file: Option<String>,
    /// The rules that explain it.
    pub(crate) blame: Vec<RuleId>,
    /// Whether each of them explains it alone.
    pub(crate) certain: bool,
    /// Records of the small case, and of the one it comes from.
    pub(crate) records: usize,
    pub(crate) records_before: usize,
    /// In how many cases it showed.
    pub(crate) cases: u64,
    /// Where it showed first.
    pub(crate) first: Origin,
    pub(crate) explanation: String,
    /// The command that shows it again.
    pub(crate) replay: String,
    /// Other blames met while shrinking.
    pub(crate) also_found: Vec<Vec<RuleId>>,
    /// How often it showed where its case was run again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) repeats: Vec<Repeat>,
    /// And how often the small case shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) small_runs: Option<Count>,
    /// In how many further cases it showed now and then.
    #[serde(skip_serializing_if = "is_zero")]
    pub(crate) flaky_cases: u64,
}

impl Finding {
    /// Whether a failure of that kind may be this one: each rule that explains this one explains it too.
    pub(crate) fn explains(&self, kind: &Kind) -> bool {
        match (&self.kind, kind) {
            (Kind::Violation(blame), Kind::Violation(other) | Kind::Flaky(other)) => {
                self.certain && blame.iter().all(|rule| other.contains(rule))
            }
            _ => false,
        }
    }

    /// Counts a failure of that kind with this one.
    pub(crate) fn take(&mut self, kind: &Kind, cases: u64, most: u64) {
        match kind {
            Kind::Flaky(_) => self.flaky_cases += cases,
            _ => self.cases = (self.cases + cases).min(most),
        }
    }
}

/// Blame, whether it is certain, and the explanation.
pub(crate) fn told(trial: &Trial, kind: &Kind, reading: &Reading) -> (Vec<RuleId>, bool, String) {
    match (&trial.outcome, kind) {
        (outcome, Kind::Flaky(blame)) => {
            let numbers = trial.flaky().find(|repeat| repeat.blame == *blame);
            let numbers = numbers.map(Repeat::told).unwrap_or_default();
            // What is only missing was taken out of the verdict.
            let seen = match outcome {
                Outcome::Judged(judgement) => meant(judgement, blame),
                _ => None,
            };
            let Some(violation) = seen else { return (blame.clone(), true, numbers) };
            let story = explain(trial.trace(), reading, violation);
            (blame.clone(), violation.certain, format!("{}\n\n{numbers}", story.trim_end()))
        }
        (Outcome::Judged(judgement), Kind::Violation(blame)) => {
            let Some(violation) = meant(judgement, blame) else {
                return (blame.clone(), false, String::new());
            };
            let explanation = explain(trial.trace(), reading, violation);
            (violation.blame.clone(), violation.certain, explanation)
        }
        (Outcome::Judged(judgement), Kind::Warning(rule)) => {
            let what = judgement.warnings.iter().find(|warning| warning.rule == *rule);
            let what = what.and_then(|warning| warning.what.clone());
            let sentence = catalogue::get(*rule).map_or("", |requirement| requirement.sentence);
            (vec![*rule], true, what.unwrap_or_else(|| sentence.to_owned()))
        }
        (Outcome::Judged(Judgement { verdict: Verdict::Undecided(why), .. }), _) => {
            (Vec::new(), false, why.clone())
        }
        (Outcome::CouldNotRun(why) | Outcome::Unsupported(why), _) => (Vec::new(), false, why.clone()),
        (Outcome::Judged(_), _) => (Vec::new(), false, String::new()),
    }
}

/// The violation of that blame, or of a part of it.
fn meant<'j>(judgement: &'j Judgement, blame: &[RuleId]) -> Option<&'j Violation> {
    let Verdict::Violates(violations) = &judgement.verdict else { return None };
    let exact = violations.iter().find(|violation| violation.blame == blame);
    exact.or_else(|| Wanted::Blame(blame.to_vec()).violation(judgement))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
pub(crate) fn is_zero(count: &u64) -> bool {
    *count == 0
}
