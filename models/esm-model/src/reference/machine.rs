//! The machine itself: its state, and the order in which a shard does things. What goes in and out is in `exchange`.

use crate::event::{MappingState, ProcessingResult, RequestId};
use crate::mapping::{Mapping, StartingPosition};
use crate::reference::exchange::{FunctionResult, Held, Input, Output, Position, Request, Write};
use crate::reference::mutant::Fault;
use crate::reference::policy::{Policy, UpdateUse};
use crate::reference::shard::{Flight, Shard};
use crate::when::{EPOCH_MS, Ms};
use serde::{Deserialize, Serialize};

/// How long a change of the mapping shows as Creating, Updating, Enabling or Disabling.
pub(super) const TRANSITION_MS: Ms = 1_000;

/// The state of one mapping.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Machine {
    /// Every version of the settings since creation; the last one is in force.
    pub versions: Vec<Mapping>,
    pub(super) policy: Policy,
    pub(super) fault: Option<Fault>,
    pub(super) shards: Vec<Shard>,
    pub(super) retention_ms: Ms,
    seed: u64,
    requests: u64,
    pub(super) tokens: u32,
    enabled: bool,
    transition: (MappingState, Ms),
    pub(super) result: ProcessingResult,
    /// Writes that may be tried again, and when.
    pub(super) pending: Vec<(Ms, Write)>,
    pub(super) batches: u32,
    pub(super) now: Ms,
}

impl Machine {
    /// A mapping created at `now` on a stream of so many shards. `seed` makes its request IDs its own.
    pub fn new(
        settings: Mapping,
        shards: u8,
        retention_ms: Ms,
        policy: Policy,
        fault: Option<Fault>,
        seed: u64,
        now: Ms,
    ) -> Machine {
        let start = match settings.starting_position {
            StartingPosition::Latest if fault == Some(Fault::LatestAsTrimHorizon) => Position::TrimHorizon,
            StartingPosition::TrimHorizon if fault == Some(Fault::TrimHorizonAsLatest) => {
                Position::Arrived(now)
            }
            StartingPosition::AtTimestamp(_) if fault == Some(Fault::TimestampIgnored) => {
                Position::TrimHorizon
            }
            StartingPosition::TrimHorizon => Position::TrimHorizon,
            StartingPosition::Latest => Position::Arrived(now),
            StartingPosition::AtTimestamp(epoch_ms) => Position::Arrived(epoch_ms - EPOCH_MS),
        };
        Machine {
            enabled: settings.enabled,
            versions: vec![settings],
            policy,
            fault,
            shards: vec![Shard::new(start, now); usize::from(shards)],
            retention_ms,
            seed,
            requests: 0,
            tokens: 0,
            transition: (MappingState::Creating, now + TRANSITION_MS),
            result: ProcessingResult::None,
            pending: Vec::new(),
            batches: 0,
            now,
        }
    }

    /// The records of a request, in order.
    pub fn batch(&self, request: &Request) -> &[Held] {
        &self.shards[usize::from(request.shard)].hand[request.lo..request.hi]
    }

    /// `State` and `LastProcessingResult`.
    pub fn status(&self, now: Ms) -> (MappingState, ProcessingResult) {
        let state = match (self.transition, self.enabled) {
            _ if self.is(Fault::StateUnknown) => MappingState::Unknown,
            ((MappingState::Creating, _), _) if self.is(Fault::CreatingForever) => MappingState::Creating,
            ((MappingState::Updating, _), _) if self.is(Fault::UpdatingForever) => MappingState::Updating,
            ((state, until), _) if now < until => state,
            (_, true) => MappingState::Enabled,
            (_, false) => MappingState::Disabled,
        };
        let result = if self.is(Fault::ResultStaysNone) { ProcessingResult::None } else { self.result };
        (state, result)
    }

    /// Takes an input and does everything that follows from it at `now`.
    pub fn input(&mut self, now: Ms, input: Input<'_>, out: &mut Vec<Output>) {
        let alone = input.shard().filter(|_| !self.is(Fault::ShardStallsOthers));
        self.tell(now, input, out);
        match alone {
            Some(shard) => self.advance(now, usize::from(shard), out),
            None => self.work(now, out),
        }
    }

    /// Does everything that can be done at `now`.
    pub fn work(&mut self, now: Ms, out: &mut Vec<Output>) {
        self.now = now;
        self.rewrite(now, out);
        for shard in 0..self.shards.len() {
            self.advance(now, shard, out);
        }
    }

    /// Takes an input, and leaves the work that follows from it to [`Machine::work`].
    pub fn tell(&mut self, now: Ms, input: Input<'_>, out: &mut Vec<Output>) {
        self.now = now;
        match input {
            Input::Arrived { shard } => self.shards[usize::from(shard)].more = true,
            Input::Fetched { shard, records, more } => {
                let at = usize::from(shard);
                self.shards[at].fetching = false;
                self.shards[at].more = more;
                if let Some(last) = records.last() {
                    self.shards[at].position = Position::After(last.sequence.clone());
                }
                self.shards[at].hand.extend_from_slice(records);
                self.disorder(at);
            }
            Input::Answered { shard, request, result } => {
                self.answered(now, usize::from(shard), request, result, out)
            }
            Input::Written { token, accepted } => self.written(now, token, accepted, out),
            Input::Configure(settings) => self.configure(now, *settings),
            Input::Enable(enabled) => self.enable(now, enabled),
            Input::Tick => {}
        }
    }

    pub(super) fn is(&self, fault: Fault) -> bool {
        self.fault == Some(fault)
    }

    /// The settings that decide about the batch in hand (AMB-22).
    pub(super) fn settings(&self, shard: usize) -> &Mapping {
        let last = self.versions.len() - 1;
        match self.policy.update {
            UpdateUse::Old if !self.shards[shard].parts.is_empty() => {
                &self.versions[usize::from(self.shards[shard].version).min(last)]
            }
            _ => &self.versions[last],
        }
    }

    /// The settings in force.
    pub(super) fn current(&self) -> &Mapping {
        &self.versions[self.versions.len() - 1]
    }

    pub(super) fn next_request(&mut self) -> RequestId {
        self.requests += 1;
        // The version and variant bits of a random UUID, so that the IDs look like the service's.
        RequestId(u128::from(self.seed) << 96 | 0x4000 << 64 | 0x8000 << 48 | u128::from(self.requests))
    }

    fn configure(&mut self, now: Ms, settings: Mapping) {
        self.transition = (MappingState::Updating, now + TRANSITION_MS);
        self.versions.push(settings);
        if self.is(Fault::UpdateRewinds) {
            for shard in &mut self.shards {
                *shard = Shard::new(Position::TrimHorizon, now);
            }
        }
    }

    fn enable(&mut self, now: Ms, enabled: bool) {
        let state = if enabled { MappingState::Enabling } else { MappingState::Disabling };
        self.transition = (state, now + TRANSITION_MS);
        self.enabled = enabled;
        for shard in &mut self.shards {
            if !enabled && self.policy.disable == crate::reference::policy::DisableAttempts::Reset {
                shard.parts.iter_mut().for_each(|part| part.attempts = 0);
            }
            if enabled {
                // What was on the wire when the mapping was disabled is not: the window begins anew.
                shard.window = None;
                shard.completed = shard.completed.max(now);
            }
        }
        if enabled && self.is(Fault::EnableSkips) {
            // The position is lost: reading goes on with what arrives from now on.
            for shard in &mut self.shards {
                *shard = Shard::new(Position::Arrived(now), now);
            }
        }
    }

    /// Whether the mapping takes new work.
    fn runs(&self) -> bool {
        self.enabled || self.is(Fault::DisableIgnored)
    }

    /// Does everything that a shard can do at `now`.
    fn advance(&mut self, now: Ms, shard: usize, out: &mut Vec<Output>) {
        if let Some(flight) = self.shards[shard].flight {
            self.give_up(now, shard, flight, out);
        }
        // Every turn resolves a part, calls the function or stops; the bound is for broken invariants only.
        for _ in 0..100_000 {
            if self.shards[shard].flight.is_some() || self.held_up(shard) {
                return;
            }
            if !self.runs() {
                self.flush(shard, out);
                return;
            }
            if now < self.shards[shard].not_before {
                out.push(Output::WakeAt(self.shards[shard].not_before));
                return;
            }
            if self.shards[shard].parts.is_empty() && !self.form(now, shard, out) {
                return;
            }
            if self.refill(shard, out) {
                return;
            }
            self.expire(now, shard, out);
            if !self.shards[shard].parts.is_empty() {
                self.invoke(now, shard, out);
                return;
            }
            self.finish(now, shard, out);
        }
        unreachable!("a shard made 100,000 turns without a call: the machine does not terminate");
    }

    /// Faults by which one shard waits for another.
    fn held_up(&self, shard: usize) -> bool {
        let failing = |s: &Shard| s.parts.iter().any(|part| part.attempts > 0 || part.half);
        self.shards[shard].stopped
            || (self.is(Fault::ShardStallsOthers)
                && self.shards.iter().enumerate().any(|(i, other)| i != shard && failing(other)))
    }

    fn invoke(&mut self, now: Ms, shard: usize, out: &mut Vec<Output>) {
        let keep = !self.is(Fault::RetryChangesRequestId);
        let index = self.pick_part(shard);
        let known = self.shards[shard].parts[index].request.filter(|_| keep);
        let id = known.unwrap_or_else(|| self.next_request());
        let state = &mut self.shards[shard];
        let part = &mut state.parts[index];
        part.request = Some(id);
        part.refill = false;
        let (lo, hi) = (part.lo, part.hi);
        let size = state.hand[lo..hi].iter().map(|record| record.size).sum();
        let request = Request { shard: shard as u8, id, size, lo, hi };
        state.begun = now;
        state.flight = Some(Flight { request, part: index, gives_up: now + 1_000 });
        if self.is(Fault::GivesUpEarly) {
            out.push(Output::WakeAt(now + 1_000));
        }
        out.push(Output::Invoke(request));
    }

    /// Which part comes next: the last one, but for faults.
    fn pick_part(&self, shard: usize) -> usize {
        let parts = &self.shards[shard].parts;
        if self.is(Fault::BreadthFirst) {
            // Parts that were not tried yet come before retries, in order.
            return parts.iter().rposition(|p| p.attempts == 0).unwrap_or(parts.len() - 1);
        }
        parts.len() - 1
    }

    fn give_up(&mut self, now: Ms, shard: usize, flight: Flight, out: &mut Vec<Output>) {
        if self.is(Fault::GivesUpEarly) && now >= flight.gives_up {
            self.answered(now, shard, flight.request.id, FunctionResult::TimedOut, out);
        }
    }
}
