//! What somebody with such a mapping should know: what its settings mean for bad records, with the rules.
//!
//! Follows from the settings and the options, not from the run.

use super::{Options, input::Read};
use esm_model::case::{Case, DEFAULT_RETENTION_MS};
use esm_model::catalogue::{self as c, AmbiguityId};
use esm_model::explain::duration;
use esm_model::mapping::{DestinationKind, Mapping, SourceKind, StartingPosition};
use esm_model::rule::RuleId;
use esm_model::script::How;
use esm_model::setup::Setup;
use esm_model::when::Ms;
use serde::Serialize;

/// One thing to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// In words.
    pub text: String,
    /// The rules that say so.
    pub rules: Vec<RuleId>,
    /// What is open about it.
    pub open: Vec<AmbiguityId>,
}

/// Everything to know, the most important first.
pub(super) fn advice(options: &Options, read: &Read, case: &Case) -> Vec<Advice> {
    let mut list = List { options, mapping: &read.mapping, source: read.source, out: Vec::new() };
    list.blocking(case);
    list.silence();
    list.neighbours();
    list.answers();
    list.splitting();
    list.age();
    list.destination();
    list.start();
    list.out
}

struct List<'a> {
    options: &'a Options,
    mapping: &'a Mapping,
    source: SourceKind,
    out: Vec<Advice>,
}

impl List<'_> {
    fn add(&mut self, text: impl Into<String>, rules: &[RuleId], open: &[AmbiguityId]) {
        self.out.push(Advice { text: text.into(), rules: rules.to_vec(), open: open.to_vec() });
    }

    fn age_ms(&self) -> Option<Ms> {
        self.mapping.maximum_record_age_in_seconds.map(|seconds| Ms::from(seconds) * 1_000)
    }

    fn limited(&self) -> bool {
        self.mapping.maximum_retry_attempts.is_some() || self.age_ms().is_some()
    }

    /// How long a bad record holds its shard up.
    fn blocking(&mut self, case: &Case) {
        let names = Setup::in_tree(case).shard_ids;
        let shard = names.first().map_or("its shard", String::as_str);
        match (self.mapping.maximum_retry_attempts, self.age_ms()) {
            (None, None) => {
                let expiry = match self.source {
                    SourceKind::Kinesis => "24 hours by default, up to the stream's retention",
                    SourceKind::DynamoDb => "24 hours",
                };
                self.add(
                    format!(
                        "A failing record blocks its shard (here {shard}) until it expires: {expiry}. Set \
                         MaximumRetryAttempts or MaximumRecordAgeInSeconds to let the shard go on."
                    ),
                    &[c::RETRY_11],
                    &[],
                );
            }
            (None, Some(age)) => self.add(
                format!(
                    "Attempts are not limited: a failing record blocks its shard until it is {} old, and what waits \
                     behind it may be too old by then as well. Set MaximumRetryAttempts too if that is too long.",
                    duration(age)
                ),
                &[c::AGE_5],
                &[],
            ),
            (Some(0), _) => self.add(
                "MaximumRetryAttempts 0: what fails once is discarded, also if the failure would have passed. \
                 Throttles do not count.",
                &[c::RETRY_3, c::RETRY_1],
                &[],
            ),
            (Some(quota), None) => self.add(
                format!(
                    "A failing batch is called {} times and then discarded; how long that takes is open. Throttled \
                     calls do not count, and without an age limit a throttle can hold a shard up until its records \
                     expire.",
                    quota + 1
                ),
                &[c::RETRY_3, c::RETRY_1],
                &[c::AMB_17],
            ),
            (Some(quota), Some(age)) => self.add(
                format!(
                    "Whichever comes first ends the retries: {} calls or an age of {}. Which one that is depends on \
                     the waits between calls, which AWS does not document.",
                    quota + 1,
                    duration(age)
                ),
                &[c::RETRY_3, c::AGE_5],
                &[c::AMB_17],
            ),
        }
    }

    fn silence(&mut self) {
        match (&self.mapping.destination, self.limited()) {
            (None, true) => self.add(
                "There is no destination: records are discarded silently, and nobody learns which. Set \
                 DestinationConfig.OnFailure.",
                &[c::DISCARD_4],
                &[],
            ),
            (Some(_), false) => self.add(
                "The destination receives nothing about failing records, for without a limit nothing is ever \
                 discarded; for records that expire in the stream no failure record is documented.",
                &[c::RETRY_11, c::AGE_10],
                &[c::AMB_27],
            ),
            _ => {}
        }
    }

    /// Healthy records that share the fate of a bad one.
    fn neighbours(&mut self) {
        let Mapping {
            batch_size,
            bisect_batch_on_function_error: bisect,
            report_batch_item_failures: reports,
            ..
        } = *self.mapping;
        if batch_size == 1 {
            return;
        }
        let raises = matches!(self.options.behaviour, How::Raise | How::TimeOut | How::Crash);
        let again = if self.mapping.maximum_retry_attempts == Some(0) {
            ""
        } else {
            ", after being delivered again each time"
        };
        match (bisect, reports, self.limited()) {
            (true, _, _) => {}
            (false, true, true) if !raises => self.add(
                "Healthy records behind the reported one are discarded with it when the limit is reached; \
                 BisectBatchOnFunctionError separates them.",
                &[c::PBR_8, c::RETRY_7],
                &[],
            ),
            (false, _, true) => {
                let reports = if reports { "" } else { "; ReportBatchItemFailures saves those in front of it" };
                self.add(
                    format!(
                        "The healthy records of a failing batch are discarded with the bad one{again}. \
                         BisectBatchOnFunctionError separates them{reports}."
                    ),
                    &[c::RETRY_7],
                    &[],
                );
            }
            (false, _, false) => self.add(
                "The healthy records of a failing batch are delivered again with every attempt: the function must \
                 bear repetitions.",
                &[c::RETRY_4],
                &[],
            ),
        }
    }

    /// What the function's answer does and does not do.
    fn answers(&mut self) {
        let reports = self.mapping.report_batch_item_failures;
        let behaviour = self.options.behaviour;
        if self.options.poison.is_empty() {
            return;
        }
        match behaviour {
            How::Raise | How::TimeOut | How::Crash if reports => self.add(
                "ReportBatchItemFailures is on, but a function that raises, times out or dies fails the whole batch: \
                 catch the error and report the record's sequence number.",
                &[c::PBR_9],
                &[],
            ),
            How::Raise | How::TimeOut | How::Crash => {}
            _ if !reports => self.add(
                "ReportBatchItemFailures is off: whatever the function returns is a success, and the records that it \
                 reports are lost without a word. Set FunctionResponseTypes.",
                &[c::PBR_1],
                &[],
            ),
            How::Report | How::DuplicateIdentifier => {}
            How::MixedIdentifiers => self.add(
                "A report that names a record of the batch and an unknown one fails the whole batch, or counts for \
                 the known one: the documents do not say which.",
                &[c::PBR_3, c::PBR_4],
                &[c::AMB_13],
            ),
            How::EmptyIdentifier
            | How::NullIdentifier
            | How::MissingIdentifier
            | How::WrongTypeIdentifier
            | How::ForeignIdentifier
            | How::EarlierIdentifier => self.add(
                "An identifier that is empty, null, missing, of another type or not of the batch fails the whole \
                 batch.",
                &[c::PBR_3],
                &[],
            ),
            _ => self.add(
                "A response of another form counts as a success or as a failure of the whole batch: the documents do \
                 not say which. Return {\"batchItemFailures\": [{\"itemIdentifier\": …}]}.",
                &[c::PBR_2],
                &[c::AMB_14],
            ),
        }
    }

    fn splitting(&mut self) {
        if !self.mapping.bisect_batch_on_function_error || self.mapping.batch_size == 1 {
            return;
        }
        self.add(
            "Batches of odd size may be split either way. Healthy records are delivered again until the bad one is \
             alone: the function must bear repetitions.",
            &[c::BISECT_1, c::BISECT_5],
            &[c::AMB_5],
        );
        if self.mapping.maximum_retry_attempts == Some(0) {
            self.add(
                "With MaximumRetryAttempts 0 splitting should still isolate a bad record, for it costs no attempt; no \
                 recording shows it.",
                &[c::BISECT_3],
                &[c::AMB_7],
            );
        }
        if self.mapping.destination.is_some() && self.limited() {
            self.add(
                "Failure records of several bad records of one batch may be merged into one, whose batchSize is then \
                 above 1.",
                &[c::BISECT_8],
                &[c::AMB_3],
            );
        }
    }

    fn age(&mut self) {
        let Some(age) = self.age_ms() else { return };
        self.add(
            format!(
                "Discards for age can be late: with a limit of 60 s ages of 66 and 75 s were seen. A record may still be \
                 delivered shortly after {}.",
                duration(age)
            ),
            &[c::AGE_7],
            &[c::AMB_10],
        );
        if age >= DEFAULT_RETENTION_MS {
            let retention = match self.source {
                SourceKind::Kinesis => "a stream keeps records for 24 hours by default",
                SourceKind::DynamoDb => "a DynamoDB stream keeps records for 24 hours",
            };
            self.add(
                format!(
                    "MaximumRecordAgeInSeconds is {}, but {retention}: records may expire in the stream first, and no \
                     failure record is documented for that.",
                    duration(age)
                ),
                &[c::AGE_10, c::RETRY_11],
                &[c::AMB_27],
            );
        }
    }

    fn destination(&mut self) {
        let Some(destination) = self.mapping.destination.as_ref().filter(|_| self.limited()) else { return };
        match destination.kind() {
            DestinationKind::S3 => self.add(
                "The object holds the whole event as an escaped JSON text in `payload`. The role needs s3:PutObject and \
                 s3:ListBucket. Delete the destination together with its bucket: a stranger who creates a bucket of that \
                 name would receive the data.",
                &[c::S3_3, c::SEC_3, c::SEC_7],
                &[],
            ),
            kind => {
                let (what, right, rule) = match kind {
                    DestinationKind::Sns => ("topic", "sns:Publish", c::SEC_2),
                    _ => ("queue", "sqs:SendMessage", c::SEC_1),
                };
                self.add(
                    format!(
                        "The {what} receives metadata only, not the records: fetch them by shardId, \
                         startSequenceNumber and endSequenceNumber before they expire in the stream. The role needs \
                         {right}."
                    ),
                    &[c::REC_7, c::AGE_10, rule],
                    &[],
                );
            }
        }
        self.add(
            "If the destination refuses a failure record, it is lost and processing goes on.",
            &[c::DISCARD_7],
            &[c::AMB_21],
        );
    }

    fn start(&mut self) {
        if self.mapping.starting_position == StartingPosition::Latest {
            self.add(
                "LATEST can miss records put while the mapping is created or updated, for some minutes; TRIM_HORIZON \
                 does not. The timeline begins with the first record that is read.",
                &[c::STATE_8],
                &[c::AMB_29],
            );
        }
    }
}
