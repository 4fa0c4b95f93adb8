//! What a case will cost a target that keeps the harness waiting: how long it lasts in virtual time.
//!
//! The reference runs it in microseconds. The number orders and bounds work; no verdict depends on it.

use crate::machine::MachineTarget;
use crate::run::run_case;
use crate::virtual_time::ready;
use esm_model::case::Case;
use esm_model::event::Event;
use esm_model::reference::Policy;
use esm_model::when::Ms;
use std::rc::Rc;

/// Until when something happens to the reference in this case, in milliseconds of virtual time. Its horizon, if the
/// reference cannot run it.
pub fn lasts(case: &Case) -> Ms {
    let target = MachineTarget::reference(Policy::AWS);
    let ran = ready(run_case(&target, &Rc::new(case.clone()), None, false, Vec::new()));
    let ended = ran.ok().and_then(|ran| ran.events.last().map(Event::at));
    ended.map_or(case.horizon_ms, |at| at.latest)
}
