//! One case with a child: what is done to it, what it says, and virtual time.
//!
//! The child works, then parks: by `sleep`, or by a call that it waits for. Only then does time pass, to the first
//! thing that is due: calls that end, in the order in which they end, before sleeps. Time that passes by itself is in
//! `wall.rs`.

use super::message::{
    Act, Acted, Call, CallError, Calls, Clock, Close, FromChild, Opened, Reply, Run, Sleep, ToChild,
};
use super::needs::STATUS;
use super::outside::Outside;
use super::pool::{Peer, Pool};
use super::talk::{Owed, gone, hear, out_of_turn, read, say};
use super::wall::Wall;
use crate::target::{Acted as Done, Ran, Seen, Session, Stimulus, TargetError};
use esm_model::case::Case;
use esm_model::when::{Ms, Span, When};
use std::rc::Rc;
use std::sync::Arc;

/// Most calls that a child may make without letting time pass: more than a case has records and mappings.
const MAX_CALLS_AT_ONCE: u32 = 100_000;
/// Most turns of a child in one case: one that polls every millisecond must not take hours of ours.
const MAX_TURNS: u32 = 1_000_000;

/// One case with a child.
pub struct LinesSession {
    pub(super) pool: Arc<Pool>,
    peer: Option<Peer>,
    owed: Vec<Owed>,
    pub(super) case: Rc<Case>,
    pub(super) outside: Outside,
    calls: Calls,
    pub(super) tells_status: bool,
    pub(super) wall: Option<Wall>,
    pub(super) now: Ms,
    /// When something happened last.
    pub(super) last: Ms,
    /// Something was done since the child worked.
    due: bool,
    /// The child sleeps, and until when.
    pub(super) sleeping: Option<Option<Ms>>,
    stopped: bool,
    turns: u32,
}

impl LinesSession {
    pub(super) fn new(
        pool: Arc<Pool>,
        peer: Peer,
        case: Rc<Case>,
        outside: Outside,
        opened: &Opened,
        owed: Vec<Owed>,
    ) -> LinesSession {
        LinesSession {
            tells_status: opened.capabilities.iter().any(|name| name == STATUS),
            calls: opened.calls,
            wall: (opened.clock == Clock::Wall).then(Wall::start),
            pool,
            peer: Some(peer),
            owed,
            case,
            outside,
            now: 0,
            last: 0,
            due: false,
            sleeping: Some(None),
            stopped: false,
            turns: 0,
        }
    }

    /// The conversation is over: why, and what the child said last.
    pub(super) fn fail(&mut self, why: impl std::fmt::Display) -> TargetError {
        let last = self.peer.take().map(|peer| self.pool.discard(peer)).unwrap_or_default();
        TargetError::CouldNotRun(format!("the child at {} ms of the case: {why}{last}", self.now))
    }

    /// Sends a message.
    pub(super) fn say(&mut self, message: &ToChild) -> Result<(), TargetError> {
        match self.peer.as_mut().map(|peer| say(&self.pool, peer, message)) {
            Some(Ok(())) => Ok(()),
            Some(Err(why)) => Err(self.fail(why)),
            None => Err(gone()),
        }
    }

    /// The next message, after the answers that are still due.
    fn hear(&mut self, due: &'static str) -> Result<FromChild, TargetError> {
        self.hear_owed()?;
        self.hear_one(due)
    }

    pub(super) fn hear_owed(&mut self) -> Result<(), TargetError> {
        for due in std::mem::take(&mut self.owed) {
            match (self.hear_one(due.name())?, due) {
                (FromChild::Acted(_), Owed::Acted) => {}
                (FromChild::Opened(opened), Owed::Opened) => {
                    self.pool.learn(&opened).map_err(|why| self.fail(why))?;
                }
                (FromChild::Unsupported(unsupported), _) => {
                    return Err(TargetError::Unsupported(unsupported.what));
                }
                (message, due) => return Err(self.fail(out_of_turn(&message, due.name()))),
            }
        }
        Ok(())
    }

    fn hear_one(&mut self, due: &'static str) -> Result<FromChild, TargetError> {
        match self.peer.as_mut().map(|peer| hear(&self.pool, peer, due)) {
            Some(Ok(message)) => Ok(message),
            Some(Err(why)) => Err(self.fail(why)),
            None => Err(gone()),
        }
    }

    /// The next message, if one comes in this time.
    pub(super) fn hear_within(
        &mut self,
        wait: std::time::Duration,
    ) -> Result<Option<FromChild>, TargetError> {
        let Some(peer) = &mut self.peer else { return Err(gone()) };
        if let Err(broken) = peer.channel.flush(self.pool.wait) {
            return Err(self.fail(broken));
        }
        let heard = match peer.channel.line_within(wait) {
            Ok(Some(line)) => read(&self.pool, peer.channel.bytes(line)).map(Some),
            Ok(None) if peer.channel.has_ended() => {
                Err("it closed its stdout in the middle of a case".to_owned())
            }
            Ok(None) => Ok(None),
            Err(broken) => Err(broken.to_string()),
        };
        heard.map_err(|why| self.fail(why))
    }

    /// Does something to the session that is answered by no more than `acted`. In virtual time the answer is awaited
    /// with the next one that matters.
    pub(super) fn do_this(&mut self, act: Act) -> Result<Span, TargetError> {
        if self.wall.is_some() {
            return self.act(act).map(|(_, span)| span);
        }
        self.say(&ToChild::Act(Box::new(act)))?;
        self.owed.push(Owed::Acted);
        Ok(Span::at(self.now))
    }

    /// Does something to the session, and hears what came of it.
    pub(super) fn act(&mut self, act: Act) -> Result<(Acted, Span), TargetError> {
        let began = self.time();
        self.say(&ToChild::Act(Box::new(act)))?;
        loop {
            let message = match self.wall {
                Some(_) => self.hear_meanwhile("acted")?,
                None => self.hear("acted")?,
            };
            match message {
                FromChild::Acted(acted) => {
                    return Ok((acted, Span { began: When::at(began), ended: When::at(self.time()) }));
                }
                FromChild::Unsupported(unsupported) => {
                    return Err(TargetError::Unsupported(unsupported.what));
                }
                // Whose time passes by itself may be at work.
                message if self.wall.is_some() => self.take(message)?,
                message => return Err(self.fail(out_of_turn(&message, "acted"))),
            }
        }
    }

    /// The present: of the case, or of the clock.
    pub(super) fn time(&mut self) -> Ms {
        if let Some(wall) = &self.wall {
            self.now = wall.now();
        }
        self.now
    }

    /// A message that the child sends of its own accord.
    pub(super) fn take(&mut self, message: FromChild) -> Result<(), TargetError> {
        match message {
            FromChild::Sleep(Sleep { until }) => self.sleeping = Some(until),
            FromChild::Call(call) => self.call(*call)?,
            FromChild::Unsupported(unsupported) => return Err(TargetError::Unsupported(unsupported.what)),
            message => return Err(self.fail(out_of_turn(&message, "a call or sleep"))),
        }
        Ok(())
    }

    fn call(&mut self, call: Call) -> Result<(), TargetError> {
        let at = match &mut self.wall {
            Some(wall) => wall.seen(),
            None => When::at(self.now),
        };
        self.now = at.latest;
        self.last = self.now;
        match call {
            Call { id, invoke: Some(invoke), deliver: None } => {
                self.outside.invoke(at, id, invoke, self.stopped).map_err(|why| self.fail(why))
            }
            Call { id, invoke: None, deliver: Some(deliver) } => {
                let taken = self.outside.deliver(at, deliver).map_err(|why| self.fail(why))?;
                let error = (!taken).then_some(CallError::Refused);
                self.say(&ToChild::Reply(Reply { id, now: self.now, returned: None, error, stop: false }))
            }
            Call { id, .. } => Err(self.fail(format!("call {id} has not one of invoke and deliver"))),
        }
    }

    /// Hears the child until it waits.
    fn park(&mut self) -> Result<(), TargetError> {
        self.sleeping = None;
        self.turns += 1;
        if self.turns > MAX_TURNS {
            return Err(self.fail(format!("it took {MAX_TURNS} turns; let it sleep for longer")));
        }
        for _ in 0..MAX_CALLS_AT_ONCE {
            let message = self.hear("a call or sleep")?;
            let waits = match &message {
                FromChild::Sleep(_) => true,
                FromChild::Call(call) => self.calls == Calls::One && call.invoke.is_some(),
                _ => false,
            };
            self.take(message)?;
            if waits {
                return Ok(());
            }
        }
        Err(self.fail(format!("it made {MAX_CALLS_AT_ONCE} calls at one instant; let it sleep")))
    }

    /// The child works at the present instant.
    pub(super) fn wake(&mut self, until: Ms) -> Result<(), TargetError> {
        self.stopped = self.outside.is_used_up();
        self.say(&ToChild::Run(Run { now: self.now, until, stop: self.stopped }))
    }

    /// Ends the first call that is due; whether there is one.
    pub(super) fn answer(&mut self, at: When) -> Result<bool, TargetError> {
        let Some(mut reply) = self.outside.answer(at, self.now) else { return Ok(false) };
        self.last = self.now;
        self.stopped = self.outside.is_used_up();
        reply.stop = self.stopped;
        self.say(&ToChild::Reply(reply))?;
        Ok(true)
    }

    fn run_virtual(&mut self, until: Ms) -> Result<Ran, TargetError> {
        if self.due && self.now < until {
            self.due = false;
            // Who waits for a call has seen what was done, and goes on when the call ends.
            if self.sleeping.is_some() {
                self.wake(until)?;
                self.park()?;
            }
        }
        loop {
            let wake = self.sleeping.flatten().filter(|_| !self.outside.is_used_up());
            let next = self.outside.next().into_iter().chain(wake).min();
            if self.outside.is_used_up() && self.outside.next().is_none() {
                return Ok(Ran::Cut(self.now));
            }
            match next {
                None => return Ok(Ran::Quiet(self.last)),
                Some(next) if next >= until => return Ok(Ran::Reached),
                Some(next) => self.now = self.now.max(next),
            }
            if !self.answer(When::at(self.now))? {
                // Something may be lost unseen now: the run is not over before.
                self.last = self.now;
                self.wake(until)?;
            }
            self.park()?;
        }
    }

    /// Ends the case with the child: answers that are still due are heard, and the child is told. It closes while the
    /// harness does something else.
    fn farewell(&mut self) -> Result<(), TargetError> {
        self.hear_owed()?;
        self.say(&ToChild::Close(Close {}))?;
        let Some(peer) = &mut self.peer else { return Err(gone()) };
        peer.closing = true;
        match peer.channel.flush(self.pool.wait) {
            Ok(()) => Ok(()),
            Err(broken) => Err(self.fail(broken)),
        }
    }
}

impl Session for LinesSession {
    async fn act(&mut self, at: Ms, stimulus: Stimulus<'_>) -> Result<Done, TargetError> {
        if self.wall.is_none() {
            (self.now, self.last, self.due) = (at, at, true);
        }
        let done = match stimulus {
            Stimulus::Create(mapping) => self.create(mapping).map(Done::done),
            Stimulus::Put(labels) => self.put(labels),
            Stimulus::Step(action) => self.step(at, action).map(Done::done),
            Stimulus::End(action) => {
                self.outside.end(action);
                Ok(Done::done(Span::at(self.time())))
            }
        }?;
        if self.wall.is_some() {
            self.rouse()?;
        }
        Ok(done)
    }

    async fn run(&mut self, until: Ms) -> Result<Ran, TargetError> {
        if self.wall.is_some() { self.run_wall(until) } else { self.run_virtual(until) }
    }

    async fn close(mut self) -> Result<(), TargetError> {
        // Where the conversation broke down, that was told already.
        if self.peer.is_none() {
            return Ok(());
        }
        self.farewell()?;
        if let Some(peer) = self.peer.take() {
            self.pool.give_back(peer);
        }
        Ok(())
    }

    async fn status(&mut self, at: Ms, mapping: u8) -> Result<Option<Seen>, TargetError> {
        self.tell_status(at, mapping)
    }
}
