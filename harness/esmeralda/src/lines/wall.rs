//! Time that passes by itself: for children that wait in their own ways.
//!
//! What is heard is dated by an interval: not before the last look at a silent line, not after it was read.

use super::channel::Broken;
use super::message::FromChild;
use super::session::LinesSession;
use crate::clock::{Deadline, Stopwatch};
use crate::target::{Ran, TargetError};
use esm_model::when::{Ms, When};
use std::time::Duration;

/// How often a silent line is looked at: the width of the intervals.
const LOOK_MS: Ms = 5;

/// The clock of one case.
pub(super) struct Wall {
    since: Stopwatch,
    /// When the line was silent last.
    silent: Ms,
}

impl Wall {
    pub(super) fn start() -> Wall {
        Wall { since: Stopwatch::start(), silent: 0 }
    }

    pub(super) fn now(&self) -> Ms {
        Ms::try_from(self.since.elapsed().as_millis()).unwrap_or(Ms::MAX)
    }

    /// When something happened that was heard just now.
    pub(super) fn seen(&mut self) -> When {
        When { earliest: self.silent, latest: self.now() }
    }
}

impl LinesSession {
    /// Something was done: a child that sleeps goes on.
    pub(super) fn rouse(&mut self) -> Result<(), TargetError> {
        if self.sleeping.take().is_some() {
            self.time();
            self.wake(self.now)?;
        }
        Ok(())
    }

    /// What the child says while something is done to it. Calls end meanwhile: who waits for one does nothing else.
    pub(super) fn hear_meanwhile(&mut self, due: &'static str) -> Result<FromChild, TargetError> {
        self.hear_owed()?;
        let wait = self.pool.wait;
        let deadline = Deadline::after(Some(wait));
        while !deadline.is_over() {
            let now = self.time();
            let next = self.outside.next().unwrap_or(Ms::MAX);
            if next <= now {
                self.answer(When::at(now))?;
                continue;
            }
            let until_next = Duration::from_millis(next.abs_diff(now));
            if let Some(message) = self.hear_within(until_next.min(deadline.left()))? {
                return Ok(message);
            }
        }
        Err(self.fail(Broken::Silent { wait, what: due }))
    }

    pub(super) fn run_wall(&mut self, until: Ms) -> Result<Ran, TargetError> {
        loop {
            let now = self.time();
            if self.outside.next().is_some_and(|next| next <= now) {
                self.answer(When::at(now))?;
                continue;
            }
            if self.outside.is_used_up() && self.outside.next().is_none() {
                return Ok(Ran::Cut(now));
            }
            if self.sleeping.flatten().is_some_and(|wake| wake <= now) {
                self.rouse()?;
                continue;
            }
            // Nothing is left to be done to it, it waits for nothing, and no call is under way.
            let last = until > self.case.horizon_ms;
            if last && self.sleeping == Some(None) && self.outside.next().is_none() {
                return Ok(Ran::Quiet(now));
            }
            if now >= until {
                return Ok(if last { Ran::Deadline(now) } else { Ran::Reached });
            }
            let due = [self.outside.next(), self.sleeping.flatten(), Some(until), Some(now + LOOK_MS)];
            let next = due.into_iter().flatten().min().unwrap_or(until);
            let wait = Duration::from_millis(u64::try_from(next - now).unwrap_or(0));
            match self.hear_within(wait)? {
                Some(message) => self.take(message)?,
                None => self.silent(now),
            }
        }
    }

    fn silent(&mut self, since: Ms) {
        if let Some(wall) = &mut self.wall {
            wall.silent = since;
        }
    }
}
