//! Not too lax: every mutant is killed, with the rule that it breaks in the blame.

use crate::reference::run;
use esm_model::reference::{MUTANTS, Policy};
use esm_model::spec::Reading;
use esm_model::trace::TraceRef;
use esm_model::verdict::{Verdict, judge};
use esm_suite::sample;
use std::rc::Rc;

#[test]
fn matrix() {
    let reading = Reading::aws();
    let mut alive = Vec::new();
    for mutant in MUTANTS {
        let mut first = None;
        let mut right = None;
        let mut wrong: std::collections::BTreeMap<String, usize> = Default::default();
        for index in 0..1000 {
            let case = Rc::new(sample::case(3, index));
            let setup = Rc::new(esm_model::setup::Setup::in_tree(&case));
            let target = esmeralda::machine::MachineTarget::mutant(mutant.fault);
            let events = esmeralda::virtual_time::ready(esmeralda::run::run_case(
                &target,
                &case,
                Some(&setup),
                true,
                Vec::new(),
            ))
            .unwrap();
            let texts = target.texts;
            let trace = TraceRef { case: &case, setup: texts.then_some(&*setup), events: &events };
            let j = match judge(trace, &reading) {
                Ok(j) => j,
                Err(e) => {
                    *wrong.entry(e.to_string()).or_default() += 1;
                    continue;
                }
            };
            let blames: Vec<_> = match &j.verdict {
                Verdict::Violates(v) => v.iter().flat_map(|v| v.blame.clone()).collect(),
                Verdict::Undecided(u) => {
                    *wrong.entry(u.clone()).or_default() += 1;
                    vec![]
                }
                _ => vec![],
            };
            let warned = j.warnings.iter().any(|w| w.rule == mutant.rule);
            if blames.is_empty() && !warned {
                continue;
            }
            first.get_or_insert(index);
            if blames.contains(&mutant.rule) || warned {
                right.get_or_insert(index);
            } else {
                *wrong
                    .entry(format!("{:?}", blames.iter().map(|b| b.to_string()).collect::<Vec<_>>()))
                    .or_default() += 1;
            }
            if right.is_some() && index > 150 {
                break;
            }
        }
        let w: Vec<_> = {
            let mut w: Vec<_> = wrong.into_iter().collect();
            w.sort_by_key(|x| std::cmp::Reverse(x.1));
            w.into_iter().take(3).collect()
        };
        if right.is_none() || !w.is_empty() {
            eprintln!(
                "{:30} {:10} first {:?} right {:?} wrong {:?}",
                mutant.name,
                mutant.rule.to_string(),
                first,
                right,
                w
            );
        }
        if right.is_none() {
            alive.push(mutant.name);
        }
    }
    eprintln!("{} mutants, alive {}: {alive:?}", MUTANTS.len(), alive.len());
    let _ = run(&Rc::new(sample::case(1, 1)), Policy::AWS, None);
    assert!(alive.is_empty());
}
