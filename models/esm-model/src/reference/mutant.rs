//! Planted bugs: the reference with one named fault each, and the rule that each fault breaks.
//!
//! Every fault is one that somebody could ship. A fault is named here once and tested for at the one place of the
//! machine, of the service around it, or of the document writer where it bites.

use crate::catalogue as c;
use crate::reference::policy::Policy;
use crate::rule::RuleId;
use serde::{Deserialize, Serialize};

/// A bug with a name, and the canonical rule that it breaks.
#[derive(Debug, Clone, Copy)]
pub struct Mutant {
    /// Its name on the command line.
    pub name: &'static str,
    /// The rule that it breaks.
    pub rule: RuleId,
    /// The fault.
    pub fault: Fault,
    /// What it does wrong.
    pub summary: &'static str,
}

macro_rules! mutants {
    ($($fault:ident $name:literal $rule:ident $summary:literal;)+) => {
        /// A deviation from the reference's behaviour.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Fault { $(#[doc = $summary] $fault),+ }

        /// Every mutant, by the section of the rule that it breaks.
        pub const MUTANTS: &[Mutant] = &[
            $(Mutant { name: $name, rule: c::$rule, fault: Fault::$fault, summary: $summary }),+
        ];
    };
}

mutants! {
    BatchSizePlusOne "batch-size-plus-one" BATCH_1 "Delivers up to BatchSize + 1 records.";
    PayloadLimitIgnored "payload-limit-ignored" BATCH_1 "Builds batches beyond 6 MB and delivers them.";
    ShardsMixed "shards-mixed" BATCH_2 "Adds a record of another shard to a batch.";
    WindowIgnored "window-ignored" BATCH_4 "Delivers at once although a batching window is set.";
    WindowFromStart "window-from-start" BATCH_4 "Opens the next window when the previous invocation starts.";
    BatchSizeShrinks "batch-size-shrinks" BATCH_8 "Keeps half the BatchSize for good after a split.";
    OversizedDelivered "oversized-delivered" BATCH_9 "Delivers a record that is larger than an event may be.";
    EventIdWithoutShard "event-id-without-shard" BATCH_11 "Leaves the shard out of eventID.";
    DataNotEncoded "data-not-encoded" BATCH_11 "Delivers the data as plain text.";
    GivesUpEarly "gives-up-early" ORDER_1 "Stops waiting for the function after a second and calls it again.";
    BatchReversed "batch-reversed" ORDER_1 "Delivers a batch newest record first.";
    SequenceAsText "sequence-as-text" ORDER_1 "Sorts sequence numbers as text.";
    SkipsFailingBatch "skips-failing-batch" ORDER_2 "Delivers later records before it retries a failed batch.";
    ShardStallsOthers "shard-stalls-others" ORDER_2 "A failing shard stops every other shard.";
    MappingsSharePosition "mappings-share-position" ORDER_6 "Mappings on one stream share their position.";
    DropsBeyondLimit "drops-beyond-limit" ORDER_8 "Loses what a read returns beyond BatchSize.";
    ThrottleCounts "throttle-counts" RETRY_1 "A throttle uses up a retry.";
    ServiceErrorCounts "service-error-counts" RETRY_1 "A service error uses up a retry.";
    ThrottleDiscards "throttle-discards" RETRY_1 "The first throttle discards the batch.";
    OneRetryTooFew "one-retry-too-few" RETRY_2 "Gives up one retry too early.";
    NeverRetries "never-retries" RETRY_2 "Discards after the first failure.";
    RaiseIsSuccess "raise-is-success" RETRY_2 "Takes a function error for a success.";
    SuccessRetriedOnce "success-retried-once" RETRY_2 "Delivers a retried batch once more after it succeeded.";
    CheckpointOffByOne "checkpoint-off-by-one" RETRY_2 "Delivers the last record of a finished batch again.";
    OneRetryTooMany "one-retry-too-many" RETRY_3 "Makes one retry more than allowed.";
    ZeroRetriesIsInfinite "zero-retries-is-infinite" RETRY_3 "Takes 0 retries for no limit.";
    RetryEnlarged "retry-enlarged" RETRY_4 "Fills a retried batch up with newer records.";
    RetryChangesRequestId "retry-changes-request-id" RETRY_5 "Uses a new request ID for each retry.";
    TimeoutIsSuccess "timeout-is-success" RETRY_6 "Takes a time-out for a success.";
    CrashIsSuccess "crash-is-success" RETRY_6 "Takes a crash of the function for a success.";
    TimeoutNotCounted "timeout-not-counted" RETRY_6 "A time-out does not use up a retry.";
    DiscardsOnlyFirst "discards-only-first" RETRY_7 "Discards only the first record of an exhausted batch.";
    ProgressKeepsQuota "progress-keeps-quota" RETRY_8 "Does not renew the retries after progress.";
    NoProgressRenews "no-progress-renews" RETRY_9 "A partial response without progress uses up no retry.";
    InfiniteIsThree "infinite-is-three" RETRY_11 "Gives up after three retries where no limit is set.";
    BisectIgnored "bisect-ignored" BISECT_1 "Never splits.";
    BisectAfterOneRetry "bisect-after-one-retry" BISECT_1 "Retries the whole batch once before it splits.";
    BisectDropsRight "bisect-drops-right" BISECT_1 "Forgets the right half.";
    BisectStopsAtTwo "bisect-stops-at-two" BISECT_2 "Does not split a pair.";
    BisectEatsQuota "bisect-eats-quota" BISECT_3 "A half inherits the attempts of the batch it comes from.";
    BreadthFirst "breadth-first" BISECT_4 "Tries both halves before it retries or splits the left one.";
    RightHalfFirst "right-half-first" BISECT_4 "Tries the right half first.";
    SplitsFirstOff "splits-first-off" BISECT_5 "Splits the first record off instead of halving.";
    SplitWaits "split-waits" BISECT_6 "Waits five seconds before it tries a half.";
    HalfDeliveredAgain "half-delivered-again" BISECT_7 "Delivers a half that succeeded again with the other one.";
    MergesAcrossBatches "merges-across-batches" BISECT_8 "Merges failure records of different batches.";
    HalvesKeepRequestId "halves-keep-request-id" BISECT_9 "The halves keep the request ID of the batch.";
    ReportsDisableBisect "reports-disable-bisect" BISECT_10 "Does not split on errors when reports are on.";
    NoProgressNotSplit "no-progress-not-split" BISECT_12 "Does not split when the first record is reported.";
    ThrottleSplits "throttle-splits" BISECT_14 "A throttle splits the batch.";
    ReportsAlwaysRead "reports-always-read" PBR_1 "Reads reports that the mapping does not ask for.";
    EmptyStringFails "empty-string-fails" PBR_2 "Takes an empty string for a failure.";
    EmptyListFails "empty-list-fails" PBR_2 "Takes an empty list for a failure.";
    NullFails "null-fails" PBR_2 "Takes null for a failure.";
    EmptyObjectFails "empty-object-fails" PBR_2 "Takes an empty object for a failure.";
    NullItemsFail "null-items-fail" PBR_2 "Takes null items for a failure.";
    EmptyIdentifierIgnored "empty-identifier-ignored" PBR_3 "Ignores an empty identifier.";
    NullIdentifierIgnored "null-identifier-ignored" PBR_3 "Ignores a null identifier.";
    MissingIdentifierIgnored "missing-identifier-ignored" PBR_3 "Ignores an entry without identifier.";
    ForeignIdentifierIgnored "foreign-identifier-ignored" PBR_3 "Ignores an identifier that is not in the batch.";
    HighestIdentifier "highest-identifier" PBR_4 "Takes the highest reported record for the checkpoint.";
    FirstIdentifier "first-identifier" PBR_4 "Takes the first reported record for the checkpoint.";
    IdentifierAsText "identifier-as-text" PBR_4 "Compares reported sequence numbers as text.";
    IdentifiersIgnored "identifiers-ignored" PBR_4 "Retries the whole batch on any report.";
    OnlyReportedRetried "only-reported-retried" PBR_4 "Retries the first reported record only.";
    CheckpointBehindReport "checkpoint-behind-report" PBR_4 "Sets the checkpoint behind the reported record.";
    MalformedNotSplit "malformed-not-split" PBR_5 "Does not split on a malformed report.";
    MalformedNotCounted "malformed-not-counted" PBR_5 "A malformed report uses up no retry.";
    RecordCoversOriginalBatch "record-covers-original-batch" PBR_7 "The failure record of a remainder names the whole original batch.";
    RaiseIgnoredWithReports "raise-ignored-with-reports" PBR_9 "Takes an error for a success when reports are on.";
    AgeIgnored "age-ignored" AGE_1 "Never looks at the age limit.";
    AgeOnlyBeforeFirstTry "age-only-before-first-try" AGE_1 "Looks at the age limit only before the first try.";
    AgeFromFirstTry "age-from-first-try" AGE_1 "Measures age from the last call and not from arrival.";
    AgeConditionIsRetry "age-condition-is-retry" AGE_2 "Calls an expired record RetryAttemptsExhausted.";
    AgeConditionMisnamed "age-condition-misnamed" AGE_2 "Calls the condition MaximumRecordAgeExceeded.";
    AgeHasResponse "age-has-response" AGE_3 "Adds a responseContext to the record of an expired batch.";
    AgeDropsNeighbours "age-drops-neighbours" AGE_4 "Drops fresh records together with an expired one.";
    AgeCountFromZero "age-count-from-zero" AGE_6 "Counts the invocations of expired records one too low.";
    AgeEarly "age-early" AGE_7 "Discards at four fifths of the age limit.";
    AgeUnlimitedIsZero "age-unlimited-is-zero" AGE_10 "Takes the age -1 for 0: everything is too old.";
    StopsAfterDiscard "stops-after-discard" DISCARD_1 "A shard stops after a discard.";
    RecordLost "record-lost" DISCARD_2 "Writes no failure record.";
    RecordLostForOneRecord "record-lost-for-one-record" DISCARD_2 "Writes no failure record for a single record.";
    AgeRecordLost "age-record-lost" DISCARD_2 "Writes no failure record for expired records.";
    TwoReasonsLoseRecord "two-reasons-lose-record" DISCARD_2 "Loses the failure record of a batch that grows too old before its retries run out.";
    RecordPerRecord "record-per-record" DISCARD_2 "Writes a failure record for each record of a batch.";
    RecordTwice "record-twice" DISCARD_3 "Writes each failure record twice.";
    WritesToRemoved "writes-to-removed" DISCARD_4 "Writes to a destination that was removed.";
    RecordOnSuccess "record-on-success" DISCARD_5 "Writes a failure record for a success.";
    RefusedWriteBlocks "refused-write-blocks" DISCARD_7 "Blocks the shard until the destination takes the record.";
    PayloadInSqs "payload-in-sqs" DISCARD_8 "Adds the payload to SQS and SNS messages.";
    SnsWithoutEnvelope "sns-without-envelope" DISCARD_9 "Delivers the bare document by SNS.";
    ConditionRetriesExhausted "condition-retries-exhausted" REC_1 "Calls the condition RetriesExhausted.";
    RequestIdRandom "request-id-random" REC_2 "Puts a random request ID into failure records.";
    FunctionArnUnqualified "function-arn-name-only" REC_3 "Names the function and not its ARN.";
    StatusCode500 "status-code-500" REC_4 "Says statusCode 500.";
    ErrorAlwaysNull "error-always-null" REC_4 "Says functionError null for errors.";
    ErrorAlwaysUnhandled "error-always-unhandled" REC_4 "Says functionError Unhandled for reported failures.";
    TooLargeHasResponse "too-large-has-response" REC_5 "Adds a responseContext where the function was never reached.";
    CountIsRetries "count-is-retries" REC_6 "Counts retries and not invocations.";
    CountCumulative "count-cumulative" REC_6 "Counts the invocations of earlier batches too.";
    RangeEndExclusive "range-end-exclusive" REC_7 "Ends the range one record too early.";
    BatchSizeConfigured "batch-size-configured" REC_7 "Gives the configured BatchSize and not the number of records.";
    StreamArnIsName "stream-arn-is-name" REC_8 "Gives the name of the stream and not its ARN.";
    TimestampWithoutMillis "timestamp-without-millis" REC_9 "Leaves the milliseconds out of the timestamp.";
    ArrivalPrecision "arrival-precision" REC_10 "Gives arrivals in the precision of the other source.";
    ArrivalIsNow "arrival-is-now" REC_11 "Gives the time of the discard as arrival.";
    VersionIsNumber "version-is-number" REC_12 "Gives the version as a number.";
    EndAbsentForOne "end-absent-for-one" REC_13 "Leaves endSequenceNumber out for a single record.";
    TooLargeOnce "too-large-once" REC_14 "Discards a record that is too large without retries.";
    TooLargeNotCounted "too-large-not-counted" REC_14 "Retries a record that is too large for ever.";
    TooLargeCountsZero "too-large-counts-zero" REC_14 "Counts no attempts for a record that is too large.";
    KeyWithColons "key-with-colons" S3_1 "Writes colons into the object's key.";
    KeyLocalTime "key-local-time" S3_2 "Names the object by local time.";
    PayloadIsObject "payload-is-object" S3_3 "Writes the payload as an object.";
    PayloadAbsent "payload-absent" S3_3 "Leaves the payload out of S3 objects.";
    BodySorted "body-sorted" S3_4 "Sorts the members of the object.";
    ContentTypeJson "content-type-json" S3_5 "Says application/json.";
    StateUnknown "state-unknown" STATE_1 "Says Active where it means Enabled.";
    CreatingForever "creating-forever" STATE_2 "Stays in Creating.";
    UpdatingForever "updating-forever" STATE_3 "Stays in Updating.";
    DisableIgnored "disable-ignored" STATE_5 "Goes on polling while disabled.";
    EnableSkips "enable-skips" STATE_6 "Loses its position when it is enabled again.";
    UpdateRewinds "update-rewinds" STATE_6 "Starts over after an update.";
    TrimHorizonAsLatest "trim-horizon-as-latest" STATE_7 "Starts at the end of the stream.";
    LatestAsTrimHorizon "latest-as-trim-horizon" STATE_8 "Starts at the beginning of the stream.";
    TimestampIgnored "timestamp-ignored" STATE_9 "Ignores the starting timestamp.";
    ResultStaysNone "result-stays-none" STATE_10 "Never says what became of an invocation.";
    ResultAlwaysOk "result-always-ok" STATE_10 "Says OK after an error.";
    ResultFailsOnDiscard "result-fails-on-discard" STATE_10 "Says that the call failed after every discard.";
    KinesisInfoForTables "kinesis-info-for-tables" DDB_1 "Writes KinesisBatchInfo for DynamoDB Streams.";
    TableEventVersion "table-event-version" DDB_7 "Says eventVersion 1.0 for DynamoDB Streams.";
}

/// The mutant of that name.
pub fn find_mutant(name: &str) -> Option<&'static Mutant> {
    MUTANTS.iter().find(|mutant| mutant.name == name)
}

impl Fault {
    /// Whether the fault shows only in a document or an event, and so only in text.
    pub fn in_documents(self) -> bool {
        use Fault::*;
        matches!(
            self,
            EventIdWithoutShard
                | DataNotEncoded
                | AgeConditionMisnamed
                | PayloadInSqs
                | SnsWithoutEnvelope
                | ConditionRetriesExhausted
                | FunctionArnUnqualified
                | StatusCode500
                | StreamArnIsName
                | TimestampWithoutMillis
                | ArrivalPrecision
                | VersionIsNumber
                | EndAbsentForOne
                | KeyWithColons
                | KeyLocalTime
                | PayloadIsObject
                | PayloadAbsent
                | BodySorted
                | ContentTypeJson
                | KinesisInfoForTables
                | TableEventVersion
        )
    }

    /// The policy that the fault deviates from.
    pub fn base(self) -> Policy {
        Policy::AWS
    }
}
