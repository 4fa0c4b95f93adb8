//! How idle mappings pace their reads.

use esmeralda_engine::pace::{BUSY_POLL, IDLE_POLL, Pace, SLOW_POLL};
use std::time::Duration;

/// The pace after so many reads that gave nothing, each of which took so long.
fn idle(reads: u32, took_ms: u64, readers: u32) -> Pace {
    (0..reads).fold(Pace::default(), |pace, _| pace.after(true, Duration::from_millis(took_ms), readers))
}

#[test]
fn an_idle_mapping_reads_ever_less_often_and_once_a_second_at_least() {
    let waits: Vec<Duration> = (0..20).map(|reads| idle(reads, 1, 1).wait()).collect();
    assert!(waits.is_sorted() && waits[0] == BUSY_POLL && waits[1] > BUSY_POLL, "{waits:?}");
    assert_eq!(waits.last(), Some(&IDLE_POLL));
}

#[test]
fn idle_mappings_leave_a_slow_upstream_half_of_its_time() {
    for (took_ms, readers) in [(5, 200), (20, 200), (40, 50), (300, 10)] {
        let busy = Duration::from_millis(took_ms) * readers;
        let wait = idle(10, took_ms, readers).wait();
        assert!(wait >= busy, "{readers} reads of {took_ms} ms in {wait:?}");
    }
}

#[test]
fn nobody_waits_for_ever() {
    assert_eq!(idle(10, 10_000, 200).wait(), SLOW_POLL);
    assert_eq!(idle(10, u64::MAX, u32::MAX).wait(), SLOW_POLL);
}

#[test]
fn a_mapping_with_records_reads_at_once_again() {
    let slow = idle(10, 40, 200);
    assert_eq!(slow.after(false, Duration::from_millis(40), 200).wait(), BUSY_POLL);
}
