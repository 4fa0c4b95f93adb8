//! What is checked, and how: options in, a report out.

use crate::effects::Patterns;
use crate::handler::{Handler, HandlerError};
use crate::history::History;
use crate::judge::{Judging, judge};
use crate::plans::{FULL_MOST, Plan, modelled};
use crate::report::{Finding, Report};
use crate::sample::{BadMeans, SampleError, Samples};
use crate::shrink::{Shown, Shrinker};
use crate::world::World;
use esm_model::catalogue::{self, Level, Profile};
use esm_model::mapping::SourceKind;
use esm_model::rule::RuleId;
use esm_model::when::Ms;
use esmeralda::simulate::{MappingRead, SimulateError, read_mapping};
use regex::Regex;
use std::collections::BTreeMap;

/// Histories drawn unless another number is asked for.
pub const DEFAULT_DRAWN: u64 = 40;
/// The function's timeout unless another is asked for, as Lambda has it.
pub const DEFAULT_TIMEOUT_MS: Ms = 3_000;

/// Why nothing can be checked.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// The mapping cannot be read.
    #[error("{0}")]
    Mapping(#[from] SimulateError),
    /// The samples cannot be used.
    #[error("{0}")]
    Samples(#[from] SampleError),
    /// The mapping reads a stream whose events are not built from samples yet.
    #[error(
        "the mapping reads a DynamoDB stream: samples are data of Kinesis records; name a Kinesis mapping"
    )]
    Source,
}

/// What is checked.
#[derive(Debug, Clone)]
pub struct Check {
    read: MappingRead,
    samples: Samples,
    judging: Judging,
    explore: bool,
    seed: u64,
    drawn: u64,
    timeout_ms: Ms,
}

impl Check {
    /// A function under this mapping, with these samples of data, one to a line. The mapping is what
    /// `aws lambda get-event-source-mapping` prints, or the input of `create-event-source-mapping`.
    ///
    /// # Errors
    /// [`CheckError`] if the mapping or the samples cannot be used.
    pub fn new(mapping: &str, good: &str, bad: &str) -> Result<Check, CheckError> {
        let read = read_mapping(mapping)?;
        if read.source != SourceKind::Kinesis {
            return Err(CheckError::Source);
        }
        let judging =
            Judging { patterns: Patterns { done: None, means: BadMeans::Reported }, repeatable: false };
        Ok(Check {
            read,
            samples: Samples::of(good, bad)?,
            judging,
            explore: false,
            seed: 1,
            drawn: DEFAULT_DRAWN,
            timeout_ms: DEFAULT_TIMEOUT_MS,
        })
    }

    /// What the function is meant to do with a bad record.
    pub fn bad_means(mut self, means: BadMeans) -> Check {
        self.judging.patterns.means = means;
        self
    }

    /// How an effect shows in a line; the first group names the record.
    pub fn effects(mut self, pattern: Regex) -> Check {
        self.judging.patterns.done = Some(pattern);
        self
    }

    /// The same effect twice does no harm.
    pub fn repeatable(mut self, repeatable: bool) -> Check {
        self.judging.repeatable = repeatable;
        self
    }

    /// Other settings as well.
    pub fn explore(mut self, explore: bool) -> Check {
        self.explore = explore;
        self
    }

    /// Equal seeds mean equal histories.
    pub fn seed(mut self, seed: u64) -> Check {
        self.seed = seed;
        self
    }

    /// How many histories are drawn.
    pub fn drawn(mut self, drawn: u64) -> Check {
        self.drawn = drawn;
        self
    }

    /// The function's timeout.
    pub fn timeout_ms(mut self, timeout_ms: Ms) -> Check {
        self.timeout_ms = timeout_ms;
        self
    }

    /// Plays every history, and says what is wrong with the function.
    ///
    /// # Errors
    /// [`HandlerError`] if the function could not be called at all.
    pub async fn run<H: Handler>(&self, handler: &mut H) -> Result<Report, HandlerError> {
        let plan = Plan {
            mapping: &self.read.mapping,
            samples: &self.samples,
            timeout_ms: self.timeout_ms,
            explore: self.explore,
            seed: self.seed,
            drawn: self.drawn,
        };
        let (histories, own) = (plan.histories(), modelled(&self.read.mapping));
        let mut world = World::default();
        let (mut calls, mut unnamed) = (0, 0);
        let mut found = BTreeMap::<(bool, RuleId), (Shown, u32)>::new();
        for history in &histories {
            let played = world.play(history, &self.samples, &self.judging.patterns, handler).await?;
            calls += played.calls.len() as u64;
            unnamed += played.unnamed;
            let mut told = Vec::new();
            for breach in judge(&self.judging, history, &played) {
                // Under settings that are not the function's, a breach is advice about the settings.
                let key = (!violates(history, breach.rule), breach.rule);
                if told.contains(&key) {
                    continue;
                }
                told.push(key);
                let shown =
                    || Shown { history: history.clone(), played: played.clone(), breach, fresh: false };
                found.entry(key).or_insert_with(|| (shown(), 0)).1 += 1;
            }
        }
        // What violates needs no advice about other settings beside it.
        let violated: Vec<RuleId> = found.keys().filter(|(mild, _)| !mild).map(|(_, rule)| *rule).collect();
        found.retain(|(mild, rule), _| !mild || !violated.contains(rule));
        let mut findings = Vec::new();
        for ((mild, _), (shown, times)) in found {
            let (world, judging, samples) = (&mut world, &self.judging, &self.samples);
            let mut shrinker =
                Shrinker { world, samples, judging, handler, tries: 0, own_environments: false };
            let small = shrinker.shrink(shown).await?;
            let yours = *small.history.mapping() == own;
            findings.push(Finding::new(small, !mild, yours, times));
        }
        let notes = self.notes(unnamed);
        Ok(Report::new(self.read.heading.clone(), histories.len(), calls, findings, notes))
    }

    /// What the user should know about what was not tried.
    fn notes(&self, unnamed: u32) -> Vec<String> {
        let mut notes = self.read.notes.clone();
        for setting in &self.read.not_modelled {
            notes.push(format!("{} {} was left out: {}.", setting.setting, setting.value, setting.meaning));
        }
        if !self.samples.has_bad() {
            notes.push(
                "There are no bad samples: what the function does with bad records was not tried.".to_owned(),
            );
        }
        if self.judging.patterns.done.is_none() {
            notes.push(
                "It is not said how effects show: missing, doubled and disordered effects were not looked for."
                    .to_owned(),
            );
        }
        if unnamed > 0 {
            notes.push(format!(
                "A pattern matched {unnamed} times and named no record: missing effects were not looked for where that \
                 happened. Its first group must be the record's label or sequence number, and nothing else."
            ));
        }
        if self.read.mapping.batch_size as usize > FULL_MOST {
            notes.push(format!("The full batch that was tried has {FULL_MOST} records at most."));
        }
        notes
    }
}

/// Whether a breach of this rule in this history is held against the function.
fn violates(history: &History, rule: RuleId) -> bool {
    history.own && catalogue::level(rule, Profile::Documented, false) == Level::Violates
}
