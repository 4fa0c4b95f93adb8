//! What a session was about to make when it was stopped is removed as well.

use crate::double::{BOUNDS, address, journals, right};
use esm_model::spec::Reading;
use esm_suite::tour::{DESTINATIONS, discard};
use esmeralda::bench::Bench;
use esmeralda::outcome::try_case_until;
use esmeralda::stop::Stop;
use esmeralda_endpoint::bench::EndpointBench;
use esmeralda_wire::Double;
use esmeralda_wire::client::post;
use esmeralda_wire::http::{BODY_LIMIT, Request};
use esmeralda_wire::server::{answer, connections};
use esmeralda_wire::world::World;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex};

/// An endpoint that tells `stop` while it creates a mapping, and says that it is created only once the session listens to
/// its function no more. What becomes of mappings and streams is noted.
fn tardy(stop: &Stop, noted: &Arc<Mutex<Vec<&'static str>>>) -> Double {
    let (stop, noted) = (stop.clone(), noted.clone());
    let serving = move |listener| {
        let world = World::new(right());
        let callback = Rc::new(RefCell::new(String::new()));
        connections(listener, move |request| {
            let (world, callback) = (world.clone(), callback.clone());
            let (stop, noted) = (stop.clone(), noted.clone());
            async move {
                let request = Request::read(request, BODY_LIMIT).await.expect("a request");
                let answer = answer(&world, &request).await;
                let url = request.json().ok();
                let url = url.and_then(|body| {
                    Some(body["Environment"]["Variables"]["ESMERALDA_CALLBACK"].as_str()?.to_owned())
                });
                callback.borrow_mut().extend(url);
                let is_of_mappings = request.path.contains("/event-source-mappings");
                let note = |what: &'static str| noted.lock().expect("nobody panics here").push(what);
                match request.header("x-amz-target") {
                    None if is_of_mappings && request.method == "POST" => {
                        note("mapping made");
                        stop.tell();
                        let url = callback.borrow().clone();
                        // Ends: a session that was told to stop closes.
                        while post(&url, &[], b"{}".as_slice().into()).await.expect("an answer").0 != 404 {}
                    }
                    None if is_of_mappings && request.method == "DELETE" => note("mapping gone"),
                    Some("Kinesis_20131202.DeleteStream") => note("stream gone"),
                    _ => {}
                }
                answer.into_response(false, || world.ids.uuid())
            }
        })
    };
    Double::serving("127.0.0.1:0".parse().expect("an address"), serving).expect("loopback can be bound")
}

#[test]
fn a_mapping_whose_creation_is_interrupted_is_removed() {
    let (stop, noted) = (Stop::default(), Arc::default());
    let double = tardy(&stop, &noted);
    let address = address("interrupted", &double.url(), BOUNDS, "");
    let bench = EndpointBench::with_journals(address, &journals("interrupted"));
    let case = discard("kinesis", DESTINATIONS[0]);
    let ran = bench.wait(try_case_until(&bench.target(true), case, &Reading::documented(), &stop));
    assert_eq!(ran, None, "it was stopped");
    drop(bench);
    // By the session itself: whoever tidies up behind it may find nothing of the mapping written down.
    let noted = noted.lock().expect("nobody panics here").clone();
    assert_eq!(noted, ["mapping made", "mapping gone", "stream gone"]);
}
