//! Makes a history small that shows a breach: fewer records, fewer mishaps, one shard.
//!
//! A smaller history counts if it breaks the same rule. The settings stay: they are the user's. Environments take long to
//! start, so one serves all tries, and a fresh one the smallest history. If that does not show it, what outlives an
//! invocation is to blame, and every try gets an environment of its own.

use crate::handler::{Handler, HandlerError, Raw};
use crate::history::History;
use crate::judge::{Breach, Judging, judge};
use crate::sample::Samples;
use crate::world::{Played, World};
use esm_model::reference::Policy;

/// Most histories that are played to make one smaller.
const MAX_TRIES: u32 = 60;
/// What a call that times out counts for beside the others.
const TIMEOUT_TRIES: u32 = 5;

/// A history that shows a breach.
#[derive(Clone)]
pub(crate) struct Shown {
    pub(crate) history: History,
    pub(crate) played: Played,
    pub(crate) breach: Breach,
    /// Whether it shows in a fresh environment.
    pub(crate) fresh: bool,
}

pub(crate) struct Shrinker<'s, H> {
    pub(crate) world: &'s mut World,
    pub(crate) samples: &'s Samples,
    pub(crate) judging: &'s Judging,
    pub(crate) handler: &'s mut H,
    pub(crate) tries: u32,
    /// Whether each try gets a fresh environment.
    pub(crate) own_environments: bool,
}

impl<H: Handler> Shrinker<'_, H> {
    /// The smallest history that was found.
    pub(crate) async fn shrink(&mut self, found: Shown) -> Result<Shown, HandlerError> {
        for own_environments in [false, true] {
            (self.tries, self.own_environments) = (0, own_environments);
            self.handler.renew().await;
            let Some(first) = self.attempt(&found, found.history.clone()).await? else { return Ok(found) };
            let best = self.smaller(first).await?;
            self.tries = 0;
            self.handler.renew().await;
            if let Some(shown) = self.attempt(&best, best.history.clone()).await? {
                return Ok(Shown { fresh: true, ..shown });
            }
        }
        Ok(found)
    }

    async fn smaller(&mut self, mut best: Shown) -> Result<Shown, HandlerError> {
        let mut turn = true;
        while turn {
            turn = false;
            for candidate in simpler(&best.history) {
                if let Some(smaller) = self.attempt(&best, candidate).await? {
                    best = smaller;
                    turn = true;
                    break;
                }
            }
            let count = best.history.marks.len();
            let mut size = count / 2;
            while size > 0 {
                let mut from = 0;
                while from + size <= best.history.marks.len() && best.history.marks.len() > size {
                    match self.attempt(&best, without(&best.history, from, size)).await? {
                        Some(smaller) => {
                            best = smaller;
                            turn = true;
                        }
                        None => from += size,
                    }
                }
                size /= 2;
            }
            turn &= self.tries < MAX_TRIES;
        }
        Ok(best)
    }

    /// Whether this history shows the same breach.
    async fn attempt(&mut self, wanted: &Shown, history: History) -> Result<Option<Shown>, HandlerError> {
        if self.tries >= MAX_TRIES {
            return Ok(None);
        }
        if self.own_environments {
            self.handler.renew().await;
        }
        let played = self.world.play(&history, self.samples, &self.judging.patterns, self.handler).await?;
        let slow = played.calls.iter().filter(|call| call.raw == Raw::TimedOut).count() as u32;
        self.tries += 1 + slow * TIMEOUT_TRIES;
        let breach =
            judge(self.judging, &history, &played).into_iter().find(|b| b.rule == wanted.breach.rule);
        Ok(breach.map(|breach| Shown { history, played, breach, fresh: false }))
    }
}

/// Without some records.
fn without(history: &History, from: usize, count: usize) -> History {
    let mut smaller = history.clone();
    smaller.case.records.drain(from..from + count);
    smaller.marks.drain(from..from + count);
    smaller
}

/// The same records with less around them.
fn simpler(history: &History) -> Vec<History> {
    let mut all = Vec::new();
    if !history.lost.is_empty() {
        all.push(History { lost: Vec::new(), ..history.clone() });
    }
    if history.policy != Policy::AWS {
        all.push(History { policy: Policy::AWS, ..history.clone() });
    }
    if history.case.shards > 1 {
        let mut one = history.clone();
        one.case.shards = 1;
        one.case.records.iter_mut().for_each(|record| record.shard = 0);
        all.push(one);
    }
    if history.case.records.iter().any(|record| record.at > 0) {
        let mut at_once = history.clone();
        at_once.case.records.iter_mut().for_each(|record| record.at = 0);
        all.push(at_once);
    }
    if history.marks.iter().any(|mark| mark.key > 0) {
        let mut one = history.clone();
        one.marks.iter_mut().for_each(|mark| mark.key = 0);
        all.push(one);
    }
    all
}
