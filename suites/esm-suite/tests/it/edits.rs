//! Not too lax, blindly: good traces of the reference in which one invocation or one failure record is removed or
//! doubled are rejected, and what survives does so by something that the sources leave open.

mod survivor;

use crate::edit::{Edit, Said, edits};
use crate::support::{Run, sampled};
use esm_model::case::{Case, Function};
use esm_model::reference::Policy;
use esm_model::spec::Reading;
use esm_model::trace::TraceRef;
use esm_model::verdict::{Judgement, Verdict, judge};
use esmeralda::machine::MachineTarget;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::rc::Rc;
use survivor::why;

/// Cases for each policy.
const CASES: u64 = 250;
/// Longer traces are not edited: they are the same over and over.
const LONGEST: usize = 60;
/// At least so many of a thousand edits are rejected. Most of the others are calls for records that may as well have
/// grown too old unseen, because there is no destination, or it refused.
const REJECTED: usize = 940;

/// How many edits were tried and rejected, and what survived.
#[derive(Default)]
struct Tally {
    tried: BTreeMap<(&'static str, Edit), usize>,
    rejected: BTreeMap<(&'static str, Edit), usize>,
    /// Tried and rejected, of traces that end while something is to come or whose tries have no limit (RETRY-11), and
    /// of the others.
    open: (usize, usize),
    closed: (usize, usize),
    /// By edit and reason: how many, and the smallest.
    survivors: BTreeMap<(Edit, String), (usize, usize, String)>,
}

impl Tally {
    /// One edited trace, whose original took what it took.
    fn add(
        &mut self,
        script: &'static str,
        (edit, place): (Edit, usize),
        original: &Original<'_>,
        edited: TraceRef<'_>,
    ) {
        let (tried, rejected) = if original.open || unlimited(&original.run.case) {
            (&mut self.open.0, &mut self.open.1)
        } else {
            (&mut self.closed.0, &mut self.closed.1)
        };
        *tried += 1;
        *self.tried.entry((script, edit)).or_default() += 1;
        let judged = judge(edited, &Reading::aws());
        if said(&judged).rejects() {
            *rejected += 1;
            *self.rejected.entry((script, edit)).or_default() += 1;
            return;
        }
        let took = judged.as_ref().map_or(0, |judged| judged.took & !original.judged.took);
        let open = if original.open { "left open at the end" } else { "complete" };
        let reason = format!("{open}: {}", why(original.run.trace(), edited, edit, place, took));
        let text = || {
            let before = esm_model::trace::to_lines(edited.case, None, &original.run.events);
            let after = esm_model::trace::to_lines(edited.case, None, edited.events);
            format!("case {}, {}\n{before}edited:\n{after}", original.index, original.policy)
        };
        let entry = self.survivors.entry((edit, reason)).or_insert_with(|| (0, usize::MAX, String::new()));
        entry.0 += 1;
        if edited.events.len() < entry.1 {
            (entry.1, entry.2) = (edited.events.len(), text());
        }
    }
}

/// What is edited.
struct Original<'a> {
    run: &'a Run,
    judged: &'a Judgement,
    index: u64,
    policy: &'static str,
    /// Whether something is still to come when it ends.
    open: bool,
}

/// Whether a batch may be tried any number of times.
fn unlimited(case: &Case) -> bool {
    case.mappings.iter().any(|mapping| mapping.settings.maximum_retry_attempts.is_none())
}

fn said<E>(judged: &Result<Judgement, E>) -> Said {
    match judged.as_ref().map(|judged| &judged.verdict) {
        Err(_) => Said::NotATrace,
        Ok(Verdict::Violates(_)) => Said::Violates,
        Ok(Verdict::Undecided(_)) => Said::Undecided,
        Ok(Verdict::Conforms) => Said::Conforms,
    }
}

/// All edits of the runs of a policy, with the function known and unknown.
fn check(policy: &'static str, tally: &mut Tally) {
    let target = MachineTarget::reference(Policy::parse(policy).expect("a policy"));
    for index in 0..CASES {
        // Without looks at the mapping, whose last result would give a missing invocation away.
        let run = Run::quick(&target, sampled(31, index), Vec::new());
        if run.events.len() > LONGEST {
            continue;
        }
        let judged = run.judge(&Reading::aws()).expect("a trace");
        assert_eq!(judged.verdict, Verdict::Conforms, "case {index}");
        let open = survivor::open(run.trace());
        let original = Original { run: &run, judged: &judged, index, policy, open };
        let foreign = Case {
            function: Function { foreign: true, ..run.case.function.clone() },
            ..Case::clone(&run.case)
        };
        let foreign = Rc::new(foreign);
        for (edit, place, events) in edits(&run.events) {
            for (script, case) in [("known", &run.case), ("foreign", &foreign)] {
                tally.add(script, (edit, place), &original, TraceRef { case, setup: None, events: &events });
            }
        }
    }
}

#[test]
fn edited_traces_die() {
    let mut tally = Tally::default();
    check("aws", &mut tally);
    check("plain", &mut tally);
    for ((script, edit), tried) in &tally.tried {
        let rejected = tally.rejected.get(&(*script, *edit)).copied().unwrap_or(0);
        println!("function {script}, {}: {rejected} of {tried} rejected", edit.text());
    }
    let mut text = String::new();
    for ((edit, reason), (count, _, smallest)) in &tally.survivors {
        writeln!(text, "{}: {reason}", edit.text()).unwrap();
        println!("=== {count} x {}: {reason}; the smallest: {smallest}", edit.text());
    }
    let (tried, rejected) = tally.closed;
    println!(
        "{rejected} of {tried} edits rejected; where more was to come or tries have no limit {} of {}",
        tally.open.1, tally.open.0
    );
    assert!(rejected * 1_000 >= tried * REJECTED, "{rejected} of {tried} edits rejected");
    esm_snapshots::settings("checker").bind(|| insta::assert_snapshot!("edits", text));
    assert!(!text.contains("unexplained"), "{text}");
}
