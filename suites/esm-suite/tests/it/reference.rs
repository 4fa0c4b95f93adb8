//! Not too strict: every listed policy conforms on every case.

use esm_model::catalogue::Profile;
use esm_model::reference::{Policy, Remainder};
use esm_model::spec::Reading;
use esm_model::trace::{TraceRef, to_lines};
use esm_model::verdict::{Verdict, judge};
use esm_suite::sample;
use esmeralda::machine::MachineTarget;
use esmeralda::run::run_case;
use esmeralda::virtual_time::ready;
use std::collections::BTreeMap;
use std::rc::Rc;

fn env(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

pub(crate) fn run(
    case: &Rc<esm_model::case::Case>,
    policy: Policy,
    fault: Option<esm_model::reference::Fault>,
) -> Vec<esm_model::event::Event> {
    let setup = Rc::new(esm_model::setup::Setup::in_tree(case));
    let target = MachineTarget { name: String::new(), policy, fault, texts: false };
    ready(run_case(&target, case, Some(&setup), true, Vec::new())).unwrap()
}

#[test]
fn every_policy_conforms() {
    let mut groups: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let set = Policy::covering_set();
    let (mut widest, mut total, mut runs) = (0, 0, 0);
    for (name, policy) in &set {
        for index in 0..env("N", 200) {
            let case = Rc::new(sample::case(env("SEED", 1), index));
            case.validate().unwrap_or_else(|e| panic!("case {index}: {e}"));
            let setup = Rc::new(esm_model::setup::Setup::in_tree(&case));
            let target = MachineTarget::reference(*policy);
            let events = ready(run_case(&target, &case, Some(&setup), true, Vec::new())).unwrap();
            total += events.len();
            let trace = TraceRef { case: &case, setup: None, events: &events };
            for reading in [Reading::documented(), Reading::aws()] {
                if reading.profile == Profile::Aws && policy.remainder != Remainder::Whole {
                    continue;
                }
                runs += 1;
                let judged = judge(trace, &reading);
                if let Ok(j) = &judged {
                    widest = widest.max(j.widest);
                    if j.verdict == Verdict::Conforms && j.warnings.is_empty() {
                        continue;
                    }
                }
                let key = match &judged {
                    Ok(j) => match &j.verdict {
                        Verdict::Violates(v) => format!(
                            "{:?}",
                            v.iter()
                                .map(|v| v.blame.iter().map(|b| b.to_string()).collect::<Vec<_>>().join("|"))
                                .collect::<Vec<_>>()
                        ),
                        Verdict::Undecided(why) => why.clone(),
                        Verdict::Conforms => format!(
                            "warns {:?}",
                            j.warnings.iter().map(|w| w.rule.to_string()).collect::<Vec<_>>()
                        ),
                    },
                    Err(error) => error.to_string(),
                };
                let text = format!(
                    "{name} case {index} {:?}: {judged:?}\n{}",
                    reading.profile,
                    to_lines(&case, None, &events)
                );
                let entry = groups.entry(key).or_insert((0, text.clone()));
                entry.0 += 1;
                if text.len() < entry.1.len() {
                    entry.1 = text;
                }
            }
        }
    }
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, (_, text))| text.len());
    for (key, (count, text)) in groups.iter().take(env("SHOW", 2) as usize).rev() {
        eprintln!("=== {count} x {key}\n{text}");
    }
    for (key, (count, text)) in &groups {
        eprintln!("{count} x {key} (shortest {})", text.len());
    }
    eprintln!("policies {} runs {runs} widest {widest} events {total}", set.len());
    assert!(groups.is_empty());
}
