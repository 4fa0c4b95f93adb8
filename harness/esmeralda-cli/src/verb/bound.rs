//! When a run ends on a target that keeps the harness waiting: each of its parts has a bound, and what is under way then
//! is taken down. Not for targets in virtual time: there cases and executions are counted.

use esmeralda::bench::Wide;
use esmeralda::campaign::{Campaign, Cut};
use esmeralda::stop::{Alarm, Stop};
use std::time::Duration;

/// How long cases are begun, unless a time is asked for.
const CASES: Duration = Duration::from_secs(1_200);
/// How much longer those under way may take, their confirmations included.
const UNDER_WAY: Duration = Duration::from_secs(300);
/// How long failures are made small, unless a time is asked for.
const SHRINKING: Duration = Duration::from_secs(300);
/// How much longer a small case that was found in time may be confirmed.
const CONFIRMING: Duration = Duration::from_secs(120);
/// How long the control plane is judged.
const CONTROL: Duration = Duration::from_secs(300);

/// The bounds of one run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bound {
    /// How long cases are begun.
    pub(crate) cases: Duration,
    /// How long making failures small goes on.
    pub(crate) shrinking: Duration,
}

impl Bound {
    /// The bounds where so much time is asked for; `None` for a target that does not keep the harness waiting.
    pub(crate) fn of(wide: Option<Wide>, time: Option<Duration>) -> Option<Bound> {
        wide.map(|_| Bound { cases: time.unwrap_or(CASES), shrinking: time.unwrap_or(SHRINKING) })
    }

    /// How long all parts may take.
    pub(crate) fn total(self) -> Duration {
        self.cases + UNDER_WAY + self.shrinking + CONFIRMING + CONTROL
    }

    /// Says so.
    pub(crate) fn tell(self) {
        let seconds = self.total().as_secs();
        let within =
            if seconds < 120 { format!("{seconds} s") } else { format!("{} min", seconds.div_ceil(60)) };
        anstream::eprintln!("ends within {within}, and what tidying up takes");
    }
}

/// A part of a run, and the wish to stop that ends it: by the user or by its bound, where it has one.
pub(crate) struct Part {
    stop: Stop,
    alarm: Option<Alarm>,
}

impl Part {
    fn new(stop: &Stop, within: Option<Duration>) -> Part {
        Part { stop: stop.clone(), alarm: within.map(|within| stop.within(within)) }
    }

    /// The cases, and what is under way when no further one begins.
    pub(crate) fn cases(stop: &Stop, bound: Option<Bound>) -> Part {
        Part::new(stop, bound.map(|bound| bound.cases + UNDER_WAY))
    }

    /// Making failures small.
    pub(crate) fn shrinking(stop: &Stop, bound: Option<Bound>) -> Part {
        Part::new(stop, bound.map(|bound| bound.shrinking + CONFIRMING))
    }

    /// The control plane.
    pub(crate) fn control(stop: &Stop, bound: Option<Bound>) -> Part {
        Part::new(stop, bound.map(|_| CONTROL))
    }

    /// The wish.
    pub(crate) fn stop(&self) -> &Stop {
        self.alarm.as_ref().map_or(&self.stop, Alarm::stop)
    }

    /// The campaign as its user takes it: what the bound ended the time has ended.
    pub(crate) fn ended(&self, mut campaign: Campaign) -> Campaign {
        let rang = self.alarm.as_ref().is_some_and(Alarm::rang);
        if rang && campaign.cut == Some(Cut::Stopped) {
            campaign.cut = Some(Cut::Time);
        }
        campaign
    }
}
