//! How an endpoint behaves beside the rules: slowness, repetition, errors that pass; and two planted bugs of its own.
//!
//! Manners are allowed: a harness must stay green under them. Troubles are not: a harness must turn red.

use crate::account::Ids;
use serde::{Deserialize, Serialize};

/// What is allowed to an endpoint and annoys clients. All zero is prompt and tidy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Manners {
    /// Every answer waits up to so many milliseconds.
    pub answer_delay_ms: u64,
    /// Every read of a stream, by clients and by mappings, waits up to so many milliseconds.
    pub read_delay_ms: u64,
    /// Every failure record takes up to so many milliseconds to its destination.
    pub write_delay_ms: u64,
    /// A change of a mapping takes effect after so many milliseconds.
    pub change_delay_ms: u64,
    /// Each so-many-th message of a queue is delivered twice, with the same message ID.
    pub duplicate_every: u64,
    /// Queues hand their messages out in any order.
    pub reorder: bool,
    /// Each so-many-th request is answered with a 500.
    pub fail_every: u64,
    /// Most records that a client's read of a stream gets; 0 is what the service allows.
    pub page_records: u64,
    /// So many first reads of streams by clients get nothing, whatever there is.
    pub empty_reads: u64,
    /// The so-many-th of these reads, counted from 1, is told once that its iterator has expired.
    pub expire_read: u64,
    /// The so-many-th of these reads, counted from 1, is refused once for its throughput.
    pub refuse_read: u64,
}

/// What becomes of a client's read of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadFate {
    /// It gets up to so many records.
    Page(usize),
    /// Its iterator has expired.
    Expired,
    /// It was one too many.
    Refused,
}

impl Manners {
    /// The names of the presets, with what they are.
    pub const PRESETS: [(&str, &str); 4] = [
        ("prompt", "answers at once, in order, each message once"),
        ("slow", "does everything right and late"),
        ("untidy", "repeats and reorders the messages of queues"),
        ("flaky", "answers some requests with 500"),
    ];

    /// What becomes of a client's read of a stream, counted from 1.
    pub fn read(&self, number: u64) -> ReadFate {
        match number {
            n if n == self.expire_read => ReadFate::Expired,
            n if n == self.refuse_read => ReadFate::Refused,
            n if n <= self.empty_reads => ReadFate::Page(0),
            _ if self.page_records == 0 => ReadFate::Page(usize::MAX),
            _ => ReadFate::Page(self.page_records as usize),
        }
    }

    /// A preset by name, or several joined by `+`.
    pub fn parse(names: &str) -> Option<Manners> {
        let mut manners = Manners::default();
        for name in names.split('+') {
            match name {
                "prompt" => {}
                "slow" => {
                    manners = Manners {
                        answer_delay_ms: 50,
                        read_delay_ms: 400,
                        write_delay_ms: 3_000,
                        change_delay_ms: 2_000,
                        ..manners
                    }
                }
                "untidy" => manners = Manners { duplicate_every: 2, reorder: true, ..manners },
                // A prime, so that the same request of a cycle of requests is not hit each time.
                "flaky" => manners = Manners { fail_every: 23, ..manners },
                _ => return None,
            }
        }
        Some(manners)
    }
}

/// A planted bug of the endpoint, which no mutant of the machine has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Trouble {
    /// Each so-many-th failure record of a mapping is lost on its way (DISCARD-2).
    pub lose_every: u64,
    /// A shard of every stream that mappings stop reading (ORDER-2).
    pub stall: Option<Stall>,
}

/// A shard that is not read any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stall {
    /// The index of the shard.
    pub shard: u8,
    /// How many of its records are still delivered.
    pub after: u64,
}

impl Trouble {
    /// `lose:N` or `stall:SHARD[:RECORDS]`.
    pub fn parse(text: &str) -> Option<Trouble> {
        let mut parts = text.split(':');
        let trouble = match (parts.next()?, parts.next()?.parse().ok()?, parts.next()) {
            ("lose", every, None) => Trouble { lose_every: every, stall: None },
            ("stall", shard, after) => {
                let after = after.map_or(Some(0), |text| text.parse().ok())?;
                Trouble { lose_every: 0, stall: Some(Stall { shard: u8::try_from(shard).ok()?, after }) }
            }
            _ => return None,
        };
        parts.next().is_none().then_some(trouble)
    }
}

/// Waits up to so many milliseconds, as the seed has it.
pub async fn linger(ids: &Ids, up_to_ms: u64) {
    if up_to_ms > 0 {
        // At least half of it, so that slow is slow every time.
        let wait = up_to_ms / 2 + ids.below(up_to_ms / 2 + 1);
        tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
    }
}
