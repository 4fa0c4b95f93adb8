//! Which exercises are tried: one for each thing that AWS is known to do, then some drawn from a seed with several of them
//! at once.
//!
//! Exercise *i* is a pure function of the kind of stream, the way failure records arrive, the seed and *i*.

use super::exercise::{Answered, Arrival, Batch, Exercise};
use esm_model::mapping::SourceKind;
use esm_model::wire::Condition;
use esmeralda_wire::manners::Manners;
use rand_xoshiro::Xoshiro256PlusPlus;
use rand_xoshiro::rand_core::{RngCore, SeedableRng};

/// How many exercises have nothing special about them: what is usual is learnt from them.
pub(super) const PLAIN: usize = 3;
/// Records of the longest range.
const MANY: usize = 300;

/// Every exercise, the plainest first.
pub(super) fn exercises(source: SourceKind, arrival: Arrival, seed: u64, drawn: u64) -> Vec<Exercise> {
    let mut all = fixed(source, arrival);
    all.extend((0..drawn).map(|index| draw(source, arrival, seed, index)));
    // The streams of tables here have one shard, and no consumers.
    all.retain(|exercise| source == SourceKind::Kinesis || exercise.shards() == 1 && !exercise.fan_out);
    all
}

fn fixed(source: SourceKind, arrival: Arrival) -> Vec<Exercise> {
    let plain = |name: &str, count: usize| Exercise::plain(name, source, arrival, count);
    let with = |name: &str, count: usize, change: &dyn Fn(&mut Exercise)| {
        let mut exercise = plain(name, count);
        change(&mut exercise);
        exercise
    };
    let reading = |name: &str, manners: Manners| with(name, 5, &|exercise| exercise.reading = manners);
    let two = |exercise: &mut Exercise, shard: usize| {
        exercise.batches.push(Batch { shard, ..exercise.batches[0].clone() });
        exercise.events.push(vec![1]);
    };
    let mut all = vec![
        plain("one record", 1),
        plain("some records", 5),
        plain("hundreds of records", MANY),
        // What failed one by one may be told together (BISECT-8): to its reader a range like any other.
        plain("records of a bisected batch, merged into one range", 4),
        with("an event too large for an invocation", 1, &|exercise| {
            exercise.batches[0].answered = Answered::Nothing;
        }),
        with("records that grew too old", 3, &|exercise| {
            exercise.batches[0].condition = Condition::RecordAgeExceeded;
            exercise.batches[0].answered = Answered::Nothing;
        }),
        with("failures that the function reported", 3, &|exercise| {
            exercise.batches[0].answered = Answered::Failures;
        }),
        with("members that are new", 2, &|exercise| exercise.unknown = true),
        with("an alias", 2, &|exercise| exercise.alias = true),
        with("enhanced fan-out", 2, &|exercise| exercise.fan_out = true),
        with("a filter left some out", 5, &|exercise| exercise.batches[0].filtered = true),
        with("the second shard", 3, &|exercise| exercise.batches[0].shard = 1),
        with("both halves of a batch", 2, &|exercise| two(exercise, 0)),
        with("two shards", 2, &|exercise| two(exercise, 1)),
        reading("pages of two records", Manners { page_records: 2, ..Manners::default() }),
        reading("empty pages first", Manners { empty_reads: 3, ..Manners::default() }),
        reading("a read refused", Manners { refuse_read: 1, ..Manners::default() }),
        reading(
            "an iterator that expires on the way",
            Manners { page_records: 2, expire_read: 2, ..Manners::default() },
        ),
        with("the same failure record again", 3, &|exercise| exercise.events.push(vec![0])),
        with("nothing left in the stream", 3, &|exercise| exercise.batches[0].gone = 3),
        with("the first records gone", 5, &|exercise| exercise.batches[0].gone = 2),
    ];
    if arrival.by_queue() {
        all.push(with("two messages in one event", 2, &|exercise| {
            two(exercise, 0);
            exercise.events = vec![vec![0, 1]];
        }));
    }
    if arrival.by_bucket() {
        all.push(with("slashes encoded", 2, &|exercise| exercise.slashes = true));
    }
    all
}

fn draw(source: SourceKind, arrival: Arrival, seed: u64, index: u64) -> Exercise {
    let kinesis = u64::from(source == SourceKind::Kinesis);
    let mut random = Xoshiro256PlusPlus::seed_from_u64(seed.rotate_left(32) ^ index);
    let mut below = |n: u64| (random.next_u64() >> 33) % n;
    let mut exercise = Exercise::plain(&format!("drawn, number {index}"), source, arrival, 1);
    exercise.batches.clear();
    exercise.events.clear();
    for number in 0..1 + below(3) as usize {
        let (condition, answered) = match below(4) {
            0 => (Condition::RecordAgeExceeded, Answered::Nothing),
            1 => (Condition::RetryAttemptsExhausted, Answered::Failures),
            2 => (Condition::RetryAttemptsExhausted, Answered::Nothing),
            _ => (Condition::RetryAttemptsExhausted, Answered::Error),
        };
        let (shard, count, filtered) = (below(1 + kinesis) as usize, 1 + below(8) as usize, below(4) == 0);
        exercise.batches.push(Batch { shard, count, gone: 0, filtered, condition, answered });
        exercise.events.push(vec![number]);
    }
    if arrival.by_queue() && below(2) == 0 {
        exercise.events = vec![(0..exercise.batches.len()).collect()];
    }
    if below(3) == 0 {
        let again = below(exercise.batches.len() as u64) as usize;
        exercise.events.push(vec![again]);
    }
    if below(4) == 0 {
        // The oldest of its shard.
        let batch = &mut exercise.batches[0];
        batch.gone = 1 + below(batch.count as u64) as usize;
    }
    exercise.reading = Manners {
        page_records: [0, 1, 2, 3][below(4) as usize],
        empty_reads: [0, 0, 1, 4][below(4) as usize],
        ..Manners::default()
    };
    match below(4) {
        0 => exercise.reading.expire_read = 2,
        1 => exercise.reading.refuse_read = 1 + below(2),
        _ => {}
    }
    exercise.alias = below(4) == 0;
    exercise.fan_out = below(4) < kinesis;
    exercise.unknown = below(4) == 0;
    exercise.slashes = arrival.by_bucket() && below(4) == 0;
    exercise
}
