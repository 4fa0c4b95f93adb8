//! The driver in a world of a test's own: what it is started with, and records for it.

use esm_model::bounds::Bounds;
use esm_model::mapping::{Mapping, SourceKind};
use esm_model::reference::Policy;
use esm_model::sequence::SequenceNumber;
use esm_model::setup::{MappingSetup, Setup};
use esm_model::when::EPOCH_MS;
use esmeralda::clock::Wall;
use esmeralda_wire::driver::Start;
use esmeralda_wire::upstream::Record;

/// A mapping of a stream with this shard.
pub(crate) fn one_shard(shard: &str, settings: Mapping) -> Start {
    let setup = Setup {
        region: "us-east-1".to_owned(),
        stream_arn: "arn:aws:kinesis:us-east-1:000000000000:stream/s".to_owned(),
        role_arn: "arn:aws:iam::000000000000:role/r".to_owned(),
        shard_ids: vec![shard.to_owned()],
        mappings: vec![MappingSetup {
            uuid: "00000000-0000-4000-8000-000000000000".to_owned(),
            function_arn: "F".to_owned(),
            executed_version: "$LATEST".to_owned(),
        }],
        bounds: Bounds::default(),
        epoch_ms: EPOCH_MS,
    };
    Start {
        settings,
        source: SourceKind::Kinesis,
        setup,
        retention_ms: 24 * 3_600_000,
        policy: Policy::AWS,
        fault: None,
        seed: 1,
        change_delay_ms: 0,
        resume: None,
    }
}

/// A record that has just arrived; its number is its data.
pub(crate) fn record(number: u64) -> Record {
    Record {
        sequence: SequenceNumber::from(number),
        arrival_ms: Wall::start().epoch_ms(),
        partition_key: "k".to_owned(),
        data: number.to_string().into(),
        change: None,
    }
}

/// Runs a test where drivers can run.
pub(crate) fn driven(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, test);
}
