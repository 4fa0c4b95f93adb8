//! Plays a group on a plane: sends each step, asks the model what the answer may be, and notes the differences.
//!
//! Stops where the group's mapping is no longer what the model takes it to be, and removes it at the end.

use super::answer::{NOBODY, Reply, Verb, Wire};
use super::judge::{Allowed, Difference, configuration, refusal};
use super::live::{Live, shown};
use super::members::{bad_group, request};
use super::{Breach, Group, Plane, Planes, Played, Step, What};
use crate::stop::Stop;
use crate::target::TargetError;
use esm_model::catalogue::{API_1, API_10, API_19, API_22, Level, STATE_2, STATE_3, STATE_4};
use esm_model::control::{
    CreateRequest, Existing, ServiceError, State, UpdateRequest, admit, find, validate_update,
};
use esm_model::rule::RuleId;
use esm_model::spec::Reading;
use esm_model::when::Ms;
use serde_json::Value;

/// A change of a mapping is to show as finished within this time and the plane's own: as in the judge of traces.
const CHANGE_BOUND_MS: Ms = 60_000;
/// How often a mapping is read meanwhile.
const POLL_MS: Ms = 250;
/// How often a request is sent again that is refused because the mapping is being changed (API-20).
const MAX_BUSY: u32 = 40;

struct Player<'p> {
    plane: &'p mut dyn Plane,
    reading: &'p Reading,
    group: &'p Group,
    live: Option<Live>,
    /// Further mappings of the group, to be removed.
    others: Vec<Existing>,
    played: Played,
    step: usize,
}

/// Plays a group on a fresh plane. `None` if it was stopped before it showed anything.
pub(super) async fn play(
    planes: &dyn Planes,
    group: &Group,
    reading: &Reading,
    stop: &Stop,
) -> Option<Played> {
    if stop.is_told() {
        return None;
    }
    let mut played = Played {
        group: group.name,
        breaches: Vec::new(),
        steps: (0, group.steps.len()),
        exchanges: Vec::new(),
        exercised: Vec::new(),
        trouble: None,
        unsupported: false,
    };
    let note = |played: &mut Played, error: TargetError| {
        played.unsupported |= matches!(error, TargetError::Unsupported(_));
        played.trouble.get_or_insert_with(|| error.to_string());
    };
    let mut plane = match planes.open(group.source).await {
        Ok(plane) => plane,
        Err(error) => {
            note(&mut played, error);
            return Some(played);
        }
    };
    let mut player =
        Player { plane: plane.as_mut(), reading, group, live: None, others: Vec::new(), played, step: 0 };
    let ran = player.run(stop).await;
    let tidied = player.tidy().await;
    let mut played = player.played;
    let closed = plane.close().await;
    for error in [ran, tidied, closed].into_iter().filter_map(Result::err) {
        note(&mut played, error);
    }
    played.exercised.sort_unstable();
    played.exercised.dedup();
    let ended = !stop.is_told() || played.steps.0 == played.steps.1;
    (ended || played.violates()).then_some(played)
}

impl Player<'_> {
    async fn run(&mut self, stop: &Stop) -> Result<(), TargetError> {
        for (index, step) in self.group.steps.iter().enumerate() {
            if stop.is_told() {
                return Err(TargetError::CouldNotRun("stopped before the end".to_owned()));
            }
            self.step = index;
            let goes_on = match &step.what {
                What::Create(members) => self.create(members, step).await?,
                What::Update(members) => self.update(members, step).await?,
                What::Settle => self.settle().await?,
                What::List => self.list().await?,
                What::Delete => self.delete().await?,
                What::Vanish => self.vanish().await?,
                What::DeleteFunction => self.delete_function().await?,
                What::Unknown(verb) => self.unknown(*verb).await?,
            };
            self.played.steps.0 = index + 1;
            if !goes_on {
                break;
            }
        }
        Ok(())
    }

    async fn send(&mut self, wire: Wire) -> Result<Reply, TargetError> {
        let reply = self.plane.call(&wire).await?;
        self.played.exchanges.push((wire, reply.clone()));
        Ok(reply)
    }

    fn breach(&mut self, (rule, allowed, came): Difference) {
        let level = self.reading.level(rule);
        if level != Level::Ignored {
            self.played.breaches.push(Breach { step: self.step, rule, level, allowed, came });
        }
    }

    fn reach(&mut self, rules: &[RuleId]) {
        self.played.exercised.extend_from_slice(rules);
    }

    /// Judges a refusal that the model asks for; the group goes on if the request was refused somehow.
    fn refused(&mut self, expected: &ServiceError, step: &Step, reply: &Reply) -> bool {
        self.reach(&[expected.rule]);
        step.about.into_iter().for_each(|rule| self.reach(&[rule]));
        if let Some(difference) = refusal(expected, step.about, reply) {
            self.breach(difference);
        }
        !reply.is_taken()
    }

    async fn create(&mut self, members: &Value, step: &Step) -> Result<bool, TargetError> {
        let members = request(members, true, self.plane.facts(), self.plane.now_ms())?;
        let asked = CreateRequest::from_value(&members).map_err(|error| bad_group(self.group, &error))?;
        let reply = self.send(Wire::create(members)).await?;
        let facts = self.plane.facts();
        let mut world = facts.world.clone();
        world.mappings.extend(self.others.iter().cloned());
        world.mappings.extend(self.live.iter().map(|live| live.exists(facts)));
        let admitted = match admit(&asked, &world, self.plane.now_ms()) {
            Ok(admitted) => admitted,
            Err(error) => {
                let goes_on = self.refused(&error, step, &reply);
                self.adopt_stray(&reply);
                return Ok(goes_on);
            }
        };
        self.reach(&[API_1, STATE_2]);
        step.about.into_iter().for_each(|rule| self.reach(&[rule]));
        if !reply.is_taken() {
            let allowed = "202 and the configuration".to_owned();
            self.breach((step.about.unwrap_or(API_1), allowed, reply.told()));
            return Ok(false);
        }
        if reply.status != 202 {
            self.breach((API_1, "status 202".to_owned(), format!("status {}", reply.status)));
        }
        let uuid = reply.body.get("UUID").and_then(Value::as_str).unwrap_or_default().to_owned();
        let live = Live {
            uuid,
            function_arn: admitted.function_arn,
            mapping: admitted.mapping,
            before: None,
            meanwhile: State::Creating,
            rule: STATE_2,
            about: step.about,
        };
        self.shows(&live, &[State::Creating], API_1, &reply.body);
        if live.uuid.is_empty() {
            return Ok(false);
        }
        if let Some(earlier) = self.live.replace(live) {
            self.others.push(earlier.exists(self.plane.facts()));
        }
        Ok(true)
    }

    /// Remembers a mapping that should not have been created, so that it is removed.
    fn adopt_stray(&mut self, reply: &Reply) {
        let uuid = reply.body.get("UUID").and_then(Value::as_str).filter(|_| reply.is_taken());
        if let Some(uuid) = uuid {
            let facts = self.plane.facts();
            self.others.push(Existing {
                uuid: uuid.to_owned(),
                event_source_arn: facts.stream_arn.clone(),
                function_arn: String::new(),
            });
        }
    }

    /// Compares a configuration with what the group's mapping is.
    fn shows(&mut self, live: &Live, states: &[State], state_rule: RuleId, body: &Value) {
        let facts = self.plane.facts();
        let expected = shown(facts, live, &live.mapping);
        let before = live.before.as_ref().map(|mapping| shown(facts, live, mapping));
        let or = before.as_ref();
        let allowed = Allowed { states, state_rule, or, about: live.about };
        for difference in configuration(&expected, allowed, body) {
            self.breach(difference);
        }
    }

    async fn update(&mut self, members: &Value, step: &Step) -> Result<bool, TargetError> {
        let Some(live) = self.live.take() else { return Ok(false) };
        let members = request(members, false, self.plane.facts(), self.plane.now_ms())?;
        let asked = UpdateRequest::from_value(&members).map_err(|error| bad_group(self.group, &error))?;
        let reply = self.busy(Wire::of(Verb::Update, &live.uuid, Some(members))).await?;
        let updated = match validate_update(&asked, &live.mapping, self.group.source) {
            Ok(updated) => updated,
            Err(error) => {
                self.live = Some(live);
                return Ok(self.refused(&error, step, &reply));
            }
        };
        self.reach(&[API_19, STATE_3]);
        step.about.into_iter().for_each(|rule| self.reach(&[rule]));
        if !reply.is_taken() {
            self.breach((step.about.unwrap_or(API_19), "202 and the configuration".to_owned(), reply.told()));
            self.live = Some(live);
            return Ok(false);
        }
        if reply.status != 202 {
            self.breach((API_19, "status 202".to_owned(), format!("status {}", reply.status)));
        }
        let meanwhile = match (live.mapping.enabled, updated.enabled, asked.enabled.is_some()) {
            (_, false, true) => State::Disabling,
            (_, true, true) => State::Enabling,
            _ => State::Updating,
        };
        let before = Some(live.mapping.clone());
        let live = Live { mapping: updated, before, meanwhile, rule: STATE_3, about: step.about, ..live };
        // An update that changes nothing of the state may say either; what it shows afterwards is what counts.
        let states = [live.meanwhile.clone(), State::Updating];
        self.shows(&live, &states, STATE_3, &reply.body);
        self.live = Some(live);
        Ok(true)
    }

    /// Sends a request, again while it is refused because the mapping is being changed (API-20).
    async fn busy(&mut self, wire: Wire) -> Result<Reply, TargetError> {
        let mut reply = self.send(wire.clone()).await?;
        for _ in 0..MAX_BUSY {
            if reply.error_type.as_deref() != Some("ResourceInUseException") {
                break;
            }
            self.plane.pause(POLL_MS).await;
            reply = self.send(wire.clone()).await?;
        }
        Ok(reply)
    }

    async fn settle(&mut self) -> Result<bool, TargetError> {
        let Some(mut live) = self.live.take() else { return Ok(false) };
        let last = if live.mapping.enabled { State::Enabled } else { State::Disabled };
        let bound = self.plane.now_ms() + CHANGE_BOUND_MS + self.plane.facts().update_settle_ms;
        let states = [live.meanwhile.clone(), last.clone()];
        self.reach(&[live.rule]);
        loop {
            let reply = self.send(Wire::of(Verb::Get, &live.uuid, None)).await?;
            let found = reply.body.get("State").and_then(Value::as_str).unwrap_or_default();
            let over = self.plane.now_ms() > bound;
            if !reply.is_taken() {
                self.breach((live.rule, "200 and the configuration".to_owned(), reply.told()));
                self.live = Some(live);
                return Ok(false);
            }
            if found == last.text() {
                live.before = None;
                self.shows(&live, &states, live.rule, &reply.body);
                self.live = Some(live);
                return Ok(true);
            }
            if over || !states.iter().any(|state| state.text() == found) {
                let after =
                    if over { format!(" after {bound} ms", bound = CHANGE_BOUND_MS) } else { String::new() };
                let allowed = format!("State {} and then {}", states[0].text(), last.text());
                self.breach((live.rule, allowed, format!("State {found}{after}")));
                self.live = Some(live);
                return Ok(false);
            }
            self.plane.pause(POLL_MS).await;
        }
    }

    async fn list(&mut self) -> Result<bool, TargetError> {
        let Some(live) = self.live.take() else { return Ok(false) };
        let facts = self.plane.facts();
        let wire = Wire::list(&facts.stream_arn, &facts.function_name);
        let reply = self.send(wire).await?;
        let last = if live.mapping.enabled { State::Enabled } else { State::Disabled };
        let items =
            reply.body.get("EventSourceMappings").and_then(Value::as_array).cloned().unwrap_or_default();
        let own = |item: &&Value| item.get("UUID").and_then(Value::as_str) == Some(live.uuid.as_str());
        // Whether a list is complete at once no source says: only what it shows of the mapping is judged.
        if let Some(item) = items.iter().find(own) {
            self.shows(&live, &[live.meanwhile.clone(), last], live.rule, item);
        }
        self.live = Some(live);
        Ok(true)
    }

    async fn delete(&mut self) -> Result<bool, TargetError> {
        let Some(live) = self.live.take() else { return Ok(false) };
        let reply = self.busy(Wire::of(Verb::Delete, &live.uuid, None)).await?;
        self.reach(&[STATE_4]);
        let state = reply.body.get("State").and_then(Value::as_str);
        if reply.status != 202 || state != Some(State::Deleting.text()) {
            self.breach((STATE_4, "202 and State Deleting".to_owned(), reply.told()));
        }
        let taken = reply.is_taken();
        self.live = Some(live);
        Ok(taken)
    }

    async fn vanish(&mut self) -> Result<bool, TargetError> {
        let Some(live) = self.live.take() else { return Ok(false) };
        let bound = self.plane.now_ms() + CHANGE_BOUND_MS + self.plane.facts().update_settle_ms;
        loop {
            let reply = self.send(Wire::of(Verb::Get, &live.uuid, None)).await?;
            if !reply.is_taken() {
                self.judge_missing(&reply);
                return Ok(true);
            }
            let found = reply.body.get("State").and_then(Value::as_str).unwrap_or_default();
            if found != State::Deleting.text() || self.plane.now_ms() > bound {
                let came = format!("State {found}");
                self.breach((STATE_4, "State Deleting, and then no such mapping".to_owned(), came));
                return Ok(false);
            }
            self.plane.pause(POLL_MS).await;
        }
    }

    fn judge_missing(&mut self, reply: &Reply) {
        self.reach(&[API_10]);
        let world = &self.plane.facts().world;
        if let Err(expected) = find(world, NOBODY)
            && let Some(difference) = refusal(&expected, None, reply)
        {
            self.breach(difference);
        }
    }

    async fn unknown(&mut self, verb: Verb) -> Result<bool, TargetError> {
        let body = (verb == Verb::Update).then(|| serde_json::json!({"BatchSize": 10}));
        let reply = self.send(Wire::of(verb, NOBODY, body)).await?;
        self.judge_missing(&reply);
        Ok(true)
    }

    async fn delete_function(&mut self) -> Result<bool, TargetError> {
        let name = self.plane.facts().function_name.clone();
        let reply = self.send(Wire::delete_function(&name)).await?;
        if !reply.is_taken() {
            return Err(TargetError::CouldNotRun(format!("the function is not deleted: {}", reply.told())));
        }
        if let Some(live) = &mut self.live {
            (live.rule, live.about) = (API_22, Some(API_22));
        }
        self.reach(&[API_22]);
        Ok(true)
    }

    /// Removes what the group left.
    async fn tidy(&mut self) -> Result<(), TargetError> {
        let mut left: Vec<String> = self.others.drain(..).map(|existing| existing.uuid).collect();
        left.extend(self.live.take().map(|live| live.uuid));
        for uuid in left {
            let wire = Wire::of(Verb::Delete, &uuid, None);
            for _ in 0..MAX_BUSY {
                if self.plane.call(&wire).await?.status == 404 {
                    break;
                }
                self.plane.pause(POLL_MS).await;
            }
        }
        Ok(())
    }
}
