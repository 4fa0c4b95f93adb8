//! Cases that go once around: each source and destination, each way to fail, each step of a timeline.
//!
//! For tests of what carries a case to an implementation and back: they are short in wall time, and where they conform
//! nothing was left behind on the way. Not for finding bugs: that is the sampler's.

use esm_model::case::Case;

/// Where a case may come from.
pub const SOURCES: [&str; 2] = ["kinesis", "dynamodb"];

/// Where its failure record may go.
pub const DESTINATIONS: [&str; 3] = [
    "arn:aws:sqs:eu-west-1:123456789012:failures",
    "arn:aws:sns:eu-west-1:123456789012:failures",
    "arn:aws:s3:::failures",
];

/// What a trace of [`every_step`] shows somewhere, as text, if each step got through.
pub const SHOWN: [&str; 6] =
    ["\"crashed\"", "\"timed-out\"", "\"unrecognised\"", "\"items\"", "\"Disabled\"", "\"quiet\""];

/// A batch that is split, and a record of it that is given up.
pub fn discard(source: &str, destination: &str) -> Case {
    read(&format!(
        r#"{{"format":1,"source":"{source}","mappings":[{{"qualifier":"live","settings":{{"StartingPosition":
        "TRIM_HORIZON","BatchSize":3,"MaximumRetryAttempts":1,"BisectBatchOnFunctionError":true,"DestinationConfig":
        {{"OnFailure":{{"Destination":"{destination}"}}}}}}}}],"records":[{{"at":0}},{{"at":0,"behaviour":{{"how":"raise"}}}},
        {{"at":0}},{{"at":300}}],"closing_at":1000,"horizon_ms":9000}}"#
    ))
}

/// Two shards, each way to fail, and each step that a timeline may have.
pub fn every_step() -> Case {
    read(
        r#"{"format":1,"shards":2,"function":{"timeout_ms":1000},"mappings":[{"settings":{"StartingPosition":
        "TRIM_HORIZON","BatchSize":1,"MaximumRetryAttempts":0,"FunctionResponseTypes":["ReportBatchItemFailures"],
        "DestinationConfig":{"OnFailure":{"Destination":"arn:aws:sqs:eu-west-1:123456789012:failures"}}}}],"records":[
        {"at":0,"behaviour":{"how":"crash"}},{"at":0,"shard":1,"behaviour":{"how":"time-out"}},
        {"at":0,"behaviour":{"how":"return-text"}},{"at":0,"shard":1,"behaviour":{"how":"report"}}],"actions":[
        {"at":2500,"action":{"throttle":{"mapping":0,"for_ms":500}}},{"at":3500,"action":{"disable":{"mapping":0}}},
        {"at":5500,"action":{"enable":{"mapping":0}}},{"at":7500,"action":{"update":{"mapping":0,"set":{"BatchSize":5}}}}],
        "closing_at":8000,"horizon_ms":20000}"#,
    )
}

fn read(json: &str) -> Case {
    Case::from_json(json).expect("it is a case")
}
