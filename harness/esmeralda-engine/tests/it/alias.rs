//! An upstream that knows a function's alias only where the whole function is asked for.

use crate::support::{Client, config, serve};
use esmeralda_wire::http::{Answer, BODY_LIMIT, Request};
use esmeralda_wire::server::{answer, connections};
use esmeralda_wire::world::World;
use esmeralda_wire::{Config, Double};
use serde_json::json;

fn forgetful() -> Double {
    let serving = |listener| {
        let world = World::new(Config::default());
        connections(listener, move |request| {
            let world = world.clone();
            async move {
                let request = Request::read(request, BODY_LIMIT).await.expect("a request");
                let asks = request.path.ends_with("/configuration") && request.query("Qualifier").is_some();
                let answer = if asks { Answer::empty(404) } else { answer(&world, &request).await };
                answer.into_response(false, || world.ids.uuid())
            }
        })
    };
    Double::serving(([127, 0, 0, 1], 0).into(), serving).expect("loopback can be bound")
}

#[test]
fn a_mapping_may_name_it_all_the_same() {
    let double = forgetful();
    let engine = serve(config(&double.url()));
    let client = Client::new(engine.url());
    let stream = client.stream("s", 1);
    client.function("orders", "http://127.0.0.1:1/", 3);
    client.rest("POST", "/2015-03-31/functions/orders/versions", json!({}));
    let alias = json!({"Name": "live", "FunctionVersion": "1"});
    client.rest("POST", "/2015-03-31/functions/orders/aliases", alias);
    let made = client.rest(
        "POST",
        "/2015-03-31/event-source-mappings/",
        json!({"EventSourceArn": stream, "FunctionName": "orders:live", "StartingPosition": "TRIM_HORIZON"}),
    );
    let arn = made["FunctionArn"].as_str().unwrap_or_default();
    assert!(made["State"] == "Creating" && arn.ends_with(":orders:live"), "{made}");
}
