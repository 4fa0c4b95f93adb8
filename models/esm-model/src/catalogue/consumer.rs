//! The section CONS: what the function behind a mapping must do, so that no record is lost and no effect is doubled.
//!
//! These rules are about somebody's function and not about an implementation: `esmeralda consumer` judges them, and no
//! trace of a target ever exercises them. What an answer leads to is in [`super::partial`] and [`super::retry`].

use super::requirements;
use super::types::{Certainty, Kind, Status};

requirements! { RULES: Cons;
    CONS_1 (1) Kind::Consumer, Certainty::Derived, Status::Checked;
        says: "Where failures are reported, the function returns only values whose meaning is stated: a \
            batchItemFailures list, or one of the empty values.";
        source: "AWS Lambda developer guide, services-kinesis-batchfailurereporting, on success and failure \
            conditions; what other values mean is open (AMB-14)";
        observed: "the text that the function returns";
    CONS_2 (2) Kind::Consumer, Certainty::Documented, Status::Checked;
        says: "Every reported item identifier is the sequence number of a record of the batch that was delivered.";
        source: "AWS Lambda developer guide, services-kinesis-batchfailurereporting; recorded on AWS by LocalStack, \
            Kinesis suite, test_kinesis_report_batch_item_failure_scenarios (PBR-3)";
        observed: "itemIdentifier of each entry, held against the event";
    CONS_3 (3) Kind::Consumer, Certainty::Derived, Status::Checked;
        says: "A batch of nothing but good records succeeds: it is not reported, raises nothing and does not die.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis: a batch that fails is tried again until it \
            succeeds or its records expire (RETRY-2)";
        observed: "the answer to a batch without a bad record";
    CONS_4 (4) Kind::Consumer, Certainty::Documented, Status::Checked;
        says: "The lowest of the reported sequence numbers is that of the first bad record of the batch.";
        source: "AWS Lambda developer guide, services-kinesis-batchfailurereporting: the lowest sequence number is \
            the checkpoint (PBR-4)";
        observed: "the reported identifiers, held against the batch";
    CONS_5 (5) Kind::Consumer, Certainty::Derived, Status::Checked;
        says: "No bad record passes in silence: it is reported, or set aside where its owner says so.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis: a batch that succeeds is never delivered \
            again; services-kinesis-batchfailurereporting";
        observed: "the answer to a batch with a bad record, and the effects of the call";
    CONS_6 (6) Kind::Consumer, Certainty::Documented, Status::Checked;
        says: "A function reports failures in its response only if its mapping has ReportBatchItemFailures.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis; captured on AWS, radkawar/stackd \
            kinesis_source.json partial_off (PBR-1)";
        observed: "a batchItemFailures list that is not empty, and FunctionResponseTypes of the mapping";
    CONS_7 (7) Kind::Consumer, Certainty::AwsValidated, Status::Checked;
        says: "Where failures are reported, the function does not end in an error over a bad record when good ones \
            stand in front of it.";
        source: "recorded on AWS by LocalStack, Kinesis suite, unhandled_exception_in_function (PBR-9); AWS Lambda \
            developer guide, services-kinesis-batchfailurereporting";
        observed: "an error, a time-out or the end of the process over a batch whose first record is good";
    CONS_8 (8) Kind::Consumer, Certainty::Derived, Status::Checked;
        says: "Every good record that Lambda takes as done has left its effect.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis: what succeeded is never delivered again \
            (PBR-6, ORDER-8)";
        observed: "effects by record, after the records are done and were not discarded";
    CONS_9 (9) Kind::Consumer, Certainty::Documented, Status::Checked;
        says: "A record that is delivered more than once leaves its effect once.";
        source: "AWS Lambda developer guide, with-kinesis and services-kinesis-batchfailurereporting: events are \
            processed at least once, and functions have to be idempotent (ORDER-4, RETRY-4)";
        observed: "effects by record over all deliveries";
    CONS_10 (10) Kind::Consumer, Certainty::Derived, Status::Checked;
        says: "Effects of the good records of one partition key come in the order of their sequence numbers.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis: records of a partition key are delivered in \
            order (ORDER-1, ORDER-3)";
        observed: "the first effect of each record";
    CONS_11 (11) Kind::Consumer, Certainty::Derived, Status::Checked;
        says: "A full batch of good records is done within the function's timeout.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis: a function that times out fails its whole \
            batch (RETRY-6)";
        observed: "a time-out over a batch without a bad record";
    CONS_12 (12) Kind::Consumer, Certainty::Derived, Status::Checked;
        says: "No good record is discarded because it shares a batch with a bad one.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination and services-kinesis-parameters: what is \
            discarded is the whole batch in hand (RETRY-7, PBR-8)";
        observed: "the records that a discard covers";
}
