//! Prints one run, for debugging.
use super::reference::*;
#[test]
fn one() {
    let index: u64 = std::env::var("CASE").ok().and_then(|n| n.parse().ok()).unwrap_or(0);
    let policy =
        esm_model::reference::Policy::parse(&std::env::var("POLICY").unwrap_or("aws".into())).unwrap();
    let case = std::rc::Rc::new(esm_suite::sample::case(1, index));
    let events = run(&case, policy, None);
    let trace = esm_model::trace::TraceRef { case: &case, setup: None, events: &events };
    eprintln!("{}", esm_model::trace::to_lines(&case, None, &events));
    let reading = if std::env::var("AWS").is_ok() {
        esm_model::spec::Reading::aws()
    } else {
        esm_model::spec::Reading::documented()
    };
    eprintln!("{:?}", esm_model::verdict::judge(trace, &reading));
}
