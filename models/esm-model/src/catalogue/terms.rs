//! Words that a reader may look up besides IDs: parameters, states, members of documents, and common
//! expressions.
//!
//! A term only points: what is true about it is said by the requirements and ambiguities that it names. The
//! search is in [`mod@super::lookup`].

use super::types::AmbiguityId;
use super::*;
use serde::Serialize;

/// What kind of word a term is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// A parameter of a mapping, or one of its values.
    Parameter,
    /// A condition of a failure record.
    Condition,
    /// A state of a mapping.
    State,
    /// A last processing result.
    Result,
    /// An error of the control plane.
    Error,
    /// A member of a failure record.
    FailureRecord,
    /// A member of the function's response.
    Response,
    /// A member of an invocation's event.
    Event,
    /// A notion that no document spells as one word.
    Idea,
}

/// A word with the requirements and ambiguities that are about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Term {
    /// What kind of word it is.
    pub topic: Topic,
    /// The word, as the documents spell it.
    pub text: &'static str,
    /// Other words for it.
    pub aliases: &'static [&'static str],
    /// What it is, in one sentence.
    pub sentence: &'static str,
    /// The requirements about it, the most important ones first. Never empty.
    pub rules: &'static [RuleId],
    /// The ambiguities about it.
    pub ambiguities: &'static [AmbiguityId],
}

/// Every term, grouped by topic.
///
/// The same text may occur under two topics: `Enabled` is a parameter and a state.
pub fn explain_terms() -> &'static [Term] {
    TERMS
}

macro_rules! terms {
    ($($topic:ident $text:literal [$($alias:literal),*] => $sentence:literal
        [$($rule:ident),+] [$($ambiguity:ident),*];)+) => {
        static TERMS: &[Term] = &[$(Term {
            topic: Topic::$topic,
            text: $text,
            aliases: &[$($alias),*],
            sentence: $sentence,
            rules: &[$($rule),+],
            ambiguities: &[$($ambiguity),*],
        }),+];
    };
}

terms! {
    Parameter "BatchSize" [] =>
        "The largest number of records of one invocation."
        [PARAM_1, PARAM_3, BATCH_1, BATCH_3, BATCH_8, FILTER_2] [AMB_9];
    Parameter "MaximumBatchingWindowInSeconds" ["batching window", "batch window"] =>
        "How long a mapping may wait for a batch to fill up."
        [PARAM_2, PARAM_3, BATCH_3, BATCH_4, BATCH_5] [AMB_33];
    Parameter "MaximumRetryAttempts" ["retry quota", "retries"] =>
        "How often a failed batch is tried again, -1 for no limit."
        [PARAM_4, RETRY_1, RETRY_3, RETRY_7, RETRY_8, RETRY_9, RETRY_11, BISECT_3, REC_6, REC_14]
        [AMB_1, AMB_7, AMB_12, AMB_23];
    Parameter "MaximumRecordAgeInSeconds" ["maximum record age", "record age"] =>
        "The age above which a record is discarded instead of delivered, -1 for no limit."
        [PARAM_5, API_25, AGE_1, AGE_4, AGE_5, AGE_7, AGE_10, AGE_11, RETRY_11]
        [AMB_2, AMB_4, AMB_10, AMB_31];
    Parameter "BisectBatchOnFunctionError" ["bisect", "split", "bisection"] =>
        "Whether a batch that failed is split in two."
        [PARAM_6, BISECT_1, BISECT_2, BISECT_3, BISECT_4, BISECT_5, BISECT_7, BISECT_10, BISECT_12,
         BISECT_14]
        [AMB_3, AMB_5, AMB_6, AMB_7, AMB_8];
    Parameter "ParallelizationFactor" ["parallelisation factor", "lanes"] =>
        "How many batches of one shard may be in flight at once."
        [PARAM_7, PARAM_15, API_30, ORDER_1, ORDER_3] [AMB_19];
    Parameter "TumblingWindowInSeconds" ["tumbling window", "window"] =>
        "The length of the windows over which the function aggregates, 0 for none."
        [PARAM_8, PARAM_15, PARAM_16, API_30, WINDOW_1, WINDOW_2, WINDOW_3, WINDOW_6, PBR_12]
        [AMB_25, AMB_26];
    Parameter "FunctionResponseTypes" [] =>
        "Which kinds of response of the function are interpreted."
        [PARAM_9, API_29, PBR_1] [];
    Parameter "ReportBatchItemFailures" ["partial batch response", "partial response", "RBIF"] =>
        "The only response type: the function names the records that failed."
        [PARAM_9, PBR_1, PBR_2, PBR_3, PBR_4, PBR_5, PBR_9, BISECT_10, BISECT_11, BISECT_12, RETRY_8,
         RETRY_9]
        [AMB_6, AMB_13, AMB_14, AMB_15, AMB_30];
    Parameter "StartingPosition" [] =>
        "Where in the stream a new mapping begins to read."
        [PARAM_10, PARAM_17, API_12, API_13, API_14, STATE_7, STATE_8, STATE_9] [AMB_29];
    Parameter "StartingPositionTimestamp" [] =>
        "The time from which a mapping with AT_TIMESTAMP begins to read."
        [PARAM_11, PARAM_17, API_15, API_16, API_17, STATE_9] [];
    Parameter "TRIM_HORIZON" [] =>
        "The starting position at the oldest record that the stream retains."
        [PARAM_10, STATE_7] [];
    Parameter "LATEST" [] =>
        "The starting position behind the newest record, taken up at an uncertain time."
        [PARAM_10, STATE_8] [AMB_29];
    Parameter "AT_TIMESTAMP" [] =>
        "The starting position at a given time, for Kinesis only."
        [PARAM_10, PARAM_11, API_14, API_15, API_16, API_17, STATE_9, DDB_3] [];
    Parameter "DestinationConfig" ["destination"] =>
        "Where failure records go."
        [PARAM_12, API_3, API_9, API_11, API_21, API_33, DISCARD_2, DISCARD_4, DISCARD_5] [AMB_21, AMB_22];
    Parameter "OnFailure" ["on-failure destination"] =>
        "The only destination of a stream mapping."
        [PARAM_12, API_3, API_21, DISCARD_2, DISCARD_5] [];
    Parameter "OnSuccess" [] =>
        "A destination that stream mappings do not have."
        [API_11, DISCARD_5] [];
    Parameter "FilterCriteria" ["filter", "filters"] =>
        "Patterns that select the records to deliver."
        [PARAM_13, PARAM_16, API_2, API_23, API_24, FILTER_1, FILTER_2, FILTER_3, FILTER_4] [AMB_11];
    Parameter "Enabled" [] =>
        "Whether the mapping reads its stream."
        [PARAM_14, STATE_2, STATE_3, STATE_5, STATE_6] [AMB_23];
    Parameter "FunctionName" ["FunctionArn"] =>
        "The function of a mapping, by name or ARN, with an optional qualifier."
        [API_5, API_6, API_7, API_9, REC_3] [];
    Parameter "EventSourceArn" [] =>
        "The stream, or its consumer, that the mapping reads."
        [API_6, API_8, PARAM_17, REC_8] [];
    Parameter "ScalingConfig" [] =>
        "A setting for queues, which stream mappings refuse."
        [API_31] [];
    Parameter "MetricsConfig" [] =>
        "Which additional metrics a mapping publishes."
        [METRIC_1] [];
    Condition "RetryAttemptsExhausted" [] =>
        "The condition of a failure record for a batch that used up its attempts."
        [REC_1, RETRY_3, RETRY_7, REC_6, REC_14, DISCARD_1] [];
    Condition "RecordAgeExceeded" [] =>
        "The condition of a failure record for records that became too old."
        [REC_1, AGE_1, AGE_2, AGE_3, AGE_6, REC_5, DISCARD_1] [AMB_2, AMB_4];
    Condition "RetriesExhausted" [] =>
        "A condition of asynchronous invocations, which a stream mapping never reports."
        [REC_1] [];
    Condition "EventAgeExceeded" ["MaximumRecordAgeExceeded"] =>
        "Not a condition of stream mappings, which report RecordAgeExceeded."
        [REC_1, AGE_2] [];
    State "Creating" [] =>
        "The state of a new mapping until it first rests."
        [STATE_1, STATE_2, API_1, API_20] [];
    State "Enabling" [] =>
        "The state on the way to Enabled."
        [STATE_1, STATE_3, API_20] [];
    State "Enabled" [] =>
        "The resting state of a mapping that reads its stream."
        [STATE_1, STATE_2, STATE_3, STATE_8, STATE_12, API_22] [AMB_29];
    State "Disabling" [] =>
        "The state on the way to Disabled."
        [STATE_1, STATE_3, API_19, API_20] [];
    State "Disabled" [] =>
        "The resting state of a mapping that does not read its stream."
        [STATE_1, STATE_2, STATE_3, STATE_5, STATE_6] [AMB_23];
    State "Updating" [] =>
        "The state while settings change."
        [STATE_1, STATE_3, API_20, API_32] [AMB_22];
    State "Deleting" [] =>
        "The state of a mapping that is about to vanish."
        [STATE_1, STATE_4, API_19] [];
    State "StateTransitionReason" ["User action", "USER_INITIATED"] =>
        "Why a mapping is in its state, which for a stream mapping is User action."
        [API_1, API_27] [];
    Result "LastProcessingResult" [] =>
        "What became of the last batch that reached the function."
        [STATE_10, STATE_11, API_1, PBR_10, AGE_9] [];
    Result "No records processed" [] =>
        "The result of a mapping whose function has not answered yet."
        [STATE_10, API_1, AGE_9] [];
    Result "OK" [] =>
        "The result after a success, and after a valid partial response even if records are discarded \
            later."
        [STATE_10, PBR_10] [];
    Result "PROBLEM: Function call failed" ["PROBLEM"] =>
        "The result after a function error."
        [STATE_10] [];
    Error "InvalidParameterValueException" [] =>
        "A request that the service refuses with a text of its own."
        [API_8, API_9, API_11, API_12, API_14, API_15, API_16, API_17, API_18, API_24, API_25, API_30,
         API_31]
        [];
    Error "ValidationException" [] =>
        "A request that its model refuses, with a text that begins with a number of validation errors."
        [API_13, API_28, API_29] [];
    Error "ResourceConflictException" [] =>
        "The refusal of a second mapping for the same stream and function."
        [API_6] [];
    Error "ResourceInUseException" [] =>
        "The refusal of an operation while another one is going on."
        [API_20] [];
    Error "ResourceNotFoundException" [] =>
        "The answer for an unknown mapping."
        [API_10, STATE_4] [];
    FailureRecord "failure record" ["invocation record", "dead letter", "DLQ"] =>
        "The document about a discarded batch that is sent to the on-failure destination."
        [DISCARD_2, DISCARD_3, DISCARD_8, REC_1, REC_13, DDB_1] [AMB_3, AMB_4, AMB_18];
    FailureRecord "requestContext" [] =>
        "The part of a failure record about the request, its function and why it ended."
        [REC_1, REC_2, REC_3, REC_6] [];
    FailureRecord "requestId" ["request ID", "aws_request_id"] =>
        "The ID of an invocation, which its retries share and its failure record names."
        [REC_2, RETRY_5, BISECT_9] [AMB_16];
    FailureRecord "condition" [] =>
        "Why a batch was discarded."
        [REC_1, AGE_2] [];
    FailureRecord "approximateInvokeCount" ["invoke count"] =>
        "How often the discarded batch was tried, approximately."
        [REC_6, AGE_6, RETRY_8, BISECT_3, PBR_7, REC_14] [AMB_1, AMB_2, AMB_12, AMB_32];
    FailureRecord "responseContext" [] =>
        "The part of a failure record about the function's answer, absent where there was none."
        [REC_4, REC_5, AGE_3, REC_14] [];
    FailureRecord "statusCode" [] =>
        "The status of the invocation in responseContext, which is 200 even for failures."
        [REC_4] [];
    FailureRecord "executedVersion" [] =>
        "The version of the function that was executed, as text."
        [REC_4] [];
    FailureRecord "functionError" ["functionError null", "Unhandled", "functionError Unhandled"] =>
        "How the function failed: Unhandled after a function error, null after a reported failure."
        [REC_4, PBR_3, PBR_9] [AMB_20];
    FailureRecord "version" [] =>
        "The version of the failure record's format."
        [REC_12] [];
    FailureRecord "timestamp" [] =>
        "When the failure record was made."
        [REC_9, S3_2] [];
    FailureRecord "KinesisBatchInfo" [] =>
        "The part of a failure record about the discarded records of a Kinesis stream."
        [REC_7, REC_8, REC_10, REC_11, REC_13] [];
    FailureRecord "DDBStreamBatchInfo" [] =>
        "The part of a failure record about the discarded records of a DynamoDB stream."
        [DDB_1, DDB_2, REC_7, REC_13] [];
    FailureRecord "shardId" [] =>
        "The shard of the discarded records."
        [REC_13, S3_1, BATCH_2] [];
    FailureRecord "startSequenceNumber" ["endSequenceNumber"] =>
        "The first or the last discarded record."
        [REC_7, DISCARD_3, PBR_7, REDRIVE_1, REDRIVE_2] [AMB_3, AMB_11];
    FailureRecord "approximateArrivalOfFirstRecord" ["approximateArrivalOfLastRecord"] =>
        "When the first or the last discarded record arrived in the stream."
        [REC_10, REC_11, DDB_2] [];
    FailureRecord "batchSize" [] =>
        "How many records were discarded together."
        [REC_7, BISECT_8, PBR_7] [AMB_3, AMB_11];
    FailureRecord "streamArn" [] =>
        "The source of the discarded records."
        [REC_8] [];
    FailureRecord "payload" [] =>
        "The whole event of the invocation, as a JSON string, in S3 only."
        [S3_3, S3_4, S3_6, S3_7, DISCARD_8, REDRIVE_11] [];
    FailureRecord "object key" ["S3 key", "key"] =>
        "The name of a failure record's object in a bucket."
        [S3_1, S3_2, REDRIVE_10] [];
    FailureRecord "timeWindowInfo" [] =>
        "The window to which a failed final invocation belongs."
        [WINDOW_9, REC_13] [];
    Response "batchItemFailures" [] =>
        "The list of failed records in a partial response."
        [PBR_2, PBR_3, PBR_4, PBR_12, CONS_1, CONS_4, CONS_6] [AMB_13, AMB_14, AMB_15];
    Response "itemIdentifier" [] =>
        "The sequence number of a failed record in a partial response."
        [PBR_3, PBR_4, RETRY_9, DDB_7, CONS_2] [AMB_13, AMB_15];
    Response "state" [] =>
        "What a windowed function hands to its next invocation."
        [WINDOW_3, WINDOW_4, WINDOW_5, WINDOW_7, PBR_12] [AMB_25];
    Event "eventID" [] =>
        "Shard and sequence number of a Kinesis record, or a digest for DynamoDB."
        [BATCH_2, BATCH_11, DDB_7] [];
    Event "sequenceNumber" ["SequenceNumber"] =>
        "The position of a record in its shard, compared as a number."
        [BATCH_11, ORDER_1, PBR_4, DDB_7] [];
    Event "partitionKey" ["partition key"] =>
        "The key by which a record is assigned to a shard, and within which order holds."
        [BATCH_11, ORDER_3] [AMB_19];
    Event "approximateArrivalTimestamp" ["ApproximateCreationDateTime", "arrival"] =>
        "When a record arrived in the stream, from which its age counts."
        [BATCH_11, AGE_1, AGE_7, REC_11] [AMB_10];
    Event "eventSourceARN" [] =>
        "The stream of a delivered record, or the consumer with enhanced fan-out."
        [BATCH_11, REC_8] [];
    Event "isFinalInvokeForWindow" ["isWindowTerminatedEarly"] =>
        "Whether an invocation ends its window, and whether it does so early."
        [WINDOW_1, WINDOW_6, WINDOW_7] [];
    Idea "checkpoint" ["progress", "position"] =>
        "The record up to which a shard is done."
        [PBR_4, PBR_6, RETRY_8, BISECT_7, STATE_6] [AMB_9, AMB_24];
    Idea "poison record" ["poison pill", "blocked shard", "iterator age"] =>
        "A record that fails whenever it is tried, and with default settings blocks its shard."
        [RETRY_11, BISECT_2, RETRY_7, DISCARD_1, DDB_4] [];
    Idea "throttle" ["throttling", "concurrency", "service error"] =>
        "An error before the function is reached."
        [RETRY_1, BISECT_14] [AMB_1];
    Idea "timeout" ["time-out", "crash", "out of memory"] =>
        "A failure of the running function, treated like an exception."
        [RETRY_6, BISECT_10] [AMB_20];
    Idea "backoff" ["pause", "retry delay"] =>
        "The time between two attempts."
        [RETRY_10, BISECT_6] [AMB_17];
    Idea "duplicate" ["at least once", "redelivery", "exactly once"] =>
        "A record that is delivered again although it was done."
        [ORDER_4, ORDER_5, BISECT_7, PBR_6] [AMB_24];
    Idea "refill" [] =>
        "Adding newer records to what is left of a batch."
        [RETRY_4, PBR_7] [AMB_9];
    Idea "retention" ["expiry"] =>
        "How long the source keeps its records, whatever the mapping does."
        [RETRY_11, AGE_10, ORDER_8, DDB_4] [AMB_27];
    Idea "payload too large" ["6 MB", "oversized"] =>
        "A record or batch whose event exceeds what an invocation can carry."
        [BATCH_1, BATCH_9, REC_14, REC_5] [AMB_28];
    Idea "re-drive" ["redrive", "dead letter", "DLQ"] =>
        "Giving discarded records another chance, as their failure record tells where to find them."
        [REDRIVE_1, REDRIVE_2, REDRIVE_3, REDRIVE_4, REDRIVE_7, REDRIVE_8, REDRIVE_9, DISCARD_8] [];
    Idea "lost record" ["data loss"] =>
        "A record that was neither processed nor discarded."
        [ORDER_8, DISCARD_4, DISCARD_7] [];
    Idea "enhanced fan-out" ["EFO", "KPL", "aggregate", "consumer"] =>
        "Reading through a registered consumer, which also takes producer-library aggregates apart."
        [BATCH_10, BATCH_11, REC_8] [];
    Idea "resharding" ["split shard", "merge shard", "child shard"] =>
        "Splitting or merging shards while a mapping reads them."
        [ORDER_7, WINDOW_10] [];
    Idea "permissions" ["IAM", "execution role", "KMS"] =>
        "What the execution role must be allowed to do."
        [API_18, DISCARD_6, SEC_1, SEC_2, SEC_3, SEC_4, SEC_5, SEC_6, SEC_8] [];
    Idea "DroppedEventCount" [
        "PolledEventCount", "FilteredOutEventCount", "InvokedEventCount", "FailedInvokeEventCount",
        "OnFailureDestinationDeliveredEventCount", "DestinationDeliveryFailures"
    ] =>
        "A metric of the mapping."
        [METRIC_1, METRIC_2, DISCARD_7] [];
}
