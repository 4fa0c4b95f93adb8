//! The endpoint in memory, seen from outside: by HTTP, by a client that knows no AWS.

mod dynamodb;
mod function;
mod kinesis;
mod lambda;
mod manners;
mod mapping;
mod mutants;
mod query;
mod s3;
mod sqs;
mod support;
