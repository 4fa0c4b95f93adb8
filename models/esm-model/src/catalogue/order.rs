//! The section ORDER: order, concurrency and the guarantee of delivery.
//!
//! Order within one failed batch that is being split is in [`super::bisect`]; what a batch is, in
//! [`super::batch`].

use super::requirements;
use super::types::{Certainty, Kind, Status};

const FACTOR: &str = "ParallelizationFactor above 1 is not modelled yet";
const RESHARDING: &str = "resharding is not modelled yet";

requirements! { RULES: Order;
    ORDER_1 (1) Kind::Prohibition, Certainty::Documented, Status::Checked;
        says: "In a shard with ParallelizationFactor 1 invocations do not overlap, and records are \
            delivered for the first time in the order of their sequence numbers.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis; recorded on AWS by LocalStack, \
            Kinesis suite, test_kinesis_event_source_mapping_with_async_invocation";
        observed: "the intervals of the invocations of a shard, and its first deliveries";
    ORDER_2 (2) Kind::Prohibition, Certainty::Documented, Status::Checked;
        says: "As long as a batch is unresolved no later record of its shard is delivered, while other \
            shards go on.";
        source: "AWS Lambda developer guide (2023-10-30), invocation-eventsourcemapping; AWS Lambda \
            developer guide (2023-10-30), with-kinesis";
        observed: "invocations between the first and the last attempt at a batch";
    ORDER_3 (3) Kind::Prohibition, Certainty::Documented, Status::Later(FACTOR);
        says: "With ParallelizationFactor n up to n batches of a shard are in flight, and order holds \
            among the records of one partition key.";
        source: "AWS Lambda developer guide (2023-10-30), invocation-eventsourcemapping; AWS Lambda \
            developer guide (2023-10-30), with-kinesis";
        observed: "the invocations, projected onto a partition key";
    ORDER_4 (4) Kind::Permission, Certainty::Documented, Status::Checked;
        says: "Delivery is at least once, so a record may rarely be delivered again although it was \
            processed.";
        source: "AWS Lambda developer guide (2023-10-30), invocation-eventsourcemapping";
        observed: "deliveries of records at or behind the checkpoint";
    ORDER_5 (5) Kind::Restates(ORDER_1), Certainty::Documented, Status::Checked;
        says: "Only the first delivery of a record is certain to be in order, and processing it again may \
            not be.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis";
        observed: "the sequence of first deliveries";
    ORDER_6 (6) Kind::Obligation, Certainty::AwsValidated, Status::Checked;
        says: "Mappings on one stream are independent, each with its own position and its own failures.";
        source: "recorded on AWS by LocalStack, Kinesis suite, \
            test_create_kinesis_event_source_mapping_multiple_lambdas_single_kinesis_event_stream";
        observed: "each function receives every record once";
    ORDER_7 (7) Kind::Prohibition, Certainty::AwsCaptured, Status::Later(RESHARDING);
        says: "A child shard is not read before its parents are drained, and the children of one split are \
            read concurrently.";
        source: "captured on AWS, radkawar/stackd kinesis_reshard.json";
        observed: "the order of the shards in the invocations";
    ORDER_8 (8) Kind::Obligation, Certainty::Derived, Status::Checked;
        says: "Every record that was read and matches the filters ends in a successful invocation or in a \
            discard, unless the source's retention runs out.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination; AWS Lambda developer guide \
            (2023-10-30), with-kinesis";
        observed: "the records covered by successful invocations and by failure records together";
}
