//! Not too strict: whatever the sources leave open, the reference conforms under every way to decide it.

use crate::support::{Run, pinned_otherwise, sampled};
use esm_model::catalogue::{self, AmbiguityId, Profile};
use esm_model::reference::{FIELDS, Policy};
use esm_model::rule::RuleId;
use esm_model::spec::Reading;
use esm_model::verdict::{Judgement, Verdict};
use esm_suite::coverage::Coverage;
use esmeralda::machine::MachineTarget;

/// Cases for each policy.
const CASES: u64 = 1_000;
/// Every so many cases the run writes texts.
const TEXTS: u64 = 8;

/// The four readings that a campaign may choose.
fn readings() -> [(&'static str, Reading); 4] {
    [
        ("documented", Reading::documented()),
        ("documented, duplicates allowed", Reading::documented().with_duplicates(true)),
        ("aws", Reading::aws()),
        ("aws, duplicates allowed", Reading::aws().with_duplicates(true)),
    ]
}

/// The smallest run that failed, in words.
#[derive(Default)]
struct Worst {
    failed: usize,
    smallest: Option<(usize, String)>,
}

impl Worst {
    fn add(&mut self, run: &Run, about: &str, reading: &Reading) {
        self.failed += 1;
        if self.smallest.as_ref().is_none_or(|(size, _)| run.events.len() < *size) {
            self.smallest = Some((run.events.len(), format!("{about}\n{}", run.told(reading))));
        }
    }

    #[track_caller]
    fn none(self, runs: usize) {
        if let Some((_, text)) = self.smallest {
            panic!("{} of {runs} judgements; the smallest: {text}", self.failed);
        }
    }
}

/// Conforms, with no warning but those of `rules`.
fn well(judged: &Judgement, rules: &[RuleId]) -> bool {
    judged.verdict == Verdict::Conforms && judged.warnings.iter().all(|w| rules.contains(&w.rule))
}

/// Runs the policies on every case under every reading that admits them.
fn check(seed: u64, policies: &[(String, Policy)]) {
    let readings = readings();
    let (mut worst, mut runs, mut widest) = (Worst::default(), 0, 0);
    let mut buffer = Vec::new();
    for (name, policy) in policies {
        let plain = MachineTarget::reference(*policy);
        let texts = plain.clone().with_texts(true);
        for index in 0..CASES {
            let target = if index % TEXTS == 0 { &texts } else { &plain };
            let run = Run::of(target, sampled(seed, index), std::mem::take(&mut buffer));
            for (reading_name, reading) in &readings {
                if pinned_otherwise(policy, reading) {
                    continue;
                }
                runs += 1;
                match run.judge(reading) {
                    Ok(judged) if well(&judged, &[]) => widest = widest.max(judged.widest),
                    _ => worst.add(&run, &format!("policy {name}, case {index}, {reading_name}"), reading),
                }
            }
            buffer = run.events;
        }
    }
    println!("{} policies, {runs} judgements, at most {widest} states", policies.len());
    worst.none(runs);
}

#[test]
fn presets_and_single_deviations_conform() {
    let set = Policy::covering_set();
    let (single, _) = set.split_at(1 + set.iter().rposition(|(name, _)| name.starts_with("aws")).unwrap());
    check(1, single);
}

#[test]
fn pairs_of_deviations_conform() {
    let set = Policy::covering_set();
    let (_, pairs) = set.split_at(1 + set.iter().rposition(|(name, _)| name.starts_with("aws")).unwrap());
    assert!(pairs.len() > 5, "{}", pairs.len());
    check(2, pairs);
}

#[test]
fn redelivery_conforms_where_duplicates_are_allowed_alone() {
    let policy = Policy::parse("aws+duplicates=redelivery").unwrap();
    let target = MachineTarget::reference(policy);
    let (mut worst, mut warned) = (Worst::default(), 0);
    for index in 0..CASES {
        let run = Run::of(&target, sampled(3, index), Vec::new());
        for profile in [Reading::documented(), Reading::aws()] {
            let allowed = profile.clone().with_duplicates(true);
            let judged = run.judge(&allowed);
            let Ok(judged) = judged.as_ref().map_err(ToString::to_string) else {
                worst.add(&run, &format!("case {index}, duplicates allowed"), &allowed);
                continue;
            };
            if !well(judged, &[catalogue::ORDER_4]) {
                worst.add(&run, &format!("case {index}, duplicates allowed"), &allowed);
            }
            let repeated = !judged.warnings.is_empty();
            warned += usize::from(repeated);
            let forbidden = run.judge(&profile).unwrap();
            // What was captured alone, such as that a half is not delivered again, the documents only warn about.
            let rejected = match profile.profile {
                Profile::Aws => matches!(forbidden.verdict, Verdict::Violates(_)),
                Profile::Documented => !well(&forbidden, &[]),
            };
            // An answer that the documents do not know may have been a failure (AMB-14), and what came then a retry.
            let mut coverage = Coverage::new();
            coverage.add(&forbidden, &run.case);
            if repeated != rejected && !coverage.took(14, 1) {
                worst.add(&run, &format!("case {index}, duplicates forbidden"), &profile);
            }
        }
    }
    assert!(warned > CASES as usize / 4, "{warned} runs had a repetition");
    worst.none(4 * CASES as usize);
}

#[test]
fn fields_of_a_policy_are_the_ambiguities_of_the_catalogue() {
    for (number, field, variants) in FIELDS {
        let ambiguity = catalogue::get_ambiguity(AmbiguityId::new(*number)).unwrap();
        let known: Vec<&str> = ambiguity.variants.iter().map(|variant| variant.name).collect();
        assert_eq!(known, *variants, "{field}");
    }
}
