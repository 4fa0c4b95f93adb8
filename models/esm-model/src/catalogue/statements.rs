//! The page from which the subject of this crate is taken, statement by statement, with the rules that hold
//! each one.
//!
//! The page is the AWS Lambda developer guide's "Retain discarded batch records for a Kinesis Data Streams
//! event source". What other sources say is found by way of the rules only.

use super::types::AmbiguityId;
use super::*;
use serde::Serialize;

/// One statement of the page, in our words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// What the page says.
    pub text: &'static str,
    /// The rules that hold it. Never empty.
    pub rules: &'static [RuleId],
    /// What it leaves open.
    pub ambiguities: &'static [AmbiguityId],
    /// The parameters of a mapping that it is about, as the API spells them.
    pub parameters: &'static [&'static str],
    /// What else is worth knowing.
    pub remark: Option<&'static str>,
}

/// Every statement of the page, in its order.
pub static STATEMENTS: &[Statement] = &[
    Statement {
        text: "Handling depends on whether an error occurs before or during the invocation.",
        rules: &[RETRY_1, RETRY_2],
        ambiguities: &[AMB_1],
        parameters: &[],
        remark: None,
    },
    Statement {
        text: "Before the invocation: throttles and other problems are retried until the records expire or \
            exceed the limit of age.",
        rules: &[RETRY_1, AGE_1],
        ambiguities: &[AMB_1],
        parameters: &["MaximumRecordAgeInSeconds"],
        remark: None,
    },
    Statement {
        text: "During the invocation: a batch is retried until it expires, exceeds the limit of age, or \
            has used up its attempts.",
        rules: &[RETRY_2, RETRY_3, AGE_5],
        ambiguities: &[AMB_12, AMB_31],
        parameters: &["MaximumRetryAttempts", "MaximumRecordAgeInSeconds"],
        remark: None,
    },
    Statement {
        text: "Splitting on function errors halves a failed batch, isolates bad records, gets around \
            timeouts and costs no attempts.",
        rules: &[BISECT_1, BISECT_2, BISECT_3, RETRY_6],
        ambiguities: &[AMB_5, AMB_7, AMB_8],
        parameters: &["BisectBatchOnFunctionError"],
        remark: None,
    },
    Statement {
        text: "When these measures fail the records are discarded and the stream goes on.",
        rules: &[DISCARD_1, RETRY_7],
        ambiguities: &[],
        parameters: &["MaximumRetryAttempts", "MaximumRecordAgeInSeconds"],
        remark: None,
    },
    Statement {
        text: "With default settings a bad record can block its shard for up to a week, which limits of \
            attempts and age prevent.",
        rules: &[RETRY_11],
        ambiguities: &[],
        parameters: &["MaximumRetryAttempts", "MaximumRecordAgeInSeconds"],
        remark: None,
    },
    Statement {
        text: "A destination keeps a JSON document of metadata for each failed batch, and a bucket also \
            the whole invocation record.",
        rules: &[DISCARD_2, DISCARD_8, S3_3],
        ambiguities: &[AMB_3, AMB_4, AMB_18],
        parameters: &["DestinationConfig"],
        remark: None,
    },
    Statement {
        text: "Any topic, queue or bucket can be the destination.",
        rules: &[PARAM_12],
        ambiguities: &[],
        parameters: &["DestinationConfig"],
        remark: Some("The document's own example names a queue in another region."),
    },
    Statement {
        text: "Event notifications of the bucket can start another function.",
        rules: &[SEC_9],
        ambiguities: &[],
        parameters: &[],
        remark: None,
    },
    Statement {
        text: "Permissions are needed for each kind of destination, for its key, and across accounts.",
        rules: &[DISCARD_6, SEC_1, SEC_2, SEC_3, SEC_4, SEC_5, SEC_6],
        ambiguities: &[AMB_21],
        parameters: &["DestinationConfig"],
        remark: None,
    },
    Statement {
        text: "Failure is the only condition under which a destination is used.",
        rules: &[DISCARD_5],
        ambiguities: &[],
        parameters: &["DestinationConfig"],
        remark: None,
    },
    Statement {
        text: "A mapping is created with a destination; attempts, age and destination are updated later \
            and asynchronously; a get shows the state; an empty string removes the destination.",
        rules: &[API_1, API_19, API_21, STATE_3],
        ambiguities: &[AMB_22],
        parameters: &["MaximumRetryAttempts", "MaximumRecordAgeInSeconds", "DestinationConfig"],
        remark: None,
    },
    Statement {
        text: "A destination must be removed together with its bucket, or a stranger may receive the data, \
            against which a condition on the account helps.",
        rules: &[SEC_7, SEC_8],
        ambiguities: &[],
        parameters: &["DestinationConfig"],
        remark: None,
    },
    Statement {
        text: "An example shows the document for queues and topics, which holds metadata only, and every \
            member of the batch information is always there.",
        rules: &[
            REC_1, REC_2, REC_3, REC_4, REC_5, REC_6, REC_7, REC_8, REC_9, REC_10, REC_11, REC_12, REC_13,
        ],
        ambiguities: &[AMB_2, AMB_16, AMB_20],
        parameters: &[],
        remark: None,
    },
    Statement {
        text: "Stream, shard and the two sequence numbers serve to fetch the records, as long as the \
            stream has them.",
        rules: &[REC_7, REC_8, AGE_10],
        ambiguities: &[AMB_11, AMB_27],
        parameters: &[],
        remark: None,
    },
    Statement {
        text: "An example shows the object in a bucket, which has the same members and the payload as an \
            escaped JSON string.",
        rules: &[S3_3, S3_4],
        ambiguities: &[],
        parameters: &[],
        remark: None,
    },
    Statement {
        text: "Objects are named by mapping, shard and time.",
        rules: &[S3_1, S3_2],
        ambiguities: &[],
        parameters: &[],
        remark: None,
    },
];
