//! The section SEC: permissions for destinations, and who owns them.
//!
//! None of it can be seen on a target that enforces no permissions. What becomes of a failure record that
//! could not be written is in [`super::discard`].

use super::DISCARD_7;
use super::requirements;
use super::types::{Certainty, Kind, Status};

const PERMISSIONS: &str = "permissions are not modelled yet, and few targets enforce them";

requirements! { RULES: Sec;
    SEC_1 (1) Kind::Obligation, Certainty::Documented, Status::Later(PERMISSIONS);
        says: "Writing to a queue takes the permission sqs:SendMessage on it.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
        observed: "a role without it loses the failure record";
    SEC_2 (2) Kind::Obligation, Certainty::Documented, Status::Later(PERMISSIONS);
        says: "Writing to a topic takes the permission sns:Publish on it.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
        observed: "a role without it loses the failure record";
    SEC_3 (3) Kind::Obligation, Certainty::Documented, Status::Later(PERMISSIONS);
        says: "Writing to a bucket takes both s3:PutObject and s3:ListBucket.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
        observed: "a role without either loses the failure record";
    SEC_4 (4) Kind::Obligation, Certainty::Documented, Status::Later(PERMISSIONS);
        says: "A bucket with a customer-managed key takes kms:GenerateDataKey in addition.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
        observed: "a role without it loses the failure record";
    SEC_5 (5) Kind::Obligation, Certainty::Documented, Status::Later(PERMISSIONS);
        says: "A key in another account must itself trust the execution role.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
        observed: "a key policy without the role loses the failure record";
    SEC_6 (6) Kind::Restates(DISCARD_7), Certainty::Documented, Status::Later(PERMISSIONS);
        says: "A missing permission costs the failure record and does not stop the mapping.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
        observed: "the invocations after a refused write";
    SEC_7 (7) Kind::Permission, Certainty::Documented, Status::Later(PERMISSIONS);
        says: "Whoever re-creates a deleted bucket under its old name receives the failure records, \
            payload included, of the mappings that still name it and whose execution role may write to any \
            bucket.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
        observed: "objects in a bucket of another account";
    SEC_8 (8) Kind::Obligation, Certainty::Documented, Status::Later(PERMISSIONS);
        says: "A condition on the account that owns the bucket, in the execution role's policy, keeps \
            failure records out of foreign buckets.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
        observed: "writes to a bucket of another account are refused; the printed example may not cover \
            s3:ListBucket";
    SEC_9 (9) Kind::Obligation, Certainty::Documented, Status::Later(PERMISSIONS);
        says: "A new object in a destination bucket raises the bucket's ordinary event notification, which \
            can start another function.";
        source: "AWS Lambda developer guide, kinesis-on-failure-destination";
        observed: "the notification, whose object key is URL-encoded";
}
