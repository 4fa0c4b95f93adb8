//! Counts of what the judge said, as a text with a line for each subject.

use crate::support::listed;
use esm_model::catalogue::{self, AmbiguityId};
use esm_model::verdict::{Judgement, Verdict};
use esm_model::{NotATrace, RuleId};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::fmt::Write;

/// How often something was said of each subject.
#[derive(Default)]
pub(super) struct Tally {
    /// In the order of their first mention.
    subjects: Vec<(String, BTreeMap<String, usize>)>,
    judgements: usize,
    /// Events before the first violation, of all judgements.
    read: usize,
    /// Violations for which what was possible was told, and in how many texts.
    told: (usize, usize),
    /// In how many judgements each rule was in reach, and each variant was taken.
    rules: BTreeMap<RuleId, usize>,
    variants: BTreeMap<(AmbiguityId, usize), usize>,
    /// Most states that one shard was in, summed up.
    widest: usize,
}

impl Tally {
    pub(super) fn add(&mut self, subject: &str, judged: &Result<Judgement, NotATrace>) {
        let known = self.subjects.iter().rposition(|(known, _)| known == subject);
        let place = known.unwrap_or_else(|| {
            self.subjects.push((subject.to_owned(), BTreeMap::new()));
            self.subjects.len() - 1
        });
        let mut count = |what: String| *self.subjects[place].1.entry(what).or_default() += 1;
        let Ok(judged) = judged else { return count("no trace".to_owned()) };
        match &judged.verdict {
            Verdict::Conforms => count("conforms".to_owned()),
            Verdict::Undecided(_) => count("undecided".to_owned()),
            Verdict::Violates(violations) => {
                self.read += violations[0].event;
                for violation in violations {
                    let sure = if violation.certain { "" } else { " (unsure)" };
                    count(format!("{}{sure}", listed(&violation.blame)));
                    self.told.0 += usize::from(!violation.allowed.is_empty());
                    self.told.1 += violation.allowed.len();
                }
            }
        }
        judged.warnings.iter().for_each(|warning| count(format!("warns {}", warning.rule)));
        self.judgements += 1;
        self.widest += judged.widest;
        for rule in judged.exercised.iter() {
            *self.rules.entry(rule).or_default() += 1;
        }
        for ambiguity in catalogue::ambiguities() {
            for index in 0..ambiguity.variants.len() {
                let bit = 1 << (u32::from(ambiguity.id.number()) * 3 + index as u32);
                *self.variants.entry((ambiguity.id, index)).or_default() +=
                    usize::from(judged.took & bit != 0);
            }
        }
    }

    /// What was said of each subject, the most frequent first.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for (subject, counts) in &self.subjects {
            let mut counts: Vec<_> = counts.iter().collect();
            counts.sort_by_key(|(_, count)| Reverse(**count));
            let counts: Vec<String> = counts.iter().map(|(what, count)| format!("{what} {count}")).collect();
            writeln!(text, "{subject}: {}", counts.join(", ")).expect("a String takes everything");
        }
        let Tally { judgements, read, widest, told: (told, ways), .. } = self;
        writeln!(text, "{judgements} judgements with {widest} states at the widest")
            .expect("a String takes everything");
        writeln!(text, "{read} events before the first violations; {ways} ways to go on told for {told}")
            .expect("a String takes everything");
        text
    }

    /// In how many judgements each rule was in reach, and each variant was taken.
    pub(super) fn reached(&self) -> String {
        let mut text = String::new();
        for (rule, count) in &self.rules {
            writeln!(text, "{rule} in reach: {count}").expect("a String takes everything");
        }
        for ((id, index), count) in self.variants.iter().filter(|(_, count)| **count > 0) {
            let name = catalogue::get_ambiguity(*id).map_or("", |ambiguity| ambiguity.variants[*index].name);
            writeln!(text, "{id} {name}: {count}").expect("a String takes everything");
        }
        text
    }
}
