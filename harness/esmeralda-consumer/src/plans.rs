//! Which histories are tried: some that everybody should see, then some drawn from a seed; under the user's settings and,
//! if asked for, under others.
//!
//! History *i* is a pure function of the settings, the samples' kinds, the seed and *i*.

use crate::history::{History, Mark};
use crate::sample::Samples;
use esm_model::case::{
    Case, CaseMapping, DEFAULT_MAX_INVOCATIONS, FORMAT, Function, MAX_TIME_MS, PAYLOAD_LIMIT, Record,
};
use esm_model::mapping::{Destination, Mapping, SourceKind, StartingPosition};
use esm_model::reference::{Duplicates, Policy};
use esm_model::when::Ms;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

/// Calls after which a shard is cut that would go on for ever.
const ENDLESS_CALLS: u32 = 12;
/// What the history with a full batch is called.
pub(crate) const FULL: &str = "a full batch of good records";
/// Most records of the full batch that is tried.
pub const FULL_MOST: usize = 4_000;
/// Bytes of an event record beside its data, as generous as events are.
const ENVELOPE: u64 = 600;
/// Histories drawn for each of the other settings.
const DRAWN_ELSEWHERE: u64 = 3;
/// Where failure records go: nobody reads them here, but discards show.
const DESTINATION: &str = "arn:aws:sqs:eu-west-1:123456789012:failures";

/// What histories are made for.
#[derive(Debug, Clone)]
pub struct Plan<'p> {
    /// The user's settings.
    pub mapping: &'p Mapping,
    /// What it reads.
    pub source: SourceKind,
    /// What records are made of.
    pub samples: &'p Samples,
    /// The function's timeout.
    pub timeout_ms: Ms,
    /// Whether other settings are tried as well.
    pub explore: bool,
    /// Equal seeds mean equal histories.
    pub seed: u64,
    /// How many histories are drawn.
    pub drawn: u64,
}

impl Plan<'_> {
    /// Every history, the plainest first.
    pub fn histories(&self) -> Vec<History> {
        let own = modelled(self.mapping);
        let mut all = self.fixed(&own, true);
        all.insert(1, self.full(&own));
        all.extend((0..self.drawn).map(|index| self.draw(&own, true, index)));
        if self.explore {
            for (number, other) in others(&own).iter().enumerate() {
                let kin = other.report_batch_item_failures == own.report_batch_item_failures;
                all.extend(self.fixed(other, kin));
                let from = (number as u64 + 1) << 32;
                all.extend((from..from + DRAWN_ELSEWHERE).map(|index| self.draw(other, kin, index)));
            }
        }
        all
    }

    fn full(&self, mapping: &Mapping) -> History {
        let weight = self.samples.largest_good().div_ceil(3) as u64 * 4 + ENVELOPE;
        let fit = (PAYLOAD_LIMIT / weight) as usize;
        let count = (mapping.batch_size as usize).min(FULL_MOST).min(fit).max(1);
        self.one(FULL, &"g".repeat(count), mapping, true)
    }

    /// Histories that everybody should see. `g` is a good record, `b` a bad one; a space begins a new batch, as far as
    /// arrivals decide that.
    fn fixed(&self, mapping: &Mapping, own: bool) -> Vec<History> {
        let bad = self.samples.has_bad();
        let make = |name: &str, records: &str| {
            let records = if bad { records.to_owned() } else { records.replace('b', "g") };
            self.one(name, &records, mapping, own)
        };
        let mut all = vec![make("one good record", "g"), make("good records in some batches", "ggg gg gggg")];
        if bad {
            all.extend([
                make("one bad record", "b"),
                make("a bad record first", "bggg"),
                make("a bad record in the middle", "ggbgg"),
                make("a bad record last", "gggb"),
                make("two bad records", "gbgbg"),
                make("nothing but bad records", "bbb"),
                make("bad records in some batches", "gbg ggg bgg"),
            ]);
        }
        let shards = History { name: "two shards".to_owned(), ..over_two_shards(make("", "gggg gbgg gggg")) };
        let lost = make("an answer lost after good records", "gggg");
        let lost_bad = make("an answer lost after a bad record", "ggbg");
        let again = make("batches delivered again after success", "gg gg gg gg gg gg");
        all.extend([
            shards,
            History { lost: vec![0], ..lost },
            History { lost: vec![0], ..lost_bad },
            History { policy: Policy { duplicates: Duplicates::Redelivery, ..Policy::AWS }, ..again },
        ]);
        all
    }

    fn one(&self, name: &str, records: &str, mapping: &Mapping, own: bool) -> History {
        let mut history = self.empty(name, mapping, own);
        let mut at = 0;
        for (index, kind) in records.chars().enumerate() {
            match kind {
                ' ' => at += 1_000,
                kind => history.add(
                    at,
                    0,
                    Mark { bad: kind == 'b', sample: index as u32, key: (index % 2) as u8 },
                ),
            }
        }
        history
    }

    fn draw(&self, mapping: &Mapping, own: bool, index: u64) -> History {
        let mut source = Source::new(self.seed, index);
        let mut history = self.empty("a drawn history", mapping, own);
        let count = 1 + source.below(12);
        history.case.shards = 1 + source.below(3) as u8;
        let keys = 1 + source.below(4);
        let bad_in_a_hundred = [0, 15, 50][source.below(3) as usize];
        let mut at = 0;
        for _ in 0..count {
            if source.below(100) < 25 {
                at += 1_000;
            }
            let shard = source.below(u32::from(history.case.shards)) as u8;
            let bad = self.samples.has_bad() && source.below(100) < bad_in_a_hundred;
            let mark = Mark { bad, sample: source.below(1 << 16), key: source.below(keys) as u8 };
            history.add(at, shard, mark);
        }
        if source.below(100) < 20 {
            history.lost.push(source.below(3));
        }
        if source.below(100) < 20 {
            history.policy.duplicates = Duplicates::Redelivery;
        }
        history
    }

    fn empty(&self, name: &str, mapping: &Mapping, own: bool) -> History {
        let endless =
            mapping.maximum_retry_attempts.is_none() && mapping.maximum_record_age_in_seconds.is_none();
        let calls = if endless { ENDLESS_CALLS } else { DEFAULT_MAX_INVOCATIONS };
        let case = Case {
            format: FORMAT,
            source: self.source,
            shards: 1,
            retention_ms: MAX_TIME_MS,
            function: Function { timeout_ms: self.timeout_ms, foreign: true, ..Function::default() },
            mappings: vec![CaseMapping { created_at: 0, qualifier: None, settings: mapping.clone() }],
            records: Vec::new(),
            actions: Vec::new(),
            closing_at: None,
            horizon_ms: MAX_TIME_MS,
            max_invocations: calls,
        };
        let (policy, lost) = (Policy::AWS, Vec::new());
        History { name: name.to_owned(), case, marks: Vec::new(), policy, lost, own }
    }
}

impl History {
    fn add(&mut self, at: Ms, shard: u8, mark: Mark) {
        self.case.records.push(Record { shard, ..Record::healthy(at) });
        self.marks.push(mark);
    }
}

/// Every other record goes to a second shard.
fn over_two_shards(mut history: History) -> History {
    history.case.shards = 2;
    history.case.records.iter_mut().enumerate().for_each(|(index, record)| record.shard = (index % 2) as u8);
    history
}

/// The settings as far as they are modelled, from the beginning of the stream, and with discards that show.
pub(crate) fn modelled(mapping: &Mapping) -> Mapping {
    Mapping {
        parallelization_factor: 1,
        tumbling_window_in_seconds: 0,
        filters: Vec::new(),
        starting_position: StartingPosition::TrimHorizon,
        enabled: true,
        destination: DESTINATION.parse::<Destination>().ok(),
        ..mapping.clone()
    }
}

/// The other settings, none of them with larger batches than the user's.
fn others(own: &Mapping) -> Vec<Mapping> {
    let mut all = Vec::new();
    for reports in [own.report_batch_item_failures, !own.report_batch_item_failures] {
        for bisect in [false, true] {
            for retries in [Some(0), Some(2)] {
                for batch in [own.batch_size, own.batch_size.min(2)] {
                    all.push(Mapping {
                        report_batch_item_failures: reports,
                        bisect_batch_on_function_error: bisect,
                        maximum_retry_attempts: retries,
                        maximum_record_age_in_seconds: None,
                        batch_size: batch,
                        ..own.clone()
                    });
                }
            }
        }
        all.push(Mapping {
            report_batch_item_failures: reports,
            maximum_retry_attempts: None,
            maximum_record_age_in_seconds: Some(60),
            ..own.clone()
        });
    }
    all.dedup();
    all.retain(|mapping| mapping != own);
    all
}

/// Random choices of one history.
struct Source(Xoshiro256PlusPlus);

impl Source {
    fn new(seed: u64, index: u64) -> Source {
        // Odd constants keep neighbouring seeds and indices apart; the generator's own seeding mixes the rest.
        let mixed = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ index.wrapping_mul(0xD1B5_4A32_D192_ED03);
        Source(Xoshiro256PlusPlus::seed_from_u64(mixed))
    }

    /// A number below `bound`, which is at least 1.
    fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.0.next_u32()) * u64::from(bound)) >> 32) as u32
    }
}
