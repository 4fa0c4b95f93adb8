//! The catalogue is complete, consistent, and written in one style.
//!
//! What the rules mean is tested where they are cited.

use super::*;
use crate::rule::RuleSet;
use std::collections::{BTreeMap, BTreeSet};

/// The number of requirements by section. A number is never given up: what proves wrong is withdrawn.
const COUNTS: &[(Section, usize)] = &[
    (Section::Api, 33),
    (Section::Param, 17),
    (Section::State, 12),
    (Section::Batch, 11),
    (Section::Order, 8),
    (Section::Retry, 12),
    (Section::Bisect, 14),
    (Section::Pbr, 12),
    (Section::Age, 11),
    (Section::Discard, 9),
    (Section::Rec, 14),
    (Section::S3, 7),
    (Section::Sec, 9),
    (Section::Filter, 7),
    (Section::Window, 10),
    (Section::Metric, 2),
    (Section::Ddb, 8),
    (Section::Cons, 12),
    (Section::Redrive, 13),
];

#[test]
fn ids_are_complete_and_in_order() {
    let counted: Vec<_> = Section::ALL.iter().map(|s| (*s, section(*s).len())).collect();
    assert_eq!(counted, COUNTS);
    for s in Section::ALL {
        for (index, requirement) in section(*s).iter().enumerate() {
            assert_eq!(requirement.id, RuleId::new(*s, u8::try_from(index + 1).unwrap()));
            assert_eq!(get(requirement.id), Some(requirement));
            let mut set = RuleSet::default();
            set.insert(requirement.id);
            assert!(set.iter().eq([requirement.id]), "no room for {}: see rule.rs", requirement.id);
        }
    }
    assert!(all().map(|r| r.id).is_sorted());
    assert_eq!(get(RuleId::new(Section::Retry, 13)), None);
    assert_eq!(get(RuleId::new(Section::Retry, 0)), None);
}

#[test]
fn what_is_restated_exists_and_is_canonical() {
    for requirement in all() {
        let target = get(canonical(requirement.id)).unwrap();
        assert!(target.is_canonical(), "{} restates {}", requirement.id, target.id);
        assert_ne!(requirement.kind, Kind::Restates(requirement.id));
        if requirement.is_checked() {
            assert!(target.is_checked(), "{} is checked only if {} is", requirement.id, target.id);
        }
    }
}

#[test]
fn needs_are_known_direct_and_without_circles() {
    for rule in all().map(|requirement| requirement.id) {
        let direct = needs(rule);
        assert!(direct.is_sorted() && direct.windows(2).all(|pair| pair[0] != pair[1]), "{rule}: {direct:?}");
        if !direct.is_empty() {
            let checkable = get(canonical(rule)).is_some_and(Requirement::is_checkable);
            assert!(checkable, "{rule} is never red, so it needs nothing");
        }
        for needed in direct {
            assert!(get(*needed).is_some_and(Requirement::is_checkable), "{rule} needs {needed}");
            let through = direct.iter().find(|other| rests_on(**other).contains(*needed));
            assert_eq!(through, None, "{rule} needs {needed} through another already");
        }
        assert!(!rests_on(rule).contains(canonical(rule)), "{rule} rests on itself");
    }
}

#[test]
fn needs_end_at_the_ground() {
    let rests = |rule, on| rests_on(rule).contains(on);
    assert!(rests(BISECT_1, RETRY_2) && rests(REC_6, DISCARD_1) && rests(S3_3, RETRY_2));
    assert!(!rests(RETRY_2, BISECT_1) && !rests(BATCH_4, RETRY_2));
    assert_eq!(needs(PBR_6), needs(PBR_4), "a name that restates needs the same");
    assert!(resting_on(RETRY_2).all(|rule| rests(rule, RETRY_2)) && resting_on(RETRY_2).count() > 30);
    assert_eq!(resting_on(S3_4).count(), 0);
    let ground = |rule: &RuleId| needs(*rule).is_empty();
    let held = |r: &&Requirement| r.is_checkable() && !matches!(r.kind, Kind::Api);
    let basic: Vec<RuleId> = all().filter(held).map(|r| r.id).filter(ground).collect();
    assert_eq!(basic, [STATE_1, BATCH_2, BATCH_11]);
    assert_eq!((needs::height(BATCH_2), needs::height(ORDER_8), needs::height(RETRY_2)), (0, 2, 3));
}

#[test]
fn what_is_not_checked_has_a_reason() {
    let statuses = all().map(|r| r.status).chain(ambiguities().iter().map(|a| a.status));
    for status in statuses {
        assert!(status.reason().is_none_or(|reason| reason.len() > 10), "{status}");
    }
    for requirement in all().filter(|r| matches!(r.certainty, Certainty::Reported | Certainty::Ambiguous)) {
        assert!(!requirement.is_checked(), "{} is not certain enough", requirement.id);
    }
}

#[test]
fn sentences_are_sentences() {
    let mut seen = BTreeSet::new();
    let requirements = all().map(|r| (r.id.to_string(), r.sentence));
    let variants = ambiguities()
        .iter()
        .flat_map(|a| a.variants.iter().map(|v| (format!("{} {}", a.id, v.name), v.sentence)));
    let whys = ambiguities().iter().map(|a| (a.id.to_string(), a.why));
    let terms = explain_terms().iter().map(|t| (t.text.to_owned(), t.sentence));
    let statements = STATEMENTS.iter().map(|s| ("statement".to_owned(), s.text));
    for (id, sentence) in requirements.clone().chain(variants).chain(whys).chain(terms).chain(statements) {
        assert!(is_one_sentence(sentence), "{id}: {sentence}");
    }
    for (id, sentence) in requirements {
        assert!(seen.insert(sentence), "{id} repeats: {sentence}");
    }
    for ambiguity in ambiguities() {
        assert!(ambiguity.question.ends_with('?'), "{}", ambiguity.question);
    }
}

fn is_one_sentence(text: &str) -> bool {
    let body = text.strip_suffix('.').unwrap_or("");
    let ends_inside = [". ", "? ", "! "].iter().any(|end| body.contains(end));
    let starts_well = !text.starts_with(char::is_whitespace) && text.chars().next().is_some();
    !body.is_empty() && !ends_inside && starts_well && text.len() < 260 && !text.contains("  ")
}

#[test]
fn sources_and_observations_are_given() {
    for requirement in all() {
        assert!(requirement.source.len() > 10 && !requirement.source.contains("  "), "{}", requirement.id);
        assert!(requirement.observed.len() > 5 && !requirement.observed.contains("  "), "{}", requirement.id);
    }
}

#[test]
fn ambiguities_are_complete_and_in_order() {
    let numbers: Vec<u8> = ambiguities().iter().map(|a| a.id.number()).collect();
    assert_eq!(numbers, (1..=33).collect::<Vec<u8>>());
    for ambiguity in ambiguities() {
        assert_eq!(get_ambiguity(ambiguity.id), Some(ambiguity));
        let names: BTreeSet<_> = ambiguity.variants.iter().map(|v| v.name).collect();
        assert_eq!(names.len(), ambiguity.variants.len(), "{}", ambiguity.id);
        assert!(names.iter().all(|n| n.chars().all(|c| c.is_ascii_lowercase() || c == '-')), "{names:?}");
        assert!(ambiguity.aws.is_none_or(|pinned| ambiguity.variant(pinned).is_some()), "{}", ambiguity.id);
        assert!(!ambiguity.rules.is_empty() && ambiguity.rules.iter().all(|r| get(*r).is_some()));
    }
    let settled: Vec<u8> = ambiguities().iter().filter(|a| !a.is_choice()).map(|a| a.id.number()).collect();
    assert_eq!(settled, [1, 8, 15, 16, 25, 26, 28, 30]);
}

#[test]
fn an_ambiguity_is_named_by_a_text() {
    assert_eq!(AMB_5.to_string(), "AMB-5");
    assert_eq!("amb-5".parse(), Ok(AMB_5));
    assert_eq!(serde_json::to_string(&AMB_5).unwrap(), r#""AMB-5""#);
    assert_eq!(serde_json::from_str::<AmbiguityId>(r#""AMB-33""#).unwrap(), AMB_33);
    for bad in ["AMB-0", "AMB-05", "AMB-", "AMB-256", "AMB5", "RETRY-3", ""] {
        assert_eq!(bad.parse::<AmbiguityId>(), Err(NotAnAmbiguity(bad.to_owned())));
    }
}

#[test]
fn statements_and_terms_point_into_the_catalogue() {
    assert_eq!(STATEMENTS.len(), 17);
    let mut pointers: Vec<(&str, &[RuleId], &[AmbiguityId])> = Vec::new();
    pointers.extend(STATEMENTS.iter().map(|s| (s.text, s.rules, s.ambiguities)));
    pointers.extend(explain_terms().iter().map(|t| (t.text, t.rules, t.ambiguities)));
    for (text, rules, ambiguous) in pointers {
        assert!(!rules.is_empty(), "{text}");
        assert!(rules.iter().all(|r| get(*r).is_some()), "{text}");
        assert!(ambiguous.iter().all(|a| get_ambiguity(*a).is_some()), "{text}");
        assert_eq!(rules.iter().collect::<BTreeSet<_>>().len(), rules.len(), "{text} repeats a rule");
    }
    for parameter in STATEMENTS.iter().flat_map(|s| s.parameters) {
        assert!(explain_terms().iter().any(|t| t.text == *parameter && t.topic == Topic::Parameter));
    }
}

#[test]
fn a_term_has_one_entry_by_topic() {
    let mut seen = BTreeMap::new();
    for term in explain_terms() {
        for name in std::iter::once(&term.text).chain(term.aliases) {
            let first = seen.insert((term.topic, *name), term.text);
            assert_eq!(first, None, "{name} is listed twice under {:?}", term.topic);
        }
    }
    assert!(explain_terms().is_sorted_by_key(|t| t.topic), "terms are grouped by topic");
}

#[test]
fn every_parameter_can_be_looked_up() {
    for name in [
        "BatchSize",
        "BisectBatchOnFunctionError",
        "DestinationConfig",
        "Enabled",
        "EventSourceArn",
        "FilterCriteria",
        "FunctionName",
        "FunctionResponseTypes",
        "MaximumBatchingWindowInSeconds",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
        "ParallelizationFactor",
        "StartingPosition",
        "StartingPositionTimestamp",
        "TumblingWindowInSeconds",
    ] {
        let found = lookup(name);
        assert!(found.iter().any(|f| matches!(f, Found::Term(t) if t.topic == Topic::Parameter)), "{name}");
    }
}

#[test]
fn levels_follow_certainty_and_profile() {
    use Level::{Ignored, Violates, Warns};
    use Profile::{Aws, Documented};
    for (rule, documented, aws) in [
        (RETRY_3, Violates, Violates),   // validated
        (RETRY_2, Violates, Violates),   // documented
        (ORDER_8, Violates, Violates),   // derived
        (RETRY_4, Warns, Violates),      // captured only
        (RETRY_7, Violates, Violates),   // documented and captured
        (RETRY_5, Warns, Warns),         // never more than a warning
        (REC_2, Warns, Warns),           // the same
        (S3_7, Ignored, Ignored),        // reported
        (WINDOW_8, Ignored, Ignored),    // contradictory
        (PBR_6, Violates, Violates),     // restates a documented rule, validated itself
        (PBR_8, Warns, Violates),        // restates a documented rule, captured itself
        (SEC_6, Warns, Violates),        // documented itself, restates a captured rule
        (BISECT_13, Violates, Violates), // derived from a documented rule
    ] {
        for duplicates in [false, true] {
            assert_eq!(level(rule, Documented, duplicates), documented, "{rule} documented");
            assert_eq!(level(rule, Aws, duplicates), aws, "{rule} aws");
        }
    }
    assert_eq!(level(REC_6, Aws, false), Violates);
    assert_eq!(level(REC_6, Aws, true), Warns);
    assert_eq!(level(RuleId::new(Section::Metric, 9), Aws, false), Ignored);
    assert!(Ignored < Warns && Warns < Violates);
}

#[test]
fn restating_ends_at_the_canonical_name() {
    for (rule, name) in
        [(PBR_6, PBR_4), (BISECT_11, PBR_4), (BATCH_6, ORDER_1), (DDB_3, API_14), (RETRY_3, RETRY_3)]
    {
        assert_eq!(canonical(rule), name);
    }
    let unknown = RuleId::new(Section::Metric, 9);
    assert_eq!(canonical(unknown), unknown);
}

#[test]
fn checkable_is_checked_canonical_and_breakable() {
    let checkable = |rule| get(rule).unwrap().is_checkable();
    assert!(checkable(RETRY_3) && checkable(API_12));
    assert!(!checkable(BATCH_3), "a permission cannot be broken");
    assert!(!checkable(PBR_6), "its canonical rule is blamed instead");
    assert!(!checkable(FILTER_1), "it waits");
}

#[test]
fn globs_know_only_the_star() {
    for (pattern, rule, covered) in [
        ("BISECT-*", BISECT_14, true),
        ("bisect-1", BISECT_1, true),
        ("BISECT-1", BISECT_14, false),
        ("BISECT-1*", BISECT_14, true),
        ("*-3", RETRY_3, true),
        ("*-3", BISECT_13, false),
        ("*", S3_1, true),
        ("R*T*Y-*", RETRY_12, true),
        ("R*X*", RETRY_12, false),
        ("S?-1", S3_1, false),
        ("*3*3", RETRY_3, false),
        ("", RETRY_3, false),
    ] {
        assert_eq!(matches_glob(pattern, rule), covered, "{pattern} {rule}");
    }
}

#[test]
fn lookups_go_from_the_exact_to_the_similar() {
    let names = |text| -> Vec<String> {
        let name = |found| match found {
            Found::Requirement(r) => r.id.to_string(),
            Found::Ambiguity(a) => a.id.to_string(),
            Found::Term(t) => t.text.to_owned(),
        };
        lookup(text).into_iter().map(name).collect()
    };
    assert_eq!(names("retry-3"), ["RETRY-3"]);
    assert_eq!(names(" AMB-5 "), ["AMB-5"]);
    assert_eq!(names("METRIC-*"), ["METRIC-1", "METRIC-2"]);
    assert_eq!(names("*-33"), ["API-33", "AMB-33"]);
    assert_eq!(names("RecordAgeExceeded"), ["RecordAgeExceeded"]);
    assert_eq!(names("functionError  NULL"), ["functionError"]);
    assert_eq!(names("\"PROBLEM: Function call failed\""), ["PROBLEM: Function call failed"]);
    assert_eq!(names("batchsize"), ["BatchSize", "batchSize"]);
    assert_eq!(names("function call"), ["PROBLEM: Function call failed"]);
    for nothing in ["", "RETRY-99", "AMB-99", "zz-*", "no such word", "x"] {
        assert_eq!(names(nothing), Vec::<String>::new(), "{nothing:?}");
    }
}
