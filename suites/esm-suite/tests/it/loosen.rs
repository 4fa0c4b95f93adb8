//! A trace as a wire would have shown it: the same run, with every time an interval, with delays put in, and with events
//! in the order in which a harness would have come to know of them.
//!
//! What the implementation did stays the same, so whatever conforms must conform still.

use esm_model::answer::Answer;
use esm_model::bounds::{Bounds, Wall};
use esm_model::case::Case;
use esm_model::event::{Event, Settled};
use esm_model::mapping::StartingPosition;
use esm_model::setup::Setup;
use esm_model::when::{Ms, Span, When};
use esm_suite::sample::Source;

/// How rough the wire is: every delay is drawn up to these, in milliseconds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wire {
    /// By how much a clock reading may be off.
    pub(crate) slack: u32,
    /// How long a request may take before and after it takes effect.
    pub(crate) request: u32,
    /// How long it may take until an answer is acted upon.
    pub(crate) lag: u32,
    /// How long a failure record may be on its way.
    pub(crate) delivery: u32,
    /// How long ago a destination may have been looked at before.
    pub(crate) poll: u32,
}

impl Wire {
    /// A wire that is a little rough, or very.
    pub(crate) fn draw(source: &mut Source) -> Wire {
        Wire {
            slack: source.pick(&[0, 1, 20]),
            request: source.pick(&[0, 5, 200, 1_500]),
            lag: source.pick(&[0, 3, 300, 1_000]),
            delivery: source.pick(&[0, 10, 2_000, 9_000]),
            poll: source.pick(&[0, 1_000, 20_000]),
        }
    }

    fn bounds(&self) -> Bounds {
        let wall = Wall::measured(Ms::from(self.delivery), Ms::from(self.lag) + 1);
        Bounds { update_settle_ms: 0, wall: Some(wall) }
    }
}

/// All delays of one trace together stay below this: AGE-7 admits deliveries that are so late.
const MAX_STRETCH_MS: Ms = 20_000;

/// The events as a wire would have shown them, and the names that carry its bounds.
pub(crate) fn loosened(
    case: &Case,
    setup: Option<&Setup>,
    events: &[Event],
    wire: Wire,
    source: &mut Source,
) -> (Vec<Event>, Setup) {
    let bounds = wire.bounds();
    let setup = Setup { bounds, ..setup.cloned().unwrap_or_else(|| Setup::in_tree(case)) };
    let moments = moments(case, events, wire, source);
    let mut loosener = Loosener { case, wire, source, moments, events, last: 0 };
    let mut pushed: Vec<(Ms, Event)> =
        events.iter().enumerate().map(|(index, event)| loosener.event(index, event)).collect();
    // Stable: what is seen at one instant is seen in the order in which it happened.
    pushed.sort_by_key(|(at, event)| (*at, matches!(event, Event::Settled { .. })));
    (pushed.into_iter().map(|(_, event)| event).collect(), setup)
}

/// When an event of virtual time begins, takes effect and is over, on a wire.
#[derive(Debug, Clone, Copy)]
struct Moment {
    began: Ms,
    effect: Ms,
    over: Ms,
}

/// The moments of every event. Whatever takes time delays everything behind it: requests, which the runner makes one
/// after another, and answers until they are acted upon.
fn moments(case: &Case, events: &[Event], wire: Wire, source: &mut Source) -> Vec<Moment> {
    // A starting timestamp is one of virtual time, and is to mean the same here.
    let fixed = |m: &esm_model::case::CaseMapping| {
        matches!(m.settings.starting_position, StartingPosition::AtTimestamp(_))
    };
    let fixed = case.mappings.iter().any(fixed);
    let (mut offset, mut runner) = (0, Ms::MIN);
    let moments = events.iter().map(|event| {
        let at = match event {
            Event::Put { at, .. } => at.began.earliest,
            _ => event.at().earliest,
        };
        let rigid = fixed || offset > MAX_STRETCH_MS;
        let request = if rigid { 0 } else { wire.request };
        match event {
            Event::Created { .. } | Event::Put { .. } | Event::Acted { .. } | Event::Status { .. } => {
                offset = offset.max(runner.saturating_sub(at));
                let began = at + offset;
                offset += draw(source, request);
                let effect = at + offset;
                runner = effect + draw(source, request);
                Moment { began, effect, over: runner }
            }
            Event::Answered { .. } => {
                let began = at + offset;
                offset += draw(source, if rigid { 0 } else { wire.lag });
                Moment { began, effect: at + offset, over: at + offset }
            }
            _ => Moment { began: at + offset, effect: at + offset, over: at + offset },
        }
    });
    moments.collect()
}

fn draw(source: &mut Source, most: u32) -> Ms {
    Ms::from(source.below(most + 1))
}

struct Loosener<'l> {
    case: &'l Case,
    wire: Wire,
    source: &'l mut Source,
    moments: Vec<Moment>,
    events: &'l [Event],
    /// When something was seen last.
    last: Ms,
}

impl Loosener<'_> {
    /// Around an instant.
    fn around(&mut self, from: Ms, to: Ms) -> When {
        let slack = self.wire.slack;
        When { earliest: from - draw(self.source, slack), latest: to + draw(self.source, slack) }
    }

    fn span(&mut self, Moment { began, over, .. }: Moment) -> Span {
        Span { began: self.around(began, began), ended: self.around(over, over) }
    }

    /// When the event is seen, and how.
    fn event(&mut self, index: usize, event: &Event) -> (Ms, Event) {
        let moment = self.moments[index];
        let mut event = event.clone();
        let mut seen = moment.over;
        match &mut event {
            Event::Created { at, .. } => *at = self.span(moment),
            Event::Acted { step, at } => {
                let planned = at.ended.latest;
                *at = self.span(moment);
                if self.case.actions[usize::from(*step)].action.lasts() > 0 {
                    let ended =
                        self.at_virtual(planned).max(moment.over) + draw(self.source, self.wire.request);
                    at.ended = self.around(ended, ended);
                }
            }
            Event::Put { at, records } => {
                *at = self.span(moment);
                for bound in records {
                    let arrival = bound.arrival;
                    bound.arrival = self.around(arrival.earliest, arrival.latest.max(moment.effect));
                }
            }
            Event::Invoked { at, .. } => *at = self.around(seen, seen),
            Event::Answered { at, answer, .. } => {
                seen = moment.began + draw(self.source, (moment.effect - moment.began) as u32);
                if *answer == Answer::TimedOut {
                    // The implementation counts the time by itself, and may be ahead.
                    seen = moment.effect + draw(self.source, self.wire.request);
                }
                *at = self.around(seen, seen);
            }
            Event::Delivered { at, .. } => {
                seen += draw(self.source, self.wire.delivery);
                let looked = moment.effect - draw(self.source, self.wire.poll);
                *at = self.around(looked, seen);
            }
            Event::Status { at, .. } => *at = self.around(moment.began, seen),
            Event::Settled { at, how } => {
                seen = seen.max(self.last);
                if *how == Settled::Quiet {
                    // Nobody knows that nothing is pending before the bound is over.
                    seen += self.wire.bounds().wall.map_or(0, |wall| wall.settle_ms) + 1_000;
                    seen += draw(self.source, 3_000);
                    *how = self.source.pick(&[Settled::Quiet, Settled::Deadline]);
                }
                *at = When::at(seen);
            }
        }
        self.last = self.last.max(seen);
        (seen, event)
    }

    /// When an instant of virtual time has surely come.
    fn at_virtual(&self, instant: Ms) -> Ms {
        let known = self.events.iter().zip(&self.moments).rev();
        let mut done = known.filter(|(event, _)| event.at().earliest <= instant);
        done.next().map_or(instant, |(event, moment)| instant + moment.effect - event.at().earliest)
    }
}
