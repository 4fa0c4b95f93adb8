//! An exercise on the wire: the stream with its records, the failure records as texts, and the objects that hold them.
//!
//! The texts are those of `esm_model::wire`, which the reference writes as well.

use super::exercise::{AFTER, Answered, BEFORE, Exercise};
use crate::aws::Scene;
use crate::aws::scene::{SceneRecord, account};
use crate::sample::Samples;
use crate::table;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use esm_model::label::Label;
use esm_model::mapping::SourceKind;
use esm_model::when::EPOCH_MS;
use esm_model::wire::{
    BatchInfo, EventContext, EventRecord, FailureRecord, ResponseContext, entry_text, event_of, s3_key,
};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The bucket of failure records.
pub(super) const BUCKET: &str = "failures";
/// The stream.
const STREAM: &str = "orders";
/// How old records are that are gone: more than the stream's retention of a day.
const EXPIRED_MS: i64 = 25 * 3_600_000;
/// How old the others are, at first.
const KEPT_MS: i64 = 600_000;
/// How long ago failure records were written.
const WRITTEN_MS: i64 = 60_000;
/// When all this is, milliseconds since 1970: for the endpoints as well, so that equal seeds give equal texts.
pub(super) const NOW_MS: i64 = EPOCH_MS;

/// What an exercise comes to.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) scene: Scene,
    /// By which names records are known: their own, and their data as events have it.
    pub(super) names: BTreeMap<String, Label>,
    /// By which sequence numbers.
    pub(super) numbers: BTreeMap<String, Label>,
    /// The records of each batch, in order.
    pub(super) batches: Vec<Vec<Label>>,
    /// What else is in the range of any batch.
    pub(super) between: BTreeSet<Label>,
    /// The failure record of each batch: its text, and its key where it is an object.
    pub(super) documents: Vec<(String, String)>,
}

impl Layout {
    /// `given` records were used before this one: no two have the same name or sequence number.
    pub(super) fn of(exercise: &Exercise, samples: &Samples, given: &mut u64) -> Layout {
        let shards = exercise.shards();
        let mut scene = Scene {
            source: exercise.source,
            stream: STREAM.to_owned(),
            shards: shards as u64,
            first: *given,
            records: Vec::new(),
            objects: Vec::new(),
            manners: exercise.reading,
            now_ms: Some(NOW_MS),
        };
        // Where in its shard each batch stands.
        let mut ends = vec![BEFORE; shards];
        let mut gone = vec![0; shards];
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for batch in &exercise.batches {
            let from = ends[batch.shard];
            if batch.gone > 0 {
                gone[batch.shard] = from + batch.gone;
            }
            ends[batch.shard] += batch.count;
            ranges.push(from..ends[batch.shard]);
        }
        let longest = ends.iter().max().copied().unwrap_or(0) + AFTER;
        let mut places = BTreeMap::new();
        // Side by side, as they arrive at a stream of several shards.
        for place in 0..longest {
            for shard in (0..shards).filter(|shard| place < ends[*shard] + AFTER) {
                let age = if place < gone[shard] { EXPIRED_MS } else { KEPT_MS };
                let index = scene.records.len();
                places.insert((shard, place), index);
                let key = format!("key-{shard}-{}", place % 2);
                let name = format!("esm-{}", *given + index as u64);
                let data = samples.data(false, index as u32, &name, &key);
                let data = match exercise.source {
                    SourceKind::Kinesis => data,
                    SourceKind::DynamoDb => table::change(&data).unwrap_or_default().to_string(),
                };
                scene.records.push(SceneRecord { shard, arrival_ms: NOW_MS - age + index as i64, key, data });
            }
        }
        let mut layout = Layout {
            names: names(&scene),
            numbers: (0..scene.records.len())
                .map(|index| (scene.sequence(index).to_string(), Label::record(index)))
                .collect(),
            batches: Vec::new(),
            between: BTreeSet::new(),
            documents: Vec::new(),
            scene,
        };
        *given += layout.scene.records.len() as u64;
        for (number, (batch, range)) in exercise.batches.iter().zip(ranges).enumerate() {
            let first = range.start;
            let (kept, between): (Vec<usize>, Vec<usize>) =
                range.partition(|place| !batch.filtered || (place - first).is_multiple_of(2));
            let index = |place: usize| places[&(batch.shard, place)];
            layout.between.extend(between.into_iter().map(|place| Label::record(index(place))));
            let indices: Vec<usize> = kept.into_iter().map(index).collect();
            let document = layout.document(exercise, number, &indices);
            layout.documents.push(document);
            layout.batches.push(indices.into_iter().map(Label::record).collect());
        }
        if exercise.arrival.by_bucket() {
            let object = |(text, key): &(String, String)| (BUCKET.to_owned(), key.clone(), text.clone());
            layout.scene.objects = layout.documents.iter().map(object).collect();
        }
        layout
    }

    /// Whether the stream does not hold the record any more.
    pub(super) fn is_gone(&self, label: Label) -> bool {
        let record = label.index().and_then(|index| self.scene.records.get(index));
        record.is_some_and(|record| record.arrival_ms < NOW_MS - EXPIRED_MS / 2)
    }

    /// The failure record of a batch: text and key.
    fn document(&self, exercise: &Exercise, number: usize, indices: &[usize]) -> (String, String) {
        let batch = &exercise.batches[number];
        let account = account();
        let shard_id = self.scene.shard_id(batch.shard);
        let arrival = |index: &usize| self.scene.records[*index].arrival_ms;
        let (first, last) = (indices.first().unwrap_or(&0), indices.last().unwrap_or(&0));
        let identity = self.scene.first + number as u64;
        let function = account.arn("lambda", "function:orders");
        let stream = self.scene.stream_arn();
        let response = |function_error: Option<&str>| ResponseContext {
            status_code: 200,
            executed_version: if exercise.alias { "3" } else { "$LATEST" }.to_owned(),
            function_error: function_error.map(str::to_owned),
        };
        let stream_arn = if exercise.fan_out { format!("{stream}/consumer/fast:1700000000") } else { stream };
        let record = FailureRecord {
            request_id: format!("{identity:08x}-0000-4000-8000-000000000001"),
            function_arn: if exercise.alias { format!("{function}:live") } else { function },
            condition: batch.condition.clone(),
            approximate_invoke_count: 3,
            response: match batch.answered {
                Answered::Error => Some(response(Some("Unhandled"))),
                Answered::Failures => Some(response(None)),
                Answered::Nothing => None,
            },
            version: "1.0".to_owned(),
            timestamp_ms: NOW_MS - WRITTEN_MS,
            batch: BatchInfo {
                shard_id: shard_id.clone(),
                start: self.scene.sequence(*first),
                end: self.scene.sequence(*last),
                first_arrival_ms: arrival(first),
                last_arrival_ms: arrival(last),
                batch_size: indices.len() as u64,
                stream_arn: stream_arn.clone(),
            },
            payload: None,
        };
        let source = exercise.source;
        if !exercise.arrival.by_bucket() {
            return (changed(record.to_sqs_body(source), exercise), String::new());
        }
        let context = EventContext {
            source,
            shard_id: shard_id.clone(),
            stream_arn,
            region: account.region.clone(),
            role_arn: format!("arn:aws:iam::{}:role/orders", account.id),
        };
        let entry = |index: &usize| {
            let change = self.change(*index).filter(|_| source == SourceKind::DynamoDb);
            entry_text(&context, &self.event_record(*index), change.as_ref())
        };
        let entries: Vec<String> = indices.iter().map(entry).collect();
        let payload = event_of(entries.iter().map(String::as_str));
        let record = FailureRecord { payload: Some(payload), ..record };
        let mapping = "14e0db71-5d35-4eb5-b481-8945cf9d10c2";
        let object = format!("{identity:08x}-0000-4000-9000-000000000001");
        let key = s3_key(mapping, &shard_id, record.timestamp_ms, &object);
        (changed(record.to_s3_body(source), exercise), key)
    }

    /// What a table's stream says of a change.
    fn change(&self, index: usize) -> Option<Json> {
        let record = &self.scene.records[index];
        let change = serde_json::from_str(&record.data).ok()?;
        Some(table::numbered(change, &self.scene.sequence(index), record.arrival_ms))
    }

    fn event_record(&self, index: usize) -> EventRecord {
        let record = &self.scene.records[index];
        EventRecord {
            sequence: self.scene.sequence(index),
            data: record.data.clone().into_bytes(),
            partition_key: record.key.clone(),
            arrival_ms: record.arrival_ms,
        }
    }
}

/// The names of records. Data that two records have names neither.
fn names(scene: &Scene) -> BTreeMap<String, Label> {
    let mut names = BTreeMap::new();
    let mut twice = Vec::new();
    for (index, record) in scene.records.iter().enumerate() {
        let encoded = STANDARD.encode(&record.data);
        if names.insert(encoded.clone(), Label::record(index)).is_some() {
            twice.push(encoded);
        }
        names.insert(format!("esm-{}", scene.first + index as u64), Label::record(index));
    }
    names.retain(|name, _| !twice.contains(name));
    names
}

/// A failure record with what an exercise adds to it.
fn changed(text: String, exercise: &Exercise) -> String {
    if !exercise.unknown && !exercise.payload_object {
        return text;
    }
    let mut body: Json = serde_json::from_str(&text).unwrap_or_default();
    if exercise.unknown {
        body["requestContext"]["approximateFirstInvokeTimestamp"] = "2026-01-01T00:00:00.000Z".into();
        body[exercise.source.batch_info_key()]["partitionKeys"] = json!(["key-0-0", "key-0-1"]);
        body["traceContext"] = json!({"header": "Root=1-00000000-000000000000000000000000", "sampled": 0});
    }
    if exercise.payload_object
        && let Some(text) = body["payload"].as_str()
    {
        body["payload"] = serde_json::from_str(text).unwrap_or_default();
    }
    body.to_string()
}
