//! One exercise, played: each event is delivered until its failure records are dealt with or given up.
//!
//! Knows nothing about rules.

use super::envelope::{event, message_id};
use super::exercise::Exercise;
use super::layout::Layout;
use crate::aws::{Read, Write};
use crate::effects::{Effect, Patterns};
use crate::handler::{Given, Handler, HandlerError, Raw};
use crate::sample::Samples;
use crate::surrounded::Surrounded;
use esm_model::event::RequestId;
use esm_model::label::Label;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// How often an event is delivered before it is given up: Lambda invokes so often for topics and buckets, and the queues
/// here have that as their maxReceiveCount.
pub const MAX_DELIVERIES: u32 = 3;

/// One call of the function.
#[derive(Debug, Clone)]
pub(super) struct Delivery {
    /// The batches whose failure records it brings.
    pub(super) batches: Vec<usize>,
    pub(super) event: String,
    pub(super) raw: Raw,
    pub(super) effects: Vec<Effect>,
    pub(super) lines: Vec<String>,
    pub(super) writes: Vec<Write>,
    pub(super) reads: Vec<Read>,
    /// Whether some of its lines were forgotten, or named no record.
    pub(super) unsure: bool,
}

/// What happened in an exercise.
#[derive(Debug, Clone)]
pub(super) struct Played {
    pub(super) layout: Layout,
    pub(super) deliveries: Vec<Delivery>,
    /// The batches that were given up: their failure records end in a dead-letter queue, or nowhere.
    pub(super) given_up: BTreeSet<usize>,
    /// Whether the function reported messages in its response.
    pub(super) reported: bool,
}

/// Plays exercises one after the other, with ever new records.
pub(super) struct Player<'p> {
    pub(super) samples: &'p Samples,
    pub(super) patterns: &'p Patterns,
    pub(super) given: u64,
    pub(super) requests: u64,
}

impl Player<'_> {
    /// # Errors
    /// [`HandlerError`] if the function could not be called at all.
    pub(super) async fn play<H: Handler>(
        &mut self,
        exercise: &Exercise,
        handler: &mut Surrounded<H>,
    ) -> Result<Played, HandlerError> {
        let layout = Layout::of(exercise, self.samples, &mut self.given);
        handler.stage(layout.scene.clone());
        handler.reset().await?;
        let mut played =
            Played { layout, deliveries: Vec::new(), given_up: BTreeSet::new(), reported: false };
        for batches in &exercise.events {
            let mut left = batches.clone();
            for number in 1..=MAX_DELIVERIES {
                let delivery = self.deliver(exercise, &played.layout, &left, number, handler).await?;
                let undone = undone(exercise, &played.layout, &delivery);
                played.reported |= delivery.raw_returned() && !undone.is_empty();
                played.deliveries.push(delivery);
                left = undone;
                if left.is_empty() {
                    break;
                }
            }
            played.given_up.extend(left);
        }
        Ok(played)
    }

    async fn deliver<H: Handler>(
        &mut self,
        exercise: &Exercise,
        layout: &Layout,
        batches: &[usize],
        number: u32,
        handler: &mut Surrounded<H>,
    ) -> Result<Delivery, HandlerError> {
        let event = event(exercise, layout, batches, number);
        self.requests += 1;
        let request = RequestId(u128::from(self.requests));
        let Given { raw, lines, forgot, writes, reads, took_ms: _ } = handler.call(&event, request).await?;
        let mut names = layout.names.clone();
        if self.patterns.done.is_some() {
            // Who says how records show may name them by their sequence numbers.
            names.extend(layout.numbers.clone());
        }
        let read = self.patterns.read(&lines, &writes, &names);
        let unsure = forgot || read.unnamed > 0;
        let batches = batches.to_vec();
        Ok(Delivery { batches, event, raw, effects: read.effects, lines, writes, reads, unsure })
    }
}

impl Played {
    /// Every effect, with the delivery that had it.
    pub(super) fn effects(&self) -> impl Iterator<Item = (usize, &Effect)> {
        let calls = self.deliveries.iter().enumerate();
        calls.flat_map(|(call, delivery)| delivery.effects.iter().map(move |effect| (call, effect)))
    }
}

impl Delivery {
    fn raw_returned(&self) -> bool {
        matches!(self.raw, Raw::Returned(_))
    }

    /// The records that were read of the stream, in order.
    pub(super) fn fetched(&self, layout: &Layout) -> Vec<Label> {
        let numbers = self.reads.iter().flat_map(|read| match read {
            Read::Records(numbers) => numbers.as_slice(),
            Read::Object { .. } => &[],
        });
        numbers.filter_map(|number| layout.numbers.get(number)).copied().collect()
    }
}

/// The batches whose messages are not done after a delivery.
fn undone(exercise: &Exercise, layout: &Layout, delivery: &Delivery) -> Vec<usize> {
    let Raw::Returned(text) = &delivery.raw else { return delivery.batches.clone() };
    if !exercise.arrival.by_queue() {
        return Vec::new();
    }
    let answer: Json = serde_json::from_str(text).unwrap_or_default();
    let Some(failures) = answer["batchItemFailures"].as_array() else { return Vec::new() };
    let ids: Vec<&str> = failures.iter().filter_map(|one| one["itemIdentifier"].as_str()).collect();
    let known = |id: &str| delivery.batches.iter().any(|batch| message_id(layout, *batch) == *id);
    // An identifier that is none of the event's fails it all.
    if ids.len() < failures.len() || !ids.iter().all(|id| known(id)) {
        return delivery.batches.clone();
    }
    delivery
        .batches
        .iter()
        .copied()
        .filter(|batch| ids.contains(&message_id(layout, *batch).as_str()))
        .collect()
}
