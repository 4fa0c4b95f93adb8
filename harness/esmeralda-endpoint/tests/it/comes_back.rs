//! A mapping that comes back after it was deleted, because something was still under way, is deleted again.

use crate::double::{BOUNDS, address, journals, right};
use esm_model::spec::Reading;
use esm_suite::tour::{DESTINATIONS, discard};
use esmeralda::bench::Bench;
use esmeralda::outcome::{Outcome, attempt};
use esmeralda_endpoint::bench::EndpointBench;
use esmeralda_endpoint::journal::left;
use esmeralda_wire::Double;
use esmeralda_wire::http::{BODY_LIMIT, Request};
use esmeralda_wire::server::{answer, connections};
use esmeralda_wire::world::World;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// An endpoint that takes so many deletions of mappings and forgets them. All of them are counted.
fn forgetful(forgets: usize, deletions: &Arc<AtomicUsize>) -> Double {
    let deletions = deletions.clone();
    let serving = move |listener| {
        let world = World::new(right());
        connections(listener, move |request| {
            let (world, deletions) = (world.clone(), deletions.clone());
            async move {
                let mut request = Request::read(request, BODY_LIMIT).await.expect("a request");
                let deletes = request.path.contains("/event-source-mappings") && request.method == "DELETE";
                if deletes && deletions.fetch_add(1, Ordering::Relaxed) < forgets {
                    request.method = "GET".parse().expect("a method");
                }
                answer(&world, &request).await.into_response(false, || world.ids.uuid())
            }
        })
    };
    Double::serving("127.0.0.1:0".parse().expect("an address"), serving).expect("loopback can be bound")
}

/// How often the mapping of a session is deleted, and how much of the session is left.
#[track_caller]
fn check(test: &str, forgets: usize, wanted: (usize, usize)) {
    let deletions = Arc::default();
    let double = forgetful(forgets, &deletions);
    let address = address(test, &double.url(), BOUNDS, "");
    let bench = EndpointBench::with_journals(address, &journals(test));
    let case = discard("kinesis", DESTINATIONS[0]);
    let ran = attempt(&bench, &mut bench.target(true), || case.clone(), &Reading::documented(), Vec::new());
    assert!(matches!(ran.outcome, Outcome::Judged(_)), "{:?}", ran.outcome);
    let deleted = deletions.load(Ordering::Relaxed);
    drop(bench);
    let left = left(&journals(test)).expect("journals can be read");
    assert_eq!((deleted, left.iter().map(|left| left.there.len()).sum()), wanted);
    left.iter().for_each(|left| std::fs::remove_file(&left.path).expect("it can be removed"));
}

#[test]
fn a_mapping_that_is_gone_is_deleted_once() {
    check("gone-at-once", 0, (1, 0));
}

#[test]
fn one_that_comes_back_is_deleted_again() {
    check("comes-back", 1, (2, 0));
}

#[test]
fn one_that_comes_back_for_ever_stays_in_the_journal() {
    check("comes-back-for-ever", usize::MAX, (8, 1));
}
