//! The ambiguities AMB: what the sources leave open, with every answer that an implementation may give.
//!
//! An ambiguity with one variant is a rule in the form of a question, kept because implementations are known
//! to differ. What the sources do settle is in the other files.

use super::types::{Ambiguity, AmbiguityId, Status, Variant};
use super::*;

const FILTERS: &str = "filters are not modelled yet";
const FACTOR: &str = "ParallelizationFactor above 1 is not modelled yet";
const WINDOWS: &str = "tumbling windows are not modelled yet";

macro_rules! ambiguities {
    ($($name:ident ($number:literal) $status:expr, aws $aws:expr, about [$($rule:ident),* $(,)?];
        question: $question:literal;
        $($variant:literal => $says:literal;)+
        why: $why:literal;
        source: $source:literal;)+) => {
        $(#[doc = $question] pub const $name: AmbiguityId = AmbiguityId::new($number);)+

        /// Every ambiguity, in the order of the numbers.
        pub(super) static AMBIGUITIES: &[Ambiguity] = &[$(Ambiguity {
            id: $name,
            question: $question,
            variants: &[$(Variant { name: $variant, sentence: $says }),+],
            why: $why,
            source: $source,
            status: $status,
            aws: $aws,
            rules: &[$($rule),*],
        }),+];
    };
}

ambiguities! {
    AMB_1 (1) Status::Checked, aws None, about [RETRY_1, REC_14];
        question: "Does a throttle count as an attempt?";
        "not-counted" => "A throttle costs no attempt, and an implementation that counts it breaks \
            RETRY-1.";
        why: "The documents exclude it, but one other error before the invocation is known to be counted.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination; captured on AWS, \
            radkawar/stackd docs/lambda.md, which calls it unprobed";
    AMB_2 (2) Status::Checked, aws None, about [AGE_6];
        question: "What is approximateInvokeCount of a batch that became too old after N invocations?";
        "attempts" => "The count is N, and 1 where the batch was never invoked.";
        "attempts-plus-one" => "The count is N + 1, as if the attempt that was not made had been counted.";
        why: "Two recordings of one test show 8 and 1, and neither shows how often the function had been \
            invoked.";
        source: "recorded on AWS by LocalStack, Kinesis suite, \
            test_kinesis_maximum_record_age_exceeded[expire-while-retrying], two recordings";
    AMB_3 (3) Status::Checked, aws None, about [BISECT_8, DISCARD_2, DISCARD_3];
        question: "How many failure records do the failed single records of a split batch have?";
        "single" => "Each failed single record has a failure record of its own.";
        "merged" => "Failed records of one original batch share a failure record with the count of any of \
            them; where they are not adjacent this warns.";
        why: "A reference page says that failed messages are consolidated, and the captures contain only \
            one bad record each.";
        source: "AWS CloudFormation reference, AWS::Lambda::EventSourceMapping";
    AMB_4 (4) Status::Checked, aws None, about [AGE_8, DISCARD_2];
        question: "How many failure records do several records have that became too old together?";
        "each" => "Each such record has a failure record of its own.";
        "run" => "Neighbouring records that became too old share failure records, in any grouping.";
        why: "The captures used batches of one record, and sample objects from production hold one or two.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json, and sample objects of the \
            personal-finance-system project";
    AMB_5 (5) Status::Checked, aws None, about [BISECT_5, BISECT_12];
        question: "Where is a batch of odd size split?";
        "floor" => "The left part is the smaller one.";
        "ceil" => "The left part is the larger one.";
        "first-alone" => "After a partial response that names the first record, that record is a part of \
            its own.";
        why: "The only batch of odd size in a capture had three records of which the first was reported, \
            and it was split one and two, as by the first and the last answer.";
        source: "captured on AWS, radkawar/stackd kinesis_followup.json partial_bisect";
    AMB_6 (6) Status::Checked, aws Some("whole"), about [BISECT_11, PBR_4];
        question: "Where splitting is on, is a remainder tried as a whole after progress?";
        "whole" => "The remainder is tried as a whole first.";
        "split" => "The remainder is split at once.";
        why: "The documents say that the batch is bisected at the returned record, which can be read \
            either way; the captures show the first.";
        source: "AWS Lambda developer guide, services-kinesis-batchfailurereporting; captured on AWS, \
            radkawar/stackd kinesis_followup.json partial_bisect, dynamodb_source.json partial_bisect";
    AMB_7 (7) Status::Checked, aws None, about [BISECT_1, BISECT_3, RETRY_7];
        question: "Is a batch split where MaximumRetryAttempts is 0?";
        "split" => "Splits cost no attempts and therefore take place, and each single record is invoked \
            once.";
        "discard" => "The batch is discarded after its first failure, because no attempt is left.";
        why: "The documents say that splitting is free, but all captures had one retry.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination; captured on AWS, \
            radkawar/stackd dynamodb_source.json raise_bisect";
    AMB_8 (8) Status::Checked, aws None, about [BISECT_3];
        question: "Does a part of a split batch inherit the attempts of the batch?";
        "fresh" => "Each part starts with a full quota, as BISECT-3 says.";
        why: "Settled by a capture; kept because emulators differ.";
        source: "captured on AWS, radkawar/stackd dynamodb_source.json raise_bisect";
    AMB_9 (9) Status::Checked, aws None, about [PBR_7, AGE_4, BATCH_1];
        question: "Is a remainder filled up with newer records?";
        "exact" => "The next batch is exactly the remainder.";
        "refill" => "The next batch may add newer records of the shard, up to BatchSize, and its failure \
            record covers these too; a part of a split batch is never filled up.";
        why: "In the captures there were no newer records to add.";
        source: "captured on AWS, radkawar/stackd kinesis_source.json partial_on";
    AMB_10 (10) Status::Checked, aws None, about [AGE_1, AGE_7];
        question: "Is a record whose age equals the limit too old?";
        "greater" => "A record is too old once its age exceeds the limit.";
        "greater-or-equal" => "A record is too old once its age reaches the limit.";
        why: "The documents give no boundary, and discards were seen well behind it.";
        source: "AWS Lambda developer guide, services-kinesis-parameters; captured on AWS, radkawar/stackd \
            kinesis_oversized.json";
    AMB_11 (11) Status::Later(FILTERS), aws None, about [DISCARD_3, REC_7, FILTER_2];
        question: "Which records bound the range of a failure record where filters drop some?";
        "kept" => "The range ends at the first and the last record that was kept.";
        "dropped-edge" => "The range may extend to dropped records at its ends; batchSize still counts the \
            kept ones.";
        why: "No recording covers it.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
    AMB_12 (12) Status::Checked, aws None, about [AGE_4, RETRY_3, REC_6];
        question: "How many attempts has a batch that lost records to age between its attempts?";
        "continued" => "The attempts before still count.";
        "reset" => "What is left counts as a new batch.";
        why: "No recording covers it.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
    AMB_13 (13) Status::Checked, aws None, about [PBR_3, PBR_4];
        question: "What does a response mean that names one record of the batch and one that is not of it?";
        "whole-failure" => "The whole batch fails, because one identifier is invalid.";
        "checkpoint" => "The valid identifier decides, and the invalid one is ignored.";
        why: "The documents list only responses whose identifiers are all valid or all invalid.";
        source: "AWS Lambda developer guide, services-kinesis-batchfailurereporting";
    AMB_14 (14) Status::Checked, aws None, about [PBR_2, PBR_3];
        question: "What does a response mean that is neither empty nor a partial response?";
        "success" => "It counts as a success of the whole batch.";
        "failure" => "It counts as a failure of the whole batch.";
        why: "Only empty values were recorded; a status code with a body, or a misspelled member, are \
            frequent mistakes.";
        source: "AWS Lambda developer guide, services-kinesis-batchfailurereporting; recorded on AWS by \
            LocalStack, Kinesis suite, test_kinesis_report_batch_item_success_scenarios";
    AMB_15 (15) Status::Checked, aws None, about [PBR_3, PBR_4];
        question: "What do repeated identifiers mean, and those of records that are already done?";
        "by-rule" => "Repeated identifiers count once, and a record that is done is not of this batch, so \
            that the whole batch fails.";
        why: "Follows from PBR-3 and PBR-4; not recorded.";
        source: "AWS Lambda developer guide, services-kinesis-batchfailurereporting";
    AMB_16 (16) Status::Checked, aws None, about [REC_2];
        question: "Which request ID has the failure record of a batch that was never invoked?";
        "any-uuid" => "It is some UUID, of which nothing else is known.";
        why: "The recordings show only that there is one.";
        source: "recorded on AWS by LocalStack, Kinesis suite, test_kinesis_maximum_record_age_exceeded";
    AMB_17 (17) Status::Checked, aws None, about [RETRY_10];
        question: "How long is the pause before a retry?";
        "none" => "There is none.";
        "fixed" => "It is always the same.";
        "growing" => "It grows with the number of attempts.";
        why: "A capture shows about 0.2 seconds before the first retry, and nothing shows how it goes on.";
        source: "captured on AWS, radkawar/stackd kinesis_source.json, kinesis_oversized_retries.json";
    AMB_18 (18) Status::Checked, aws None, about [DISCARD_2];
        question: "When is a failure record written, and in which order?";
        "at-once" => "It is written before the next batch is sent.";
        "late" => "It is written at any later time, and in any order among failure records.";
        why: "No recording covers it, and queues and topics may themselves reorder.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
    AMB_19 (19) Status::Later(FACTOR), aws None, about [ORDER_3, ORDER_2];
        question: "With ParallelizationFactor above 1, what does a failing batch block?";
        "lane" => "It blocks the partition keys that are assigned to it, and its failure record may cover \
            records that are not contiguous in the shard.";
        "shard" => "It blocks the whole shard.";
        why: "Two pages of the documents differ about the order that is kept.";
        source: "AWS Lambda developer guide (2023-10-30), invocation-eventsourcemapping; AWS Lambda \
            developer guide (2023-10-30), with-kinesis";
    AMB_20 (20) Status::Checked, aws None, about [REC_4, RETRY_6];
        question: "What is functionError after a timeout, a lack of memory or a failed start?";
        "unhandled" => "It is \"Unhandled\", as after an exception.";
        "other" => "It is some other text.";
        why: "Only exceptions were recorded.";
        source: "recorded on AWS by LocalStack, Kinesis suite, unhandled_exception_in_function";
    AMB_21 (21) Status::Checked, aws None, about [DISCARD_7];
        question: "Is a failure record written again if the destination refused it?";
        "lost" => "It is lost after one attempt.";
        "retried" => "It is tried a few times more.";
        why: "One capture shows no second attempt within 980 seconds.";
        source: "captured on AWS, radkawar/stackd dynamodb_metrics.json";
    AMB_22 (22) Status::Checked, aws None, about [API_19, API_21, STATE_8];
        question: "Which configuration has a batch that is in hand while the mapping is updated?";
        "old" => "It keeps the configuration with which it began.";
        "new" => "It has the new configuration from its next step on, which may show in its failure \
            record's destination.";
        why: "Updates are asynchronous, by shard, for as long as the reading's time for updates to settle.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination; AWS Lambda developer guide, \
            services-kinesis-create";
    AMB_23 (23) Status::Checked, aws None, about [STATE_6, RETRY_3];
        question: "Do the attempts at a batch survive disabling and enabling?";
        "kept" => "They still count.";
        "reset" => "The batch starts again with a full quota.";
        why: "No recording covers it.";
        source: "AWS Lambda API reference, UpdateEventSourceMapping";
    AMB_24 (24) Status::Checked, aws None, about [ORDER_4];
        question: "Are records delivered again that were already done?";
        "none" => "There are no such deliveries.";
        "redelivery" => "A batch may be delivered again; its answer is ignored and nothing else changes.";
        why: "Delivery is at least once, and how often repetitions occur is not said; whether they are \
            admitted is chosen independently of the reading.";
        source: "AWS Lambda developer guide (2023-10-30), invocation-eventsourcemapping";
    AMB_25 (25) Status::Later(WINDOWS), aws None, about [WINDOW_3, WINDOW_5];
        question: "Which state does the second half of a split windowed batch receive?";
        "first-half" => "It receives the state that the first half returned, if that succeeded.";
        why: "No recording covers it.";
        source: "AWS Lambda developer guide, services-kinesis-windows";
    AMB_26 (26) Status::Later(WINDOWS), aws None, about [WINDOW_8];
        question: "What happens if the final invocation of a window fails and attempts are unlimited?";
        "suspended" => "The shard is suspended until it succeeds.";
        why: "The capture that contradicts the documents had a limited number of attempts.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis; captured on AWS, radkawar/stackd \
            dynamodb_windows.json final_failure";
    AMB_27 (27) Status::Checked, aws None, about [AGE_10, ORDER_8];
        question: "Is a failure record written for records that the source no longer retains?";
        "none" => "None is written.";
        "written" => "One is written.";
        why: "The documents do not speak of one and do not exclude it.";
        source: "AWS Lambda developer guide, services-kinesis-parameters; AWS Lambda developer guide, \
            monitoring-metrics-types";
    AMB_28 (28) Status::Checked, aws None, about [BATCH_1, BATCH_9, REC_14];
        question: "What becomes of records that are too large only together?";
        "smaller" => "The batch is built smaller and never fails for its size.";
        why: "Follows from BATCH-1 and BATCH-9.";
        source: "AWS Lambda developer guide (2023-10-30), invocation-eventsourcemapping; captured on AWS, \
            radkawar/stackd kinesis_oversized.json";
    AMB_29 (29) Status::Checked, aws None, about [STATE_8];
        question: "Which record is the first one from LATEST?";
        "all" => "Every record put after the creation of the mapping is delivered.";
        "suffix" => "Delivery may begin with a later record.";
        why: "Positions are taken up some time after the mapping is Enabled.";
        source: "AWS Lambda developer guide, services-kinesis-create; captured on AWS, radkawar/stackd \
            kinesis_source.json latest";
    AMB_30 (30) Status::Checked, aws None, about [RETRY_8];
        question: "Which quota has a remainder that fails with a function error?";
        "fresh" => "It has a full quota, as RETRY-8 says.";
        why: "Follows from RETRY-8; recorded only for remainders that fail by a response.";
        source: "recorded on AWS by LocalStack, Kinesis suite, test_kinesis_report_batch_item_failures";
    AMB_31 (31) Status::Checked, aws None, about [AGE_4, AGE_5, RETRY_4];
        question: "What is discarded if some records of a batch become too old between its attempts?";
        "expired-only" => "Only these records are discarded, and the others are tried again.";
        "whole-batch" => "The whole batch is discarded.";
        why: "The documents speak of batches that are too old, and the recordings cover only expiry before \
            the first attempt.";
        source: "AWS Lambda developer guide (2023-10-30), with-kinesis; recorded on AWS by LocalStack, \
            Kinesis suite, test_kinesis_maximum_record_age_exceeded_discard_records";
    AMB_32 (32) Status::Checked, aws None, about [AGE_6];
        question: "Which invocations are counted for a part or a remainder that becomes too old?";
        "since-split" => "Those since the last split or progress.";
        "with-ancestors" => "Those of the batches from which it came as well.";
        why: "No recording covers it.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
    AMB_33 (33) Status::Checked, aws None, about [BATCH_4];
        question: "Where does a batching window begin?";
        "poll" => "With the poll that finds the first record.";
        "first-record" => "With the arrival of the first record.";
        "completion" => "With the end of the previous invocation.";
        why: "One page says that it begins with the end of the previous invocation, which does not cover \
            the first one; a last batch came 4.99 seconds after the one before, of 5.";
        source: "AWS Lambda developer guide (2023-10-30), invocation-eventsourcemapping; captured on AWS, \
            radkawar/stackd dynamodb_source.json batch_size";
}
