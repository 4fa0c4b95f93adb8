//! The wish to stop, and its alarms.

use esmeralda::clock::Deadline;
use esmeralda::stop::Stop;
use std::time::Duration;

/// Longer than any alarm of a test takes.
const PATIENCE: Duration = Duration::from_secs(60);
/// Longer than the test.
const LONG: Duration = Duration::from_secs(3_600);

#[test]
fn an_alarm_is_a_wish_of_its_own() {
    let stop = Stop::default();
    let alarm = stop.within(Duration::ZERO);
    let deadline = Deadline::after(Some(PATIENCE));
    while !alarm.stop().is_told() && !deadline.is_over() {
        std::thread::yield_now();
    }
    assert!(alarm.stop().is_told() && alarm.rang(), "it rings");
    assert!(!stop.is_told(), "and nobody else hears it");
}

#[test]
fn whoever_waits_with_an_alarm_hears_the_wish_itself() {
    let stop = Stop::default();
    let (early, other) = (stop.within(LONG), stop.within(LONG));
    let inner = early.stop().within(LONG);
    drop(other);
    stop.tell();
    let late = stop.within(LONG);
    for alarm in [&early, &inner, &late] {
        assert!(alarm.stop().is_told() && !alarm.rang(), "{alarm:?}");
    }
}

#[test]
fn an_alarm_that_nobody_has_any_more_is_off() {
    let stop = Stop::default();
    let alarm = stop.within(LONG);
    let own = alarm.stop().clone();
    drop(alarm);
    assert!(!own.is_told() && !stop.is_told());
}
