//! What is checked, and how: options in, a report out.

use crate::effects::{Did, Patterns};
use crate::handler::{Handler, HandlerError};
use crate::history::History;
use crate::judge::{Judging, judge};
use crate::plans::{FULL_MOST, Plan, modelled};
use crate::report::{Finding, Report};
use crate::sample::{BadMeans, SampleError, Samples};
use crate::shrink::{Shown, Shrinker};
use crate::sum::Sum;
use crate::timing::FullBatch;
use crate::world::{Played, World};
use esm_model::catalogue::{self, Level, Profile};
use esm_model::rule::RuleId;
use esm_model::when::Ms;
use esmeralda::simulate::{MappingRead, SimulateError, read_mapping};
use regex::Regex;

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
    /// A function under this mapping, with these samples, one to a line: data of records, or changes of items
    /// ([`crate::table`]). The mapping is what `aws lambda get-event-source-mapping` prints, or the input of
    /// `create-event-source-mapping`.
    ///
    /// # Errors
    /// [`CheckError`] if the mapping or the samples cannot be used.
    pub fn new(mapping: &str, good: &str, bad: &str) -> Result<Check, CheckError> {
        let read = read_mapping(mapping)?;
        let patterns = Patterns { done: None, means: BadMeans::Reported, writes: false };
        let judging = Judging { patterns, repeatable: false };
        Ok(Check {
            samples: Samples::of(read.source, good, bad)?,
            read,
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

    /// How an effect shows in a line or write; the first group names the record, or without one every name in it.
    pub fn effects(mut self, pattern: Regex) -> Check {
        self.judging.patterns.done = Some(pattern);
        self
    }

    /// Writes to AWS are seen ([`crate::surrounded::Surrounded`]): those that carry a record's name are effects.
    pub fn writes_seen(mut self) -> Check {
        self.judging.patterns.writes = true;
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

    /// Plays every history, and says what is wrong with the function. Where it cannot be called any more the rest is left
    /// out, and what was found is kept.
    ///
    /// # Errors
    /// [`HandlerError`] if the function could not be called at all.
    pub async fn run<H: Handler>(&self, handler: &mut H) -> Result<Report, HandlerError> {
        let mut world = World::default();
        let sum = self.play(&self.histories(), &mut world, handler).await;
        self.report(sum, &mut world, handler).await
    }

    /// What is played, in this order.
    pub(crate) fn histories(&self) -> Vec<History> {
        let plan = Plan {
            mapping: &self.read.mapping,
            source: self.read.source,
            samples: &self.samples,
            timeout_ms: self.timeout_ms,
            explore: self.explore,
            seed: self.seed,
            drawn: self.drawn,
        };
        plan.histories()
    }

    /// Plays these, as far as the function can be called.
    pub(crate) async fn play<H: Handler>(
        &self,
        histories: &[History],
        world: &mut World,
        handler: &mut H,
    ) -> Sum {
        let mut sum = Sum::default();
        for history in histories {
            match world.play(history, &self.samples, &self.judging.patterns, handler).await {
                Ok(played) => self.add(&mut sum, history, played),
                Err(error) => {
                    sum.broke_off = Some(error);
                    break;
                }
            }
        }
        sum
    }

    /// Tells what was found.
    pub(crate) async fn report<H: Handler>(
        &self,
        mut sum: Sum,
        world: &mut World,
        handler: &mut H,
    ) -> Result<Report, HandlerError> {
        if sum.histories == 0
            && let Some(error) = sum.broke_off
        {
            return Err(error);
        }
        let notes = [self.notes(&sum), handler.notes()].concat();
        let findings = self.findings(world, &mut sum, handler).await;
        let (mapping, broke_off) = (self.read.heading.clone(), sum.broke_off.map(|error| error.to_string()));
        let (histories, calls) = (sum.histories, sum.calls);
        Ok(Report::new(mapping, histories, calls, findings, notes).ended(broke_off, sum.full))
    }

    /// Judges what was played.
    fn add(&self, sum: &mut Sum, history: &History, played: Played) {
        sum.histories += 1;
        sum.calls += played.calls.len() as u64;
        sum.unnamed += played.unnamed;
        sum.forgot |= played.forgot;
        sum.seen |= played.calls.iter().flat_map(|call| &call.effects).any(|effect| effect.did == Did::Done);
        sum.full = sum.full.or_else(|| FullBatch::of(history, &played, self.read.mapping.batch_size));
        let mut told = Vec::new();
        for breach in judge(&self.judging, history, &played) {
            // Under settings that are not the function's, a breach is advice about the settings.
            let key = (!violates(history, breach.rule), breach.rule);
            if told.contains(&key) {
                continue;
            }
            told.push(key);
            let shown = || Shown { history: history.clone(), played: played.clone(), breach, fresh: false };
            sum.found.entry(key).or_insert_with(|| (shown(), 0)).1 += 1;
        }
    }

    /// What is told of what was found, each made small.
    async fn findings<H: Handler>(&self, world: &mut World, sum: &mut Sum, handler: &mut H) -> Vec<Finding> {
        let mut found = std::mem::take(&mut sum.found);
        // What violates needs no advice about other settings beside it.
        let violated: Vec<RuleId> = found.keys().filter(|(mild, _)| !mild).map(|(_, rule)| *rule).collect();
        found.retain(|(mild, rule), _| !mild || !violated.contains(rule));
        // Where not one write was seen, effects show elsewhere.
        found.retain(|(_, rule), _| *rule != catalogue::CONS_8 || !self.sees_nothing(sum));
        let own = modelled(&self.read.mapping);
        let mut findings = Vec::new();
        for ((mild, _), (shown, times)) in found {
            let whole = shown.clone();
            let (samples, judging) = (&self.samples, &self.judging);
            let mut shrinker =
                Shrinker { world, samples, judging, handler, tries: 0, own_environments: false };
            let small = match sum.broke_off {
                Some(_) => whole,
                None => shrinker.shrink(shown).await.unwrap_or_else(|error| {
                    sum.broke_off = Some(error);
                    whole
                }),
            };
            let yours = *small.history.mapping() == own;
            findings.push(Finding::new(small, !mild, yours, times));
        }
        findings
    }

    /// Whether writes were to be effects, and none carried a record's name.
    fn sees_nothing(&self, sum: &Sum) -> bool {
        self.judging.patterns.done.is_none() && !sum.seen
    }

    /// What the user should know about what was not tried.
    fn notes(&self, sum: &Sum) -> Vec<String> {
        let mut notes = self.read.notes.clone();
        for setting in &self.read.not_modelled {
            notes.push(format!("{} {} was left out: {}.", setting.setting, setting.value, setting.meaning));
        }
        if !self.samples.has_bad() {
            notes.push(
                "There are no bad samples: what the function does with bad records was not tried.".to_owned(),
            );
        }
        if self.judging.patterns.writes && self.sees_nothing(sum) {
            notes.push(
                "No write to AWS carried a record's label or sequence number: missing, doubled and disordered effects \
                 were not looked for. Put {{label}} into the samples, where what is written takes it from."
                    .to_owned(),
            );
        } else if !self.judging.patterns.sees() {
            notes.push(
                "It is not said how effects show: missing, doubled and disordered effects were not looked for."
                    .to_owned(),
            );
        }
        if sum.unnamed > 0 {
            notes.push(format!(
                "A pattern matched {} times and named no record: missing effects were not looked for where that happened. \
                 Its first group must be the record's label or sequence number, and nothing else.",
                sum.unnamed
            ));
        }
        if sum.forgot {
            notes.push(
                "A call wrote more than is kept of its output: missing effects were not looked for where that happened."
                    .to_owned(),
            );
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
