//! The sections WINDOW and METRIC: tumbling windows, and what is counted.
//!
//! Nothing in these sections is checked yet. What the two settings exclude is in [`super::param`].

use super::requirements;
use super::types::{Certainty, Kind, Status};

const WINDOWS: &str = "tumbling windows are not modelled yet";
const METRICS: &str = "metrics are not observed yet, and most targets have none";

requirements! { RULES: Window;
    WINDOW_1 (1) Kind::Obligation, Certainty::Documented, Status::Later(WINDOWS);
        says: "The event of a windowed mapping says, next to the records, which window and shard it \
            belongs to, which state came before, and whether the window ends.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis; captured on AWS, radkawar/stackd \
            dynamodb_source.json tumbling";
        observed: "the members of the event";
    WINDOW_2 (2) Kind::Obligation, Certainty::Documented, Status::Later(WINDOWS);
        says: "Windows are aligned to the epoch, written in UTC without fractions, and a record belongs to \
            one by its arrival time.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis; captured on AWS, radkawar/stackd \
            dynamodb_source.json tumbling";
        observed: "window.start and window.end";
    WINDOW_3 (3) Kind::Obligation, Certainty::Documented, Status::Later(WINDOWS);
        says: "A window starts with an empty state, hands the state of each success on to the next \
            invocation, and forgets it at the end.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis; captured on AWS, radkawar/stackd \
            dynamodb_source.json tumbling";
        observed: "the state in successive events";
    WINDOW_4 (4) Kind::Obligation, Certainty::Documented, Status::Later(WINDOWS);
        says: "In a windowed mapping a response without state is a failed invocation.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis";
        observed: "the invocation that follows";
    WINDOW_5 (5) Kind::Prohibition, Certainty::Derived, Status::Later(WINDOWS);
        says: "A failed invocation does not change the state that its retry is given.";
        source: "follows from WINDOW-3, because only a success replaces the state";
        observed: "the state in the events of successive attempts";
    WINDOW_6 (6) Kind::Obligation, Certainty::Documented, Status::Later(WINDOWS);
        says: "A window is closed by an additional invocation without records, once a later record or a \
            time of idleness shows that it is over.";
        source: "AWS Lambda developer guide, services-kinesis-windows; captured on AWS, radkawar/stackd \
            dynamodb_source.json tumbling";
        observed: "the final invocation of each window";
    WINDOW_7 (7) Kind::Obligation, Certainty::Documented, Status::Later(WINDOWS);
        says: "State of more than 1 MB ends its window early, with an invocation without records that \
            carries the whole state.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis; captured on AWS, radkawar/stackd \
            dynamodb_windows.json oversized";
        observed: "isWindowTerminatedEarly, and the state afterwards";
    WINDOW_8 (8) Kind::Obligation, Certainty::Ambiguous, Status::Later(WINDOWS);
        says: "A final invocation that fails suspends its shard until it succeeds, unless the quota of \
            attempts ends it first.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis; captured on AWS, radkawar/stackd \
            dynamodb_windows.json final_failure, which contradicts the documents";
        observed: "the invocations after a failed final one";
    WINDOW_9 (9) Kind::Obligation, Certainty::AwsCaptured, Status::Later(WINDOWS);
        says: "The failure record of a final invocation has timeWindowInfo, and of the batch information \
            only shard and stream.";
        source: "captured on AWS, radkawar/stackd dynamodb_windows.json final_failure";
        observed: "the members of the failure record";
    WINDOW_10 (10) Kind::Obligation, Certainty::Documented, Status::Later(WINDOWS);
        says: "The end of a shard closes its window, and the limits of attempts and age hold in windows as \
            elsewhere.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis";
        observed: "the final invocation of a closed shard";
}

requirements! { METRIC_RULES: Metric;
    METRIC_1 (1) Kind::Obligation, Certainty::Documented, Status::Later(METRICS);
        says: "With event counts switched on, polled, filtered, invoked, failed, dropped and \
            destination-delivered records are counted.";
        source: "AWS Lambda developer guide, monitoring-metrics-types";
        observed: "the names of the metrics";
    METRIC_2 (2) Kind::Obligation, Certainty::Documented, Status::Later(METRICS);
        says: "A dropped record is counted as dropped unless a destination received it or the source's \
            retention ended it.";
        source: "AWS Lambda developer guide, monitoring-metrics-types; captured on AWS, radkawar/stackd \
            dynamodb_metrics.json, which contradicts the documents where there is no destination";
        observed: "DroppedEventCount and the two metrics of the destination";
}
