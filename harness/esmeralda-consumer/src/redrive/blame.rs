//! Which rule is broken: an exercise that shows something wrong loses one circumstance after the other, and records, as
//! long as it still shows it. What is left brings it about.

use super::circumstance::{self, CIRCUMSTANCES};
use super::exercise::Exercise;
use super::judge::{Breach, Looking, Symptom, judge};
use super::play::{Played, Player};
use crate::handler::{Handler, HandlerError};
use crate::surrounded::Surrounded;
use esm_model::catalogue as c;
use esm_model::rule::RuleId;
use std::collections::BTreeSet;

/// Most exercises that are played to find out about one.
const MAX_TRIES: u32 = 60;

/// An exercise that shows something wrong.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    pub(super) exercise: Exercise,
    pub(super) played: Played,
    pub(super) breach: Breach,
}

/// The same, made small, and the rule.
#[derive(Debug, Clone)]
pub(super) struct Blamed {
    pub(super) shown: Shown,
    pub(super) rule: RuleId,
    /// What it takes, by its place in the table of circumstances.
    pub(super) takes: Vec<usize>,
    /// What of that names the rule, if anything does.
    pub(super) lead: Option<usize>,
    /// In which exercises it showed.
    pub(super) exercises: BTreeSet<usize>,
}

impl Blamed {
    /// Whether this explains something wrong in another exercise as well. Who does not get to the records does not see that
    /// some are gone.
    pub(super) fn explains(&self, symptom: Symptom, exercise: &Exercise) -> bool {
        let there = circumstance::of(exercise);
        let own = self.shown.breach.symptom;
        let so_silent = symptom == Symptom::Silent
            && matches!(own, Symptom::Failed | Symptom::Missing | Symptom::Metadata);
        (own == symptom || so_silent) && self.takes.iter().all(|index| there.contains(index))
    }
}

pub(super) struct Blame<'b, 'p, H> {
    pub(super) player: &'b mut Player<'p>,
    pub(super) looking: &'b Looking<'b>,
    pub(super) handler: &'b mut Surrounded<H>,
    pub(super) tries: u32,
}

impl<H: Handler> Blame<'_, '_, H> {
    /// The smallest exercise that shows the same, and the rule.
    pub(super) async fn of(&mut self, found: Shown) -> Result<Blamed, HandlerError> {
        let mut best = found;
        let mut turn = true;
        while turn {
            turn = false;
            for candidate in smaller(&best.exercise) {
                if let Some(shown) = self.attempt(best.breach.symptom, candidate).await? {
                    best = shown;
                    turn = true;
                    break;
                }
            }
        }
        let mut takes = circumstance::of(&best.exercise);
        // A payload that is a string is everybody's, so it is to blame only if it can be shown to be.
        if let Some(payload) = takes.pop_if(|index| is_payload(*index)) {
            let mut other = best.exercise.clone();
            (CIRCUMSTANCES[payload].without)(&mut other);
            let names_it = matches!(best.breach.symptom, Symptom::Failed | Symptom::Missing)
                && takes.iter().all(|index| CIRCUMSTANCES[*index].rule.is_none());
            if names_it && self.attempt(best.breach.symptom, other).await?.is_none() {
                takes.push(payload);
            }
        }
        let (rule, lead) = rule(best.breach.symptom, &takes);
        Ok(Blamed { shown: best, rule, takes, lead, exercises: BTreeSet::new() })
    }

    /// Whether this exercise shows the same.
    async fn attempt(&mut self, symptom: Symptom, exercise: Exercise) -> Result<Option<Shown>, HandlerError> {
        if self.tries >= MAX_TRIES {
            return Ok(None);
        }
        self.tries += 1;
        let played = self.player.play(&exercise, self.handler).await?;
        let breach = judge(self.looking, &exercise, &played).into_iter().find(|b| b.symptom == symptom);
        Ok(breach.map(|breach| Shown { exercise, played, breach }))
    }
}

fn is_payload(index: usize) -> bool {
    CIRCUMSTANCES[index].rule == Some(c::REDRIVE_11)
}

/// The rule, and the circumstance that names it.
fn rule(symptom: Symptom, takes: &[usize]) -> (RuleId, Option<usize>) {
    let named = || {
        let lead = takes.iter().copied().find(|index| CIRCUMSTANCES[*index].rule.is_some());
        lead.and_then(|index| CIRCUMSTANCES[index].rule).zip(Some(lead))
    };
    match symptom {
        Symptom::KeyEncoded => (c::REDRIVE_10, None),
        Symptom::Metadata => (c::REDRIVE_4, None),
        // Who reads another shard or stream finds other records there.
        Symptom::Extra => named().filter(|(rule, _)| *rule == c::REDRIVE_13).unwrap_or((c::REDRIVE_2, None)),
        Symptom::Disordered => (c::REDRIVE_3, None),
        Symptom::Silent => (c::REDRIVE_7, None),
        Symptom::Doubled => (c::REDRIVE_8, None),
        Symptom::DoubledAtOnce => named().unwrap_or((c::REDRIVE_8, None)),
        Symptom::Failed | Symptom::Missing => named().unwrap_or((c::REDRIVE_1, None)),
    }
}

/// The same exercise with less of everything.
fn smaller(exercise: &Exercise) -> Vec<Exercise> {
    let mut all = Vec::new();
    for index in circumstance::of(exercise).into_iter().filter(|index| !is_payload(*index)) {
        let mut less = exercise.clone();
        (CIRCUMSTANCES[index].without)(&mut less);
        all.push(less);
    }
    if exercise.batches.len() > 1 {
        all.extend((0..exercise.batches.len()).map(|index| without_batch(exercise, index)));
    }
    for (index, batch) in exercise.batches.iter().enumerate() {
        for count in [1, 2, batch.count / 2, batch.count.saturating_sub(1)] {
            if count > 0 && count < batch.count {
                let mut less = exercise.clone();
                less.batches[index].count = count;
                less.batches[index].gone = batch.gone.min(count);
                all.push(less);
            }
        }
    }
    all
}

fn without_batch(exercise: &Exercise, index: usize) -> Exercise {
    let mut less = exercise.clone();
    less.batches.remove(index);
    for event in &mut less.events {
        event.retain(|batch| *batch != index);
        event.iter_mut().filter(|batch| **batch > index).for_each(|batch| *batch -= 1);
    }
    less.events.retain(|event| !event.is_empty());
    less
}
