//! What a run tries: scenarios, regressions and generated cases, as the core takes them.

use esm_model::case::Case;
use esm_suite::sample;
use esmeralda::campaign::Named;

/// Hand-written cases.
pub(crate) fn scenarios() -> Vec<Named> {
    let scenarios = esm_suite::scenario::all().into_iter();
    scenarios.map(|scenario| Named { name: scenario.id.to_owned(), case: scenario.case }).collect()
}

/// Cases that once failed.
pub(crate) fn regressions() -> Vec<Named> {
    let named = |(name, case): (&str, Case)| Named { name: name.to_owned(), case };
    esm_suite::regression::all().map(named).collect()
}

/// The generated cases of a seed. `wire` asks for cases that are soon over where time passes by itself.
pub(crate) fn generated(seed: u64, wire: bool) -> impl Fn(u64) -> Case + Sync {
    move |index| if wire { sample::wire::case(seed, index) } else { sample::case(seed, index) }
}
