//! The first jumps: what the violation itself says is not needed. One or two runs remove most of a case.

use super::Wanted;
use crate::outcome::{Outcome, Trial};
use esm_model::case::Case;
use esm_model::event::Event;
use esm_model::label::Label;

/// Cases without what came after the violation, or beside it; the boldest last, each from the one before it.
pub(super) fn jumps(trial: &Trial, wanted: &Wanted) -> Vec<Case> {
    let Outcome::Judged(judgement) = &trial.outcome else { return Vec::new() };
    let Some(violation) = wanted.violation(judgement) else { return Vec::new() };
    let seen = &trial.events[..trial.events.len().min(violation.event + 1)];
    let reached = reached(&trial.case, seen);
    let mut jumps = vec![reached.clone()];
    if let Some((_, shard)) = violation.lane
        && reached.shards > 1
    {
        let mut lane = reached;
        lane.records.retain(|record| record.shard == shard);
        lane.records.iter_mut().for_each(|record| record.shard = 0);
        lane.shards = 1;
        jumps.push(lane);
    }
    jumps.retain(|case| *case != trial.case && case.validate().is_ok());
    jumps
}

/// The case with nothing in it that was not put or done up to here.
fn reached(case: &Case, seen: &[Event]) -> Case {
    let mut case = case.clone();
    let (mut records, mut steps) = (0, 0);
    for event in seen {
        match event {
            Event::Put { records: bound, .. } => {
                let last = bound.iter().filter_map(|bound| Label::index(bound.label)).max();
                records = records.max(last.map_or(0, |index| index + 1));
            }
            Event::Acted { step, .. } => steps = steps.max(usize::from(*step) + 1),
            _ => {}
        }
    }
    case.records.truncate(records);
    case.actions.truncate(steps);
    case
}
