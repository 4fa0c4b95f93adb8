//! The timeline: the steps of each shard in words, with the rules that determine them and the questions left open.
//!
//! Times stand here only where a setting or an option gives them.

use super::entry::{Entry, Kind, Moment};
use super::story::{How as Reach, Outcome, Reason, Step, story};
use super::words::{is, name, numbers, plain, reported};
use super::{Options, input::Read};
use esm_model::answer::{Answer, Response};
use esm_model::case::Case;
use esm_model::catalogue::{self as c, AmbiguityId};
use esm_model::event::Event;
use esm_model::explain::duration;
use esm_model::label::Label;
use esm_model::mapping::{Mapping, SourceKind};
use esm_model::rule::RuleId;
use esm_model::when::Ms;

/// So many calls of the same records are told one by one.
const TOLD_ONE_BY_ONE: usize = 3;

/// The timeline of every shard, one after the other.
pub(super) fn timeline(options: &Options, read: &Read, case: &Case, events: &[Event]) -> Vec<Entry> {
    let mut all = Vec::new();
    for shard in 0..case.shards {
        let steps = story(case, events, shard, &options.policy);
        let settings = &case.mappings[0].settings;
        let source = read.source;
        let mut teller = Teller { options, case, settings, source, shard, told_until: -1, out: Vec::new() };
        teller.steps(&steps);
        all.append(&mut teller.out);
    }
    all
}

/// Puts the steps of one shard into entries.
pub(super) struct Teller<'a> {
    pub(super) options: &'a Options,
    pub(super) case: &'a Case,
    pub(super) settings: &'a Mapping,
    source: SourceKind,
    pub(super) shard: u8,
    told_until: Ms,
    pub(super) out: Vec<Entry>,
}

impl Teller<'_> {
    pub(super) fn add(
        &mut self,
        moment: Moment,
        kind: Kind,
        records: &[Label],
        text: String,
        rules: &[RuleId],
        open: &[AmbiguityId],
    ) {
        let entry = Entry {
            shard: self.shard,
            moment,
            kind,
            records: records.iter().filter_map(|label| label.index()).map(|index| index + 1).collect(),
            text,
            rules: rules.to_vec(),
            open: open.to_vec(),
        };
        self.out.push(entry);
    }

    /// Arrivals and the throttle, up to a time.
    fn stimuli(&mut self, until: Ms) {
        let mut times: Vec<Ms> = self.case.records.iter().map(|record| record.at).collect();
        times.dedup();
        let told = self.told_until;
        for at in times.into_iter().filter(|at| told < *at && *at <= until) {
            let own: Vec<Label> = (0..self.case.records.len())
                .filter(|index| {
                    self.case.records[*index].at == at && self.case.records[*index].shard == self.shard
                })
                .map(Label::record)
                .collect();
            if !own.is_empty() {
                let verb = if own.len() == 1 { "arrives" } else { "arrive" };
                self.add(Moment::At(at), Kind::Arrival, &own, format!("{} {verb}", name(&own)), &[], &[]);
            }
        }
        if let Some((from, end)) =
            self.options.throttle.filter(|(from, _)| self.told_until < *from && *from <= until)
        {
            let text = format!(
                "the function is throttled until +{}: nothing reaches it, and that costs no attempt",
                duration(end)
            );
            self.add(Moment::At(from), Kind::Throttle, &[], text, &[c::RETRY_1, c::BISECT_14], &[]);
        }
        self.told_until = self.told_until.max(until);
    }

    /// When a step happened, as far as it tells.
    fn time_of(&self, step: &Step) -> Option<Ms> {
        match step {
            Step::Call { at, .. } => Some(*at),
            Step::Written(documents) => documents.first().map(|document| document.timestamp),
            Step::Discard { records, why: Reason::AgeUntried } => {
                let arrival = records.last().and_then(|label| self.case.record(*label))?.at;
                Some(arrival + Ms::from(self.settings.maximum_record_age_in_seconds.unwrap_or(0)) * 1_000)
            }
            Step::Endless { .. } => Some(Ms::MAX),
            _ => None,
        }
    }

    fn steps(&mut self, steps: &[Step]) {
        let mut before: Option<Ms> = None;
        for (index, step) in steps.iter().enumerate() {
            if let Some(at) = self.time_of(step) {
                self.stimuli(at);
            }
            match step {
                Step::Call { records, answer, outcome, at, nth, how } => {
                    let moment = self.moment(records, *at, before, *how);
                    before = Some(*at);
                    if *nth > TOLD_ONE_BY_ONE {
                        self.repetition(steps, index);
                    } else {
                        self.call(moment, records, (answer, *outcome), *nth, *how);
                    }
                }
                Step::Progress { done, rest } => self.progress(done, rest),
                Step::Split { whole, left, right } => self.split(whole, left, right, index, steps),
                Step::Discard { records, why } => self.discard(records, *why),
                Step::Written(documents) => self.written(documents),
                Step::Endless { records, blocked } => self.endless(records, blocked),
            }
        }
        self.stimuli(Ms::MAX);
    }

    fn moment(&self, records: &[Label], at: Ms, before: Option<Ms>, how: Reach) -> Moment {
        let arrived = records.last().and_then(|label| self.case.record(*label)).map_or(0, |record| record.at);
        let since = before.unwrap_or(arrived).max(arrived);
        if let Some((_, until)) = self.options.throttle.filter(|(_, until)| since < *until && at >= *until) {
            return Moment::ThrottleOver(until);
        }
        let window = self.settings.maximum_batching_window_in_seconds;
        match how {
            Reach::Retry => Moment::OpenWait,
            Reach::First | Reach::Next if window > 0 && records.len() < self.settings.batch_size as usize => {
                Moment::WindowOver(window)
            }
            Reach::First => Moment::WhenRead,
            _ if before.is_some_and(|before| before < arrived) => Moment::WhenRead,
            _ => Moment::Next,
        }
    }

    fn call(
        &mut self,
        moment: Moment,
        records: &[Label],
        (answer, outcome): (&Answer, Outcome),
        nth: usize,
        how: Reach,
    ) {
        let kind = if outcome == Outcome::Success { Kind::Success } else { Kind::Failure };
        let ended = self.ended(answer, outcome);
        let which = match how {
            Reach::Retry => format!("call {nth} with {}, all of them again", name(records)),
            _ => format!("call with {}", name(records)),
        };
        let which = if records.len() == 1 { which.replace(", all of them again", " again") } else { which };
        let mut open = Vec::new();
        let mut rules: Vec<RuleId> = match how {
            Reach::Retry => vec![c::RETRY_2, c::RETRY_4],
            Reach::LeftPart => vec![c::BISECT_1, c::BISECT_4],
            Reach::RightPart => vec![c::BISECT_4],
            Reach::Remainder | Reach::Refilled => vec![c::PBR_4, c::RETRY_8],
            _ => Vec::new(),
        };
        let reports = self.settings.report_batch_item_failures;
        let silent = matches!(answer, Answer::Returned(Response::Items(items)) if items.is_empty());
        if !reports && matches!(answer, Answer::Returned(_)) && !silent {
            rules.push(c::PBR_1);
        }
        match how {
            Reach::Remainder | Reach::Refilled => {
                open.push(c::AMB_9);
                if self.settings.bisect_batch_on_function_error && records.len() > 1 {
                    open.push(c::AMB_6);
                }
            }
            Reach::Duplicate => open.push(c::AMB_24),
            _ => {}
        }
        if reports
            && matches!(answer, Answer::Returned(Response::Unrecognised(_) | Response::ItemsOfWrongType))
        {
            open.push(c::AMB_14);
        }
        if moment == Moment::OpenWait {
            open.push(c::AMB_17);
        }
        if matches!(moment, Moment::WindowOver(_)) {
            open.push(c::AMB_33);
        }
        self.add(moment, kind, records, format!("{which}: {ended}"), &rules, &open);
    }

    fn ended(&self, answer: &Answer, outcome: Outcome) -> String {
        let what = match answer {
            Answer::Raised => "the function raises".to_owned(),
            Answer::TimedOut => "the function times out".to_owned(),
            Answer::Crashed => "the function's process dies".to_owned(),
            Answer::Returned(Response::Items(items)) if items.is_empty() => return "success".to_owned(),
            Answer::Returned(Response::Items(items)) => {
                let named: Vec<usize> = items.iter().filter_map(reported).map(|index| index + 1).collect();
                match named.as_slice() {
                    [] => "the function reports an identifier that is none of the batch's".to_owned(),
                    named => format!("the function reports {}", numbers(named)),
                }
            }
            Answer::Returned(_) => "the function returns something that is no batch response".to_owned(),
        };
        match outcome {
            Outcome::Success => format!("{what}, which counts as success"),
            Outcome::NoProgress => format!("{what}, the first of the batch, so nothing is done"),
            Outcome::Failure if matches!(answer, Answer::Returned(_)) => {
                format!("{what}, so the whole batch has failed")
            }
            _ => what,
        }
    }

    /// The calls from here on that are like the ones before, told once.
    fn repetition(&mut self, steps: &[Step], index: usize) {
        let first = matches!(steps[index], Step::Call { nth, .. } if nth == TOLD_ONE_BY_ONE + 1);
        let Some(Step::Call { records, .. }) = steps.get(index).filter(|_| first) else { return };
        let is_retry = |step: &&Step| matches!(step, Step::Call { how: Reach::Retry, .. });
        let more = steps[index..].iter().take_while(is_retry).count();
        let ending = steps[index + more..].iter().find(|step| !matches!(step, Step::Written(_)));
        let (text, rules): (String, &[RuleId]) = match ending {
            Some(Step::Discard { why: Reason::Age, .. }) => {
                ("more such calls, as many as the waits leave room for".to_owned(), &[c::RETRY_2, c::AGE_5])
            }
            Some(Step::Endless { .. }) => return,
            _ => {
                let word = if more == 1 {
                    "one more such call".to_owned()
                } else {
                    format!("{more} more such calls")
                };
                (format!("{word}, {} in all", TOLD_ONE_BY_ONE + more), &[c::RETRY_2, c::RETRY_3])
            }
        };
        self.add(Moment::OpenWait, Kind::Repetition, records, text, rules, &[c::AMB_17]);
    }

    fn progress(&mut self, done: &[Label], rest: &[Label]) {
        let text = format!(
            "{} {} done for good; {} {} left, with all attempts before {}",
            name(done),
            is(done),
            name(rest),
            is(rest),
            if rest.len() == 1 { "it" } else { "them" }
        );
        self.add(Moment::Next, Kind::Progress, rest, text, &[c::PBR_4, c::RETRY_8], &[]);
    }

    fn split(&mut self, whole: &[Label], left: &[Label], right: &[Label], index: usize, steps: &[Step]) {
        let text = format!(
            "{} are split, which costs no attempt: first {}, then {}",
            name(whole),
            plain(left),
            plain(right)
        );
        let no_progress =
            matches!(steps[..index].last(), Some(Step::Call { outcome: Outcome::NoProgress, .. }));
        let odd = !whole.len().is_multiple_of(2) || (no_progress && whole.len() > 2);
        let open: &[AmbiguityId] = if odd { &[c::AMB_5] } else { &[] };
        self.add(Moment::Next, Kind::Split, whole, text, &[c::BISECT_1, c::BISECT_3], open);
    }

    fn discard(&mut self, records: &[Label], why: Reason) {
        let (names, is) = (name(records), is(records));
        let silent =
            if self.settings.destination.is_none() { "; nothing is written about it anywhere" } else { "" };
        let age = self.settings.maximum_record_age_in_seconds.unwrap_or(0);
        let healthy: Vec<Label> = records
            .iter()
            .copied()
            .filter(|label| self.case.record(*label).is_some_and(|record| record.behaviour.is_none()))
            .collect();
        let innocent = if healthy.is_empty() || healthy.len() == records.len() {
            String::new()
        } else {
            format!(
                ", the healthy {} with {}",
                plain(&healthy),
                if records.len() - healthy.len() == 1 { "it" } else { "them" }
            )
        };
        let (moment, text, mut rules, open): (_, _, Vec<RuleId>, &[AmbiguityId]) = match why {
            Reason::Quota(calls) => {
                let times = if calls == 1 { "one call".to_owned() } else { format!("{calls} calls") };
                (
                    Moment::Next,
                    format!("{names} {is} discarded after {times}{innocent}{silent}"),
                    vec![c::RETRY_3, c::RETRY_7],
                    &[],
                )
            }
            Reason::Unsplit => (
                Moment::Next,
                format!("{names} {is} discarded at once{innocent}, for there are no retries{silent}"),
                vec![c::RETRY_3, c::RETRY_7],
                &[c::AMB_7],
            ),
            Reason::Age => (
                Moment::AgeReached(age),
                format!("{names} {is} discarded as too old{innocent}{silent}"),
                vec![c::AGE_5, c::AGE_7],
                &[c::AMB_31],
            ),
            Reason::AgeUntried => (
                Moment::AgeReached(age),
                format!("{names} {is} discarded as too old without any call{silent}"),
                vec![c::AGE_1, c::AGE_7],
                &[],
            ),
        };
        if !silent.is_empty() {
            rules.push(c::DISCARD_4);
        }
        let mut open: Vec<AmbiguityId> =
            open.iter().copied().filter(|id| records.len() > 1 || *id != c::AMB_31).collect();
        let limits = (self.settings.maximum_retry_attempts, self.settings.maximum_record_age_in_seconds);
        if matches!((limits, why), ((Some(1..), Some(_)), Reason::Quota(_) | Reason::Age)) {
            // Which of the two limits comes first depends on the waits.
            open.push(c::AMB_17);
        }
        self.add(moment, Kind::Discard, records, text, &rules, &open);
    }

    fn endless(&mut self, records: &[Label], blocked: &[Label]) {
        let limits = (self.settings.maximum_retry_attempts, self.settings.maximum_record_age_in_seconds);
        if limits != (None, None) {
            let text = "… and so on; the simulation is cut here".to_owned();
            return self.add(Moment::Next, Kind::Endless, records, text, &[], &[]);
        }
        let expiry = match self.source {
            SourceKind::Kinesis => "24 hours after arrival by default, up to the stream's retention",
            SourceKind::DynamoDb => "24 hours after arrival",
        };
        let behind = if blocked.is_empty() {
            "; whatever arrives later in the shard waits behind".to_owned()
        } else {
            let verb = if blocked.len() == 1 { "waits" } else { "wait" };
            format!("; {} and whatever arrives later in the shard {verb} behind", name(blocked))
        };
        let it = if records.len() == 1 { "the record expires" } else { "the records expire" };
        let text = format!("… and so on, with such waits, until {it}: {expiry}{behind}");
        self.add(Moment::Next, Kind::Endless, records, text, &[c::RETRY_11, c::ORDER_2], &[c::AMB_17]);
    }
}
