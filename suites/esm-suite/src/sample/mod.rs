//! The one sampler of cases: draws a valid [`Case`] from a random source, with biases that were measured to matter.
//!
//! Used three ways: by seed (here), by the bulk campaign (which draws by index), and as a proptest strategy (see
//! [`strategy`]). Swarm: each case switches a subset of the features off, so that the rest gets deep.

mod mapping;
mod records;
mod source;
pub mod strategy;
mod timeline;
pub mod wire;

pub use source::{GENERATOR_VERSION, Source};

use esm_model::case::{Case, FORMAT, Function};
use esm_model::mapping::SourceKind;
use esm_model::script::SuccessShape;
use esm_model::when::Ms;

/// A feature that a case may have; a case without it never touches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Feature {
    /// BisectBatchOnFunctionError.
    Bisect,
    /// ReportBatchItemFailures.
    Reports,
    /// MaximumRecordAgeInSeconds.
    Age,
    /// MaximumBatchingWindowInSeconds.
    Window,
    /// Throttles and service errors.
    Unreachable,
    /// A destination that refuses writes.
    Refusal,
    /// Disabling and enabling.
    Pause,
    /// Updates.
    Update,
    /// Several shards.
    Shards,
    /// Several mappings.
    Mappings,
    /// Large records.
    Large,
    /// Malformed and unrecognised responses.
    Odd,
    /// Slow functions.
    Slow,
    /// Starting positions other than TRIM_HORIZON, and late creation.
    Start,
    /// A short retention of the stream.
    Retention,
    /// Many records.
    Many,
}

/// How many percent of the cases have each feature, in the order of [`Feature`]: enough that every planted bug shows in
/// about one case in a hundred, and few enough that most cases have only some of them.
const SHARES: [u32; 16] = [50, 50, 30, 25, 34, 18, 12, 16, 28, 18, 12, 48, 22, 22, 12, 12];

/// The features of one case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Features(u16);

impl Features {
    fn draw(source: &mut Source) -> Features {
        let mut bits = 0;
        for (index, share) in SHARES.iter().enumerate() {
            bits |= u16::from(source.chance(*share)) << index;
        }
        Features(bits)
    }

    /// Whether the case has the feature.
    pub fn has(self, feature: Feature) -> bool {
        self.0 & (1 << feature as u8) != 0
    }
}

/// Case `index` under `seed`.
pub fn case(seed: u64, index: u64) -> Case {
    draw(&mut Source::new(seed, index))
}

/// Draws a case.
pub fn draw(source: &mut Source) -> Case {
    let features = Features::draw(source);
    let kind = if source.chance(25) { SourceKind::DynamoDb } else { SourceKind::Kinesis };
    let shards = if features.has(Feature::Shards) { 2 + u8::from(source.chance(25)) } else { 1 };
    let function = function(source, features);
    let mappings = mapping::mappings(source, features, kind);
    let records = records::records(source, features, shards, &function, &mappings[0]);
    let last = records
        .last()
        .map_or(0, |record| record.at)
        .max(mappings.iter().map(|m| m.created_at).max().unwrap_or(0));
    let rest = mapping::rest_ms(source, &mappings);
    let actions = timeline::actions(source, features, &mappings, &records, last + rest);
    let end = actions.iter().map(|step| step.at + step.action.lasts()).fold(last, Ms::max);
    let closing_at = source.chance(85).then(|| end + rest);
    let horizon_ms = closing_at.unwrap_or(end) + source.pick(&[700_000, 4_000_000, 90_000_000]);
    Case {
        format: FORMAT,
        source: kind,
        shards,
        retention_ms: if features.has(Feature::Retention) {
            source.pick(&[30_000, 60_000, 90_000, 600_000])
        } else {
            86_400_000
        },
        function,
        mappings,
        records,
        actions,
        closing_at,
        horizon_ms,
        max_invocations: source.pick(&[10, 16, 16, 24]),
    }
}

fn function(source: &mut Source, features: Features) -> Function {
    let slow = features.has(Feature::Slow);
    Function {
        timeout_ms: if slow { source.pick(&[1_000, 3_000, 10_000, 300_000]) } else { 3_000 },
        success: if source.chance(40) { SuccessShape::NoItems } else { source.pick(SuccessShape::ALL) },
        reports_ascending: source.chance(60),
        foreign: false,
    }
}
