//! Everything about a trace that does not depend on how it is judged: who put what where, which settings were in
//! force when, which call had which records. And the check that it *is* a trace of its case.
//!
//! The script is run again over the deliveries, so that the harness's own answers are checked too.

mod calls;
mod stimuli;

use crate::call::CallFacts;
use crate::label::Label;
use crate::lane::{Lane, MappingFacts, Rec};
use crate::mapping::SourceKind;
use crate::rule::RuleSet;
use crate::spec::Reading;
use crate::state::Pos;
use crate::trace::TraceRef;
use smallvec::SmallVec;
use std::cell::RefCell;

/// The events do not fit the case, or each other: nothing is said about any implementation.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("event {event} is not one of this case: {problem}")]
pub struct NotATrace {
    /// Index of the event, from 0.
    pub event: usize,
    /// What does not fit.
    pub problem: String,
}

/// What is known about a trace before it is judged.
#[derive(Debug)]
pub(crate) struct Table<'t> {
    pub(crate) shards: SmallVec<[Vec<Rec>; 4]>,
    pub(crate) mappings: SmallVec<[MappingFacts; 2]>,
    pub(crate) calls: Vec<CallFacts>,
    /// Shards and mappings in which some call failed.
    failed: SmallVec<[(u8, u8); 4]>,
    places: SmallVec<[Pos; 16]>,
    sentinels: SmallVec<[Pos; 4]>,
    pub(crate) trace: TraceRef<'t>,
}

const NOWHERE: Pos = Pos::MAX;

impl<'t> Table<'t> {
    pub(crate) fn new(trace: TraceRef<'t>) -> Result<Table<'t>, NotATrace> {
        let case = trace.case;
        let room = case.records.len() / usize::from(case.shards.max(1)) + 2;
        let mut table = Table {
            shards: (0..case.shards).map(|_| Vec::with_capacity(room)).collect(),
            mappings: case.mappings.iter().map(|m| MappingFacts::of(&m.settings)).collect(),
            calls: Vec::with_capacity(trace.events.len() / 2),
            failed: SmallVec::new(),
            places: SmallVec::from_elem(NOWHERE, case.records.len()),
            sentinels: SmallVec::from_elem(NOWHERE, usize::from(case.shards)),
            trace,
        };
        table.stimuli()?;
        table.calls()?;
        Ok(table)
    }

    /// Where a record lies: its shard and its place in it.
    pub(crate) fn position(&self, label: Label) -> Option<(u8, Pos)> {
        let shard = self.trace.case.shard_of(label)?;
        let place = match label.index() {
            Some(index) => *self.places.get(index)?,
            None => *self.sentinels.get(usize::from(shard))?,
        };
        (place != NOWHERE).then_some((shard, place))
    }

    /// Whether another shard of the mapping, or another mapping, had a failing call.
    pub(crate) fn others(&self, mapping: u8, shard: u8) -> (bool, bool) {
        (self.failed.iter().any(|(m, s)| *m == mapping && *s != shard), self.mappings.len() > 1)
    }

    /// What the steps of one shard of one mapping look at.
    pub(crate) fn lane<'a>(
        &'a self,
        mapping: u8,
        shard: u8,
        reading: &'a Reading,
        refused: &'a RefCell<RuleSet>,
    ) -> Lane<'a> {
        Lane {
            reading,
            facts: &self.mappings[usize::from(mapping)],
            records: &self.shards[usize::from(shard)],
            retention_ms: self.trace.case.retention_ms,
            whole_seconds: self.trace.case.source == SourceKind::DynamoDb,
            several_shards: self.trace.case.shards > 1,
            others: self.others(mapping, shard),
            calls: &self.calls,
            mapping,
            shard,
            refused,
        }
    }
}
