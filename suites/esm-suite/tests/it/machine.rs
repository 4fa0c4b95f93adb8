//! The machine of the reference, driven by hand: one input at a time, and what comes out of it.
//!
//! Not whether that conforms: the judge says so of whole runs, where most of this happens seldom.

use esm_model::event::ResponseFact;
use esm_model::mapping::Mapping;
use esm_model::reference::{
    FIELDS, Fault, FunctionResult, Held, Input, MAX_SHARDS, Machine, Output, Policy, Position, Request,
    Value, Write,
};
use esm_model::sequence::SequenceNumber;
use esm_model::when::Ms;
use std::collections::BTreeSet;

const RETENTION_MS: Ms = 100_000;

fn sequence(number: usize) -> SequenceNumber {
    number.to_string().parse().expect("a number")
}

/// Settings of batches that are split, with a queue of this name for failure records.
fn settings(queue: &str, retries: u32) -> Mapping {
    let arn = format!("arn:aws:sqs:eu-west-1:123456789012:{queue}");
    Mapping {
        maximum_retry_attempts: Some(retries),
        bisect_batch_on_function_error: true,
        destination: Some(arn.parse().expect("a queue")),
        ..Mapping::default()
    }
}

/// What came out of an input.
#[derive(Default)]
struct Told {
    reads: Vec<u8>,
    calls: Vec<Request>,
    writes: Vec<Write>,
}

struct Driven {
    machine: Machine,
    /// The last call.
    call: Option<Request>,
    read: usize,
}

impl Driven {
    fn new(settings: Mapping, shards: u8, policy: &str, fault: Option<Fault>) -> Driven {
        let policy = Policy::parse(policy).expect("a policy");
        Driven {
            machine: Machine::new(settings, shards, RETENTION_MS, policy, fault, 1, 0),
            call: None,
            read: 0,
        }
    }

    fn input(&mut self, now: Ms, input: Input<'_>) -> Told {
        let (mut out, mut told) = (Vec::new(), Told::default());
        self.machine.input(now, input, &mut out);
        for output in out {
            match output {
                Output::Fetch { shard, .. } => told.reads.push(shard),
                Output::Invoke(request) => told.calls.push(request),
                Output::Write(write) => told.writes.push(*write),
                Output::WakeAt(_) | Output::Checkpoint { .. } => {}
            }
        }
        self.call = told.calls.last().copied().or(self.call);
        told
    }

    /// Records that arrived at these times are read of shard 0, and there are no more.
    fn read(&mut self, now: Ms, arrivals: &[Ms]) -> Told {
        let first = self.read;
        self.read += arrivals.len();
        let held = |(index, arrival): (usize, &Ms)| Held {
            sequence: sequence(first + index),
            arrival: *arrival,
            size: 10,
        };
        let records: Vec<Held> = arrivals.iter().enumerate().map(held).collect();
        self.input(now, Input::Fetched { shard: 0, records: &records, more: false })
    }

    /// The answer to the last call.
    fn answer(&mut self, now: Ms, result: FunctionResult) -> Told {
        let request = self.call.expect("a call").id;
        self.input(now, Input::Answered { shard: 0, request, result })
    }

    fn succeed(&mut self, now: Ms) -> Told {
        self.answer(now, FunctionResult::Returned(Value::Null))
    }

    fn fail(&mut self, now: Ms) -> Told {
        self.answer(now, FunctionResult::Raised)
    }

    /// Two records that arrived at these times are read at the second one, fail and are split; the first succeeds and
    /// the second is under way.
    fn at_the_second_half(&mut self, arrivals: [Ms; 2]) -> Request {
        self.read(arrivals[1], &arrivals);
        self.fail(arrivals[1] + 10);
        self.succeed(arrivals[1] + 20);
        self.call.expect("a call")
    }
}

/// The records of a failure record, by their numbers.
fn records(write: &Write) -> Vec<String> {
    write.records.iter().map(|record| record.sequence.to_string()).collect()
}

#[test]
fn shards_are_opened_up_to_the_bound() {
    let mut machine = Driven::new(Mapping::default(), 2, "aws", None).machine;
    assert_eq!(machine.shards(), 2);
    assert_eq!(machine.open(Position::After(sequence(7)), 0), Some(2));
    assert_eq!(machine.shards(), 3);
    assert_eq!(machine.position(2), &Position::After(sequence(7)));
    for index in 3..MAX_SHARDS {
        assert_eq!(machine.open(Position::TrimHorizon, 0).map(usize::from), Some(index));
    }
    assert_eq!(machine.open(Position::TrimHorizon, 0), None);
    assert_eq!(machine.shards(), MAX_SHARDS);
}

#[test]
fn a_shard_is_read_from_where_it_is_placed() {
    let mut machine = Driven::new(Mapping::default(), 2, "aws", None).machine;
    machine.place(1, Position::After(sequence(7)), 0);
    assert_eq!(machine.position(0), &Position::TrimHorizon);
    assert_eq!(machine.position(1), &Position::After(sequence(7)));
}

#[test]
fn a_shard_is_idle_between_its_reads_and_batches() {
    let mut driven = Driven::new(Mapping::default(), 1, "aws", None);
    assert!(driven.machine.is_idle(0));
    driven.input(0, Input::Tick);
    assert!(!driven.machine.is_idle(0), "a read is under way");
    driven.read(10, &[5]);
    assert_eq!(driven.machine.hand(0).len(), 1);
    assert!(!driven.machine.is_idle(0), "a call is under way");
    driven.succeed(20);
    assert!(driven.machine.hand(0).is_empty());
    assert!(driven.machine.is_idle(0));
}

#[test]
fn what_was_under_way_at_a_restart_is_begun_anew() {
    let mut driven = Driven::new(Mapping::default(), 1, "aws", None);
    assert_eq!(driven.input(0, Input::Tick).reads, [0]);
    assert!(driven.input(10, Input::Tick).reads.is_empty());
    driven.machine.revive(Policy::AWS, None, 20);
    assert!(driven.machine.is_idle(0));
    assert_eq!(driven.input(20, Input::Tick).reads, [0]);
    let before = driven.read(30, &[25]).calls;
    driven.machine.revive(Policy::AWS, None, 40);
    assert_eq!(driven.input(40, Input::Tick).calls, before);
}

#[test]
fn an_input_of_one_shard_leaves_the_others_alone() {
    let mut driven = Driven::new(Mapping::default(), 2, "aws", None);
    assert_eq!(driven.input(0, Input::Arrived { shard: 1 }).reads, [1]);
    assert_eq!(driven.input(0, Input::Tick).reads, [0]);
}

#[test]
fn a_call_that_failed_is_followed_by_a_rest() {
    let unsplit = Mapping { bisect_batch_on_function_error: false, ..settings("failures", 1) };
    let mut driven = Driven::new(unsplit, 1, "aws", None);
    driven.read(10, &[5]);
    assert!(driven.fail(20).calls.is_empty());
    let rests_until = driven.machine.rests_until(0);
    assert!(rests_until > 20, "{rests_until}");
    assert!(driven.input(rests_until - 1, Input::Tick).calls.is_empty());
    assert_eq!(driven.input(rests_until, Input::Tick).calls.len(), 1);
}

#[test]
fn a_shard_is_tried_once_a_call_came_to_nothing() {
    let whole = Mapping { bisect_batch_on_function_error: false, ..settings("failures", 5) };
    for (settings, result, how) in [
        (whole.clone(), FunctionResult::Throttled, "a call that never reached the function"),
        (whole, FunctionResult::Raised, "a failed call of this very part"),
        (settings("failures", 5), FunctionResult::Raised, "a failed call of the batch that was split"),
    ] {
        let mut driven = Driven::new(settings, 1, "aws", None);
        driven.read(10, &[5, 6]);
        assert!(!driven.machine.is_tried(0), "the first call is under way");
        driven.answer(20, result);
        assert!(driven.machine.is_tried(0), "{how}");
    }
}

#[test]
fn failure_records_that_wait_are_owed() {
    // For a later moment (AMB-18): until the next answer.
    let single = Mapping { batch_size: 1, ..settings("failures", 0) };
    let mut driven = Driven::new(single, 2, "aws+write=late", None);
    driven.read(10, &[5, 5]);
    assert!(!driven.machine.owes(0));
    driven.fail(20);
    assert!(driven.machine.owes(0));
    assert_eq!(driven.succeed(30).writes.len(), 1);
    assert!(!driven.machine.owes(0));

    // For its neighbours (AMB-3).
    let mut driven = Driven::new(settings("failures", 0), 2, "aws+merge=merged", None);
    driven.read(10, &[5, 5]);
    driven.fail(20);
    driven.fail(30);
    assert!(driven.machine.owes(0));
    assert_eq!(driven.succeed(40).writes.len(), 1);
    assert!(!driven.machine.owes(0));

    // For another try (AMB-21): until the destination took it.
    let mut driven = Driven::new(settings("failures", 0), 2, "aws+refused=retried", None);
    driven.read(10, &[5]);
    let write = driven.fail(20).writes.remove(0);
    assert_eq!((driven.machine.owes(0), driven.machine.owes(1)), (true, false));
    driven.input(30, Input::Written { token: write.token, accepted: true });
    assert!(!driven.machine.owes(0));
}

#[test]
fn the_halves_lie_ahead_one_by_one() {
    let mut driven = Driven::new(settings("failures", 5), 1, "aws", None);
    driven.read(10, &[5, 6]);
    driven.fail(20);
    let ahead: Vec<Vec<Ms>> =
        driven.machine.ahead(0).map(|part| part.iter().map(|r| r.arrival).collect()).collect();
    assert_eq!(ahead, [[5], [6]]);
    driven.succeed(30);
    let second = driven.call.expect("a call");
    assert_eq!(second.records(), 1);
    assert_eq!(driven.machine.batch(&second)[0].sequence, sequence(1));
}

#[test]
fn what_the_stream_lost_is_told_of_as_it_was_tried() {
    let mut driven = Driven::new(settings("failures", 5), 1, "aws+retention=written", None);
    let second = driven.at_the_second_half([0, 10]);
    driven.fail(40);
    let told = driven.input(RETENTION_MS + 11, Input::Tick);
    let [write] = &told.writes[..] else { panic!("{:?}", told.writes) };
    assert_eq!((records(write), write.request, write.count), (vec!["1".to_owned()], second.id, 1));
}

#[test]
fn what_was_never_taken_is_told_of_by_the_settings_in_force() {
    let before = Mapping { destination: None, ..settings("failures", 5) };
    let mut driven = Driven::new(before, 1, "aws+retention=written", None);
    driven.input(10, Input::Configure(Box::new(settings("failures", 5))));
    let told = driven.read(RETENTION_MS + 1, &[0]);
    assert_eq!((told.writes.len(), told.calls.len()), (1, 0));
}

#[test]
fn attempts_before_an_expiry_count_for_what_is_left() {
    let aged = Mapping { maximum_record_age_in_seconds: Some(60), ..settings("failures", 5) };
    let aged = Mapping { bisect_batch_on_function_error: false, ..aged };
    let policy = "aws+age_attempts=reset+count_scope=with-ancestors";
    let mut driven = Driven::new(aged, 1, policy, None);
    driven.read(30_000, &[0, 30_000]);
    driven.fail(30_010);
    let first = driven.input(60_001, Input::Tick).writes.remove(0);
    driven.fail(60_010);
    let second = driven.input(90_001, Input::Tick).writes.remove(0);
    assert_eq!((records(&first), first.count), (vec!["0".to_owned()], 1));
    assert_eq!((records(&second), second.count), (vec!["1".to_owned()], 2));
}

#[test]
fn failure_records_for_two_queues_are_not_merged() {
    let policy = "aws+merge=merged+update=new";
    for (moved, expected) in [(false, 1), (true, 2)] {
        let mut driven = Driven::new(settings("failures", 0), 1, policy, None);
        driven.read(10, &[5, 5]);
        driven.fail(20);
        driven.fail(30);
        if moved {
            driven.input(35, Input::Configure(Box::new(settings("others", 0))));
        }
        assert_eq!(driven.fail(40).writes.len(), expected);
    }
}

#[test]
fn what_never_reached_the_function_is_told_of_as_it_was_tried() {
    let mut driven = Driven::new(settings("failures", 1), 1, "aws", Some(Fault::ThrottleCounts));
    let second = driven.at_the_second_half([0, 10]);
    driven.fail(40);
    driven.input(10_000, Input::Tick);
    let write = driven.answer(10_010, FunctionResult::Throttled).writes.remove(0);
    assert_eq!((records(&write), write.request, write.count), (vec!["1".to_owned()], second.id, 2));

    for (fault, response) in
        [(None, ResponseFact::Absent), (Some(Fault::TooLargeHasResponse), ResponseFact::Unhandled)]
    {
        let mut driven = Driven::new(settings("failures", 0), 1, "aws", fault);
        driven.at_the_second_half([0, 10]);
        let write = driven.answer(40, FunctionResult::TooLarge).writes.remove(0);
        assert_eq!((records(&write), write.response), (vec!["1".to_owned()], response));
    }
}

#[test]
fn a_planted_count_adds_the_attempts_before_the_split() {
    for (fault, count) in [(None, 1), (Some(Fault::CountCumulative), 2)] {
        let mut driven = Driven::new(settings("failures", 0), 1, "aws", fault);
        driven.at_the_second_half([0, 10]);
        assert_eq!(driven.fail(40).writes[0].count, count);
    }
}

/// Every pair of choices of two fields stands in some policy, and none stands twice. Duplicates (AMB-24) stay off.
#[test]
fn the_policies_have_every_pair_of_choices() {
    let rows: Vec<Vec<usize>> = Policy::covering_set().iter().map(|(_, policy)| policy.variants()).collect();
    assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), rows.len());
    let choices: Vec<(usize, usize)> = (0..FIELDS.len())
        .filter(|field| FIELDS[*field].0 != 24)
        .flat_map(|field| (0..FIELDS[field].2.len()).map(move |choice| (field, choice)))
        .collect();
    for &(a, x) in &choices {
        for &(b, y) in choices.iter().filter(|(b, _)| *b != a) {
            assert!(rows.iter().any(|row| row[a] == x && row[b] == y), "{a}={x} with {b}={y}");
        }
    }
}
