//! A simulation as text for a person at a terminal.
//!
//! Lays out; says nothing of its own but headings.

use super::Simulation;
use super::entry::{Entry, Moment};
use esm_model::catalogue::AmbiguityId;
use esm_model::explain::duration;
use esm_model::explain::wrapped_at;
use esm_model::rule::RuleId;

/// Lines are broken where they would be longer than this.
const WIDTH: usize = 100;

impl Simulation {
    /// The simulation as text, without colours.
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        self.head(&mut out);
        section(&mut out, "Not modelled yet, and so not shown below:", &self.not_modelled, |n| {
            format!("{} ({}): {}{}", n.setting, n.value, n.meaning, cited(&n.rules, &[]))
        });
        section(&mut out, "About the input:", &self.notes, String::clone);
        section(&mut out, "Assumed:", &self.assumptions, String::clone);
        let shards = self.timeline.iter().map(|entry| entry.shard).max().unwrap_or(0);
        for shard in 0..=shards {
            let title = if shards > 0 {
                format!("What happens in shard {shard}:")
            } else {
                "What happens:".to_owned()
            };
            let own: Vec<&Entry> = self.timeline.iter().filter(|entry| entry.shard == shard).collect();
            section(&mut out, &title, &own, |entry| line(entry));
        }
        section(&mut out, "What to know:", &self.advice, |a| {
            format!("{}{}", a.text, cited(&a.rules, &a.open))
        });
        out
    }

    fn head(&self, out: &mut String) {
        let mapping = &self.mapping;
        let uuid = mapping.uuid.as_deref().unwrap_or("not created yet");
        out.push_str(&format!("Event source mapping {uuid}\n"));
        for (what, arn) in [("from", &mapping.stream), ("to", &mapping.function)] {
            if let Some(arn) = arn {
                out.push_str(&format!("  {what} {arn}\n"));
            }
        }
        // A name and its value stay on one line.
        let settings: Vec<String> = mapping.settings.iter().map(|s| s.replace(' ', "\u{a0}")).collect();
        let mut text = String::new();
        wrapped_at(WIDTH, &mut text, "  ", &settings.join(", "));
        out.push_str(&text.replace('\u{a0}', " "));
    }
}

fn section<T>(out: &mut String, title: &str, items: &[T], text: impl Fn(&T) -> String) {
    if items.is_empty() {
        return;
    }
    out.push('\n');
    out.push_str(title);
    out.push('\n');
    items.iter().for_each(|item| wrapped_at(WIDTH, out, "  - ", &text(item)));
}

fn line(entry: &Entry) -> String {
    let when = match entry.moment {
        Moment::At(ms) => format!("+{}: ", duration(ms)),
        Moment::WhenRead => "as soon as they are read: "
            .replace("they are", if entry.records.len() == 1 { "it is" } else { "they are" }),
        Moment::WindowOver(seconds) => format!("when the batching window of {seconds} s is over: "),
        Moment::Next => String::new(),
        Moment::OpenWait => "after a wait that AWS does not document: ".to_owned(),
        Moment::ThrottleOver(ms) => format!("when the throttle is over at +{}: ", duration(ms)),
        Moment::AgeReached(seconds) => {
            format!("at an age of {} or somewhat more: ", duration(i64::from(seconds) * 1_000))
        }
    };
    format!("{when}{}{}", entry.text, cited(&entry.rules, &entry.open))
}

/// ` [RETRY-2; open: AMB-17]`.
fn cited(rules: &[RuleId], open: &[AmbiguityId]) -> String {
    let rules = rules.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let open = open.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match (rules.is_empty(), open.is_empty()) {
        (true, true) => String::new(),
        (false, true) => format!(" [{rules}]"),
        (true, false) => format!(" [open: {open}]"),
        (false, false) => format!(" [{rules}; open: {open}]"),
    }
}
