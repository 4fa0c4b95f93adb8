//! The endpoint in memory, seen from outside: by HTTP, by a client that knows no AWS.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

mod client;
mod driven;
mod driver;
mod dynamodb;
mod function;
mod kinesis;
mod lambda;
mod manners;
mod mapping;
mod mutants;
mod query;
mod reshard;
mod s3;
mod server;
mod sqs;
mod support;
