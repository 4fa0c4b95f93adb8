//! A violation in prose: what happened up to the last acceptable moment, what came then, what was allowed instead,
//! the rules to blame with their sources, and the parameters of the reading on which the blame rests.
//!
//! For a person at a terminal: plain text, few lines. How to run the case again is the caller's to say.

mod allowed;
mod document;
mod story;
mod words;

pub(crate) use allowed::{Asked, allowed};

use crate::bounds::Wall;
use crate::catalogue::{self, Certainty, Level, Profile};
use crate::event::Event;
use crate::rule::RuleId;
use crate::spec::{Reading, UPDATE_SETTLE_AWS_MS};
use crate::trace::TraceRef;
use crate::verdict::{self, Verdict, Violation};
use crate::when::Ms;
use story::Scope;
pub use words::{duration, wrapped_at};
use words::{list, wrapped};

/// Longer than any case.
const FAR_MS: Ms = 1 << 45;

/// Explains one violation of a trace under the reading by which it was judged.
pub fn explain(trace: TraceRef<'_>, reading: &Reading, violation: &Violation) -> String {
    let scope = Scope::of(trace, violation.event, violation.lane);
    let mut out = String::new();
    let reading = &*verdict::effective(trace, reading);
    let told = Explanation { trace, reading, violation, scope };
    told.headline(&mut out);
    told.story(&mut out);
    told.rules(&mut out);
    told.parameters(&mut out);
    out
}

struct Explanation<'t> {
    trace: TraceRef<'t>,
    reading: &'t Reading,
    violation: &'t Violation,
    scope: Scope<'t>,
}

impl Explanation<'_> {
    fn event(&self) -> Option<&Event> {
        self.trace.events.get(self.violation.event)
    }

    fn ended(&self) -> bool {
        matches!(self.event(), Some(Event::Settled { .. }))
    }

    fn headline(&self, out: &mut String) {
        let Violation { blame, certain, what, .. } = self.violation;
        let who = match (blame.as_slice(), certain) {
            ([], _) => "No rule of the catalogue".to_owned(),
            ([rule], true) => rule.to_string(),
            (rules, true) => format!("One of {}", list(rules, "or")),
            ([rule], false) => format!("Perhaps {rule}"),
            (rules, false) => format!("Perhaps {} (no rule explains it alone)", list(rules, "and")),
        };
        let (at, _) = self.scope.came(self.violation.event);
        let what = match (what, self.ended()) {
            // The rule that a document breaks stands in front already.
            (Some(what), _) => match blame.first().and_then(|rule| what.split_once(&format!("; {rule}: "))) {
                Some((seen, wanted)) => format!("{seen}; it should be {wanted}"),
                None => what.clone(),
            },
            (None, true) => match self.violation.allowed.first() {
                Some(due) => format!("{} did not come by {at}", gist(due)),
                None => format!("something that was due by {at} did not happen"),
            },
            (None, false) => format!("the {} at {at} is not allowed", self.scope.short(self.violation.event)),
        };
        let name = self.scope.name();
        let place = if name.is_empty() { String::new() } else { format!(" ({name})") };
        wrapped(out, "", &format!("{who}: {what}{place}"));
        out.push('\n');
    }

    fn story(&self, out: &mut String) {
        wrapped(out, "", &format!("What happened, with {}:", self.scope.settings()));
        let lines = self.scope.lines(self.violation.event);
        let (at, came) = self.scope.came(self.violation.event);
        let width = lines.iter().map(|(at, _)| at.chars().count()).max().unwrap_or(0).max(at.chars().count());
        let row = |out: &mut String, at: &str, text: &str| {
            let gap = " ".repeat(width - at.chars().count());
            wrapped(out, &format!("  {at}{gap}  "), text);
        };
        if lines.is_empty() {
            out.push_str("  nothing yet\n");
        }
        lines.iter().for_each(|(at, text)| row(out, at, text));
        if self.rests_on_others() {
            for other in self.scope.meanwhile(self.violation.event) {
                row(out, "", &format!("meanwhile {other}"));
            }
        }
        out.push_str("That is the last acceptable moment. Then came:\n");
        row(out, &at, &came);
        if !self.violation.allowed.is_empty() {
            out.push_str(if self.ended() { "Still due were:\n" } else { "Allowed here were:\n" });
            self.violation.allowed.iter().for_each(|text| wrapped(out, "  - ", text));
        }
    }

    /// Whether the blame is about what other shards or mappings did.
    fn rests_on_others(&self) -> bool {
        let others = [catalogue::ORDER_2, catalogue::ORDER_6];
        self.violation.blame.iter().any(|r| others.contains(r))
    }

    fn rules(&self, out: &mut String) {
        out.push('\n');
        for rule in &self.violation.blame {
            let Some(known) = catalogue::get(*rule) else { continue };
            wrapped(out, &format!("{rule}: "), known.sentence);
            let (first, others) = match known.source.split_once("; ") {
                None => (known.source, String::new()),
                Some((first, rest)) => (first, format!(" (and {} more)", rest.split("; ").count())),
            };
            wrapped(
                out,
                "  ",
                &format!("{}. Source: {first}{others}.", self.standing(*rule, known.certainty)),
            );
        }
    }

    /// How well a rule is known, and under which reading it binds.
    fn standing(&self, rule: RuleId, certainty: Certainty) -> String {
        let mut text = match certainty {
            Certainty::Documented => "Documented".to_owned(),
            Certainty::Derived => "Derived from documents and recordings".to_owned(),
            other => other.to_string(),
        };
        if self.reading.profile == Profile::Aws
            && catalogue::level(rule, Profile::Documented, self.reading.duplicates) == Level::Warns
        {
            text += ", so it binds by the reading `aws` and only warns by `documented`";
        } else if catalogue::level(rule, self.reading.profile, true) == Level::Warns {
            text += "; it only warns where duplicates are allowed";
        }
        text
    }

    /// The parameters of the reading that the blame rests on: with another value there would be none.
    fn parameters(&self, out: &mut String) {
        let reading = self.reading;
        let age = Reading { age_slack_ms: FAR_MS, ..reading.clone() };
        if self.vanishes(&age) {
            let slack = duration(reading.age_slack_ms);
            let text = format!(
                "age_slack {slack}: so much later than at the limit a record may be delivered (AGE-7)."
            );
            wrapped(out, "Rests on ", &text);
        }
        let settle = Reading { update_settle_ms: UPDATE_SETTLE_AWS_MS, ..reading.clone() };
        if reading.update_settle_ms < UPDATE_SETTLE_AWS_MS && self.vanishes(&settle) {
            let text = format!(
                "update_settle {}: so long may a change of the mapping take to show; {} is the value for AWS (STATE-8).",
                duration(reading.update_settle_ms),
                duration(UPDATE_SETTLE_AWS_MS)
            );
            wrapped(out, "Rests on ", &text);
        }
        let patient = Reading { progress_bound_ms: FAR_MS, ..reading.clone() };
        if self.vanishes(&patient) {
            let text = format!(
                "progress_bound {}: within it a shard is served that is due and can be reached.",
                duration(reading.progress_bound_ms)
            );
            wrapped(out, "Rests on ", &text);
        }
        self.wall(out);
        let call = matches!(self.event(), Some(Event::Invoked { .. }));
        if call && !reading.duplicates && self.vanishes(&reading.clone().with_duplicates(true)) {
            let text =
                "duplicates forbidden: where they are allowed a repeated delivery only warns (AMB-24).";
            wrapped(out, "Rests on ", text);
        }
    }

    /// The bounds of the session that the blame rests on.
    fn wall(&self, out: &mut String) {
        let Some(wall) = self.reading.wall else { return };
        let with = |wall: Wall| Reading { wall: Some(wall), ..self.reading.clone() };
        if self.vanishes(&with(Wall { settle_ms: FAR_MS, ..wall })) {
            let text = format!(
                "settle {}: a failure record that has not come within it is missing; three runs of three must show it.",
                duration(wall.settle_ms)
            );
            wrapped(out, "Rests on ", &text);
        }
        if self.vanishes(&with(Wall { stall_ms: FAR_MS, ..wall })) {
            let text = format!(
                "stall {} invocations over {}: a shard is stalled only if another one had so many meanwhile.",
                wall.stall_invocations,
                duration(wall.stall_ms)
            );
            wrapped(out, "Rests on ", &text);
        }
        if self.vanishes(&with(Wall { lag_ms: FAR_MS, ..wall })) {
            let text = format!(
                "lag {}: so much later may an answer or a change be acted upon.",
                duration(wall.lag_ms)
            );
            wrapped(out, "Rests on ", &text);
        }
    }

    /// Whether the violation is none under another reading.
    fn vanishes(&self, other: &Reading) -> bool {
        let event = self.violation.event;
        match verdict::judge(self.trace, other).map(|judged| judged.verdict) {
            Ok(Verdict::Violates(known)) => known.iter().all(|violation| violation.event != event),
            Ok(Verdict::Conforms) => true,
            // Where time passes by itself, what no longer counts as a stall is left in doubt.
            Ok(Verdict::Undecided(_)) => self.reading.wall.is_some(),
            Err(_) => false,
        }
    }
}

/// What was due, without the particulars.
fn gist(due: &str) -> String {
    const PARTICULARS: &[&str] = &[
        " (",
        ": ",
        "; ",
        ", which",
        ", whole",
        ", with",
        ", at most",
        ", attempt",
        ", full",
        ", one record",
        ", the first",
    ];
    let end = PARTICULARS.iter().filter_map(|text| due.find(text)).min().unwrap_or(due.len());
    match due[..end].split_once(" is tried again") {
        Some((batch, _)) => format!("another attempt at {batch}"),
        None => due[..end].to_owned(),
    }
}
