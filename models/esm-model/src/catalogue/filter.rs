//! The section FILTER: which records a mapping keeps.
//!
//! The admission of patterns is in [`super::api`] and [`super::param`]. Nothing in this section is checked
//! yet.

use super::requirements;
use super::types::{Certainty, Kind, Status};

const FILTERS: &str = "filters are not modelled yet";

requirements! { RULES: Filter;
    FILTER_1 (1) Kind::Prohibition, Certainty::Documented, Status::Later(FILTERS);
        says: "A record that matches none of the filters is dropped without an invocation, a retry or a \
            failure record.";
        source: "AWS Lambda developer guide (2023-10-30), invocation-eventfiltering; AWS Lambda developer \
            guide, monitoring-metrics-types; recorded on AWS by LocalStack, Kinesis suite, \
            test_kinesis_event_filtering_json_pattern";
        observed: "no invocation and no failure record contains it";
    FILTER_2 (2) Kind::Obligation, Certainty::Documented, Status::Later(FILTERS);
        says: "Filters act while a batch is being formed, so that BatchSize counts the records that were \
            kept, and a dropped record still advances the position.";
        source: "AWS Lambda developer guide (2023-10-30), invocation-eventfiltering; captured on AWS, \
            radkawar/stackd dynamodb_source.json filter";
        observed: "the sizes of the batches";
    FILTER_3 (3) Kind::Obligation, Certainty::Documented, Status::Later(FILTERS);
        says: "A Kinesis record is matched by its decoded data, and by the older text also by its \
            metadata.";
        source: "AWS Lambda developer guide (2023-10-30), invocation-eventfiltering";
        observed: "which records are delivered";
    FILTER_4 (4) Kind::Obligation, Certainty::Documented, Status::Later(FILTERS);
        says: "Where pattern and data are of different forms, one JSON and the other not, the record is \
            dropped.";
        source: "AWS Lambda developer guide (2023-10-30), invocation-eventfiltering";
        observed: "which records are delivered";
    FILTER_5 (5) Kind::Prohibition, Certainty::AwsValidated, Status::Later(FILTERS);
        says: "Filtering does not rewrite the record, whose data is delivered in base64 as ever.";
        source: "recorded on AWS by LocalStack, Kinesis suite, test_kinesis_event_filtering_json_pattern";
        observed: "the delivered data";
    FILTER_6 (6) Kind::Obligation, Certainty::Documented, Status::Later(FILTERS);
        says: "Of two equal keys in a pattern the last one counts, and numbers match by the way they are \
            written.";
        source: "AWS Lambda developer guide (2023-10-30), invocation-eventfiltering";
        observed: "which records are delivered";
    FILTER_7 (7) Kind::Obligation, Certainty::AwsValidated, Status::Later(FILTERS);
        says: "For DynamoDB exists looks at leaves only, and numeric comparison never matches a number \
            attribute, because it is written as text.";
        source: "recorded on AWS by LocalStack, DynamoDB suite, test_dynamodb_event_filter";
        observed: "which records are delivered";
}
