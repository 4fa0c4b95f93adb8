//! Cases for targets that keep the harness waiting: the same draw as everywhere, made short.
//!
//! What is short stays as it is drawn, what is long is cut down: the smallest legal record age is a minute, so a case
//! lasts little more than that. Nothing here knows a target.

use super::case as drawn;
use esm_model::case::{Action, Case, DEFAULT_RETENTION_MS, Record};
use esm_model::mapping::StartingPosition;
use esm_model::script::How;
use esm_model::when::{EPOCH_MS, Ms};

/// The longest that a case can last: one record age, and what comes before and behind it.
pub const LONGEST_MS: Ms = 75_000;

/// Everything is begun within this time.
const ACTIVE_MS: Ms = 6_000;
/// No gap between two puts or two actions is longer.
const GAP_MS: Ms = 1_500;
/// No window of trouble is longer.
const TROUBLE_MS: Ms = 2_000;
/// The smallest record age (AGE-11).
const AGE_SECONDS: u32 = 60;
/// A case that is to see records grow too old is closed so long after its last action.
const AGED_REST_MS: Ms = 62_000;
/// Any other case.
const REST_MS: Ms = 2_500;
/// So long after its end a case is still watched.
const WATCH_MS: Ms = 6_000;
/// The longest batching window.
const WINDOW_SECONDS: u32 = 2;
/// Most records: each invocation is a call over a wire.
const MAX_RECORDS: usize = 10;
/// Larger records are more than some streams take.
const MAX_SIZE: u32 = 20_000;
/// The function is done with a record within this time.
const DURATION_MS: Ms = 200;
/// A time-out is a real one.
const TIMEOUT_MS: Ms = 1_000;
/// Where nothing is meant to time out, nothing does, however slowly a busy machine calls the function.
const PATIENT_TIMEOUT_MS: Ms = 60_000;
/// Where nothing else ends it, a record fails so many times.
const FAILURES: u16 = 3;

/// Case `index` under `seed`, made short.
pub fn case(seed: u64, index: u64) -> Case {
    shortened(drawn(seed, index))
}

/// The same case in little more than a minute at most.
fn shortened(mut case: Case) -> Case {
    case.retention_ms = DEFAULT_RETENTION_MS;
    case.records.truncate(MAX_RECORDS);
    let aged = settings(&mut case);
    times(&mut case);
    let endless = |mapping: &esm_model::case::CaseMapping| {
        let settings = &mapping.settings;
        settings.maximum_retry_attempts.is_none() && settings.maximum_record_age_in_seconds.is_none()
    };
    let endless = case.mappings.iter().any(endless);
    for record in &mut case.records {
        record.size = record.size.min(MAX_SIZE);
        record.duration_ms = record.duration_ms.min(DURATION_MS);
        if let Some(behaviour) = record.behaviour.as_mut().filter(|_| endless) {
            behaviour.times = behaviour.times.map_or(Some(FAILURES), |times| Some(times.min(FAILURES)));
        }
    }
    let hangs = |record: &Record| record.behaviour.is_some_and(|behaviour| behaviour.how == How::TimeOut);
    let longest: Ms = case.records.iter().map(|record| record.duration_ms).sum();
    let times_out = longest >= TIMEOUT_MS || case.records.iter().any(hangs);
    case.function.timeout_ms = if times_out { TIMEOUT_MS } else { PATIENT_TIMEOUT_MS };
    let last = case.records.iter().map(|record| record.at);
    let last = last.chain(case.mappings.iter().map(|mapping| mapping.created_at));
    let last = last.chain(case.actions.iter().map(|step| step.at + step.action.lasts())).max().unwrap_or(0);
    let closing = last + if aged { AGED_REST_MS } else { REST_MS };
    case.closing_at = Some(closing);
    case.horizon_ms = closing + WATCH_MS;
    case
}

/// Shorter windows and ages. Whether some record may grow too old.
fn settings(case: &mut Case) -> bool {
    let mut aged = false;
    for mapping in &mut case.mappings {
        let settings = &mut mapping.settings;
        let window = &mut settings.maximum_batching_window_in_seconds;
        *window = (*window).min(WINDOW_SECONDS);
        if let Some(age) = &mut settings.maximum_record_age_in_seconds {
            *age = (*age).min(AGE_SECONDS);
            aged = true;
        }
        if let StartingPosition::AtTimestamp(at) = &mut settings.starting_position {
            *at = (*at).min(EPOCH_MS + GAP_MS);
        }
    }
    for step in &mut case.actions {
        let Action::Update { set, .. } = &mut step.action else { continue };
        set.maximum_batching_window_in_seconds =
            set.maximum_batching_window_in_seconds.map(|window| window.min(WINDOW_SECONDS));
        if let Some(age) = &mut set.maximum_record_age_in_seconds
            && *age > 0
        {
            *age = (*age).min(AGE_SECONDS as i32);
            aged = true;
        }
    }
    aged
}

/// Shorter gaps, with the order kept.
fn times(case: &mut Case) {
    let mut moments: Vec<Ms> = case.records.iter().map(|record| record.at).collect();
    moments.extend(case.mappings.iter().map(|mapping| mapping.created_at));
    moments.extend(case.actions.iter().map(|step| step.at));
    moments.push(0);
    moments.sort_unstable();
    moments.dedup();
    let mut short = Vec::with_capacity(moments.len());
    let mut at: Ms = 0;
    for (index, moment) in moments.iter().enumerate() {
        let gap = index.checked_sub(1).map_or(0, |before| moment - moments[before]);
        at = (at + gap.min(GAP_MS)).min(ACTIVE_MS - TROUBLE_MS);
        short.push(at);
    }
    let shortened = |at: &mut Ms| {
        if let Ok(index) = moments.binary_search(at) {
            *at = short[index];
        }
    };
    case.records.iter_mut().for_each(|record| shortened(&mut record.at));
    case.mappings.iter_mut().for_each(|mapping| shortened(&mut mapping.created_at));
    for step in &mut case.actions {
        shortened(&mut step.at);
        if let Action::Throttle { for_ms, .. }
        | Action::ServiceError { for_ms, .. }
        | Action::RefuseWrites { for_ms, .. } = &mut step.action
        {
            *for_ms = (*for_ms).min(TROUBLE_MS);
        }
    }
}
