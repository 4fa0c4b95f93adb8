//! Function responses, by shape.

use super::*;
use crate::wire::response::Identifier::*;
use serde_json::json;

#[test]
fn the_recorded_shapes() {
    let items = |entries: &[Identifier]| Response::Items(entries.to_vec());
    let cases = [
        (json!(null), Response::Null),
        (json!(""), Response::EmptyString),
        (json!([]), Response::EmptyList),
        (json!({}), Response::EmptyObject),
        (json!({"batchItemFailures": null}), Response::ItemsNull),
        (json!({"batchItemFailures": []}), items(&[])),
        (json!({"batchItemFailures": [{"itemIdentifier": "49660"}]}), items(&[Sequence("49660".into())])),
        (json!({"batchItemFailures": [{"itemIdentifier": ""}]}), items(&[EmptyString])),
        (json!({"batchItemFailures": [{"itemIdentifier": null}]}), items(&[Null])),
        (json!({"batchItemFailures": [{"itemIdentifier": 123}]}), items(&[WrongType])),
        (json!({"batchItemFailures": [{"itemIdentifier": {}}]}), items(&[WrongType])),
        (json!({"batchItemFailures": [{"foo": 123}]}), items(&[Missing])),
        (
            json!({"batchItemFailures": [{"foo": null}, {}, "49660", null]}),
            items(&[Missing, Missing, Missing, Missing]),
        ),
        (json!({"batchItemFailures": [], "state": {"n": 1}}), items(&[])),
        (json!({"batchItemFailures": {}}), Response::ItemsOfWrongType),
        (json!({"batchItemFailures": "49660"}), Response::ItemsOfWrongType),
        (json!({"batchItemFailures": false}), Response::ItemsOfWrongType),
        (json!("ok"), Response::Unrecognised),
        (json!(0), Response::Unrecognised),
        (json!(false), Response::Unrecognised),
        (json!([{"itemIdentifier": "49660"}]), Response::Unrecognised),
        (json!({"statusCode": 200, "body": "ok"}), Response::Unrecognised),
        (json!({"batch_item_failures": []}), Response::Unrecognised),
        (json!({"BatchItemFailures": []}), Response::Unrecognised),
        (json!({"state": {}}), Response::Unrecognised),
    ];
    for (value, expected) in cases {
        let shape = read_response(&value);
        assert_eq!(shape, expected, "{value}");
        assert_eq!(read_response(&shape.to_value()), shape, "{value}");
        let text = serde_json::to_string(&shape).unwrap();
        assert_eq!(serde_json::from_str::<Response>(&text).unwrap(), shape);
    }
}
