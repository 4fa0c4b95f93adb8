#!/usr/bin/env python3
"""Independent model of AWS Lambda stream event source mappings (Kinesis, DynamoDB Streams).

Written from the catalogue's sources and FORMAT.md of esm-model alone, to be compared case by case with another
implementation with which it shares no code. Later corrections rest on the rule that DECISIONS names for them.

    independent.py < requests.jsonl > traces.jsonl      one {"case": …, "policy": {…}} per line in,
                                                        one {"trace": [first line, event, …]} per line out
    independent.py --self-test                          the recorded vectors

Terms: a *lane* is one shard seen by one mapping (PF = 1), with its own position, batch in hand and window. The batch
in hand is a stack of `Batch`es: the top one is being tried, those below are split parts that wait for it. A batch is
always a contiguous run [lo, hi) of the shard's records. Time is virtual, in ms since the case began. A request that
cannot be simulated is answered by one line {"error": text}.
"""

import json
import sys
from datetime import datetime

DECISIONS = [
    "BATCH-1/RETRY-1 (one instant): refused writes that are due again first; then lanes in order (mapping, shard), "
    "round robin: in each round a lane judges a call that is due and goes on until it starts the next call or waits.",
    "FORMAT horizon: what happens at exactly horizon_ms still happens.",
    "FORMAT max_invocations: the cut is settled when the cutting call is answered (its consequences, such as a failure "
    "record, included); until then puts, actions, and calls already running elsewhere go on, also those ending at that "
    "very instant. If that call ends beyond the horizon, settled is at horizon_ms. The cut is always `horizon`.",
    "FORMAT quiet: 'the last thing that happened' includes throttled, too large and refused tries, silent losses "
    "and discards without a destination; the end of a throttle or refuse-writes window is not something that happens.",
    "FORMAT put: sentinels are a put of their own, also if closing_at equals the last record's time.",
    "FORMAT answer: the form of {'unrecognised': form} is the `how` without 'return-' (text, number, list, "
    "status-code, wrong-key).",
    "FORMAT actions: disable, enable and update before the mapping's creation have no effect; enabling an enabled "
    "mapping changes nothing (its window is not opened anew).",
    "REC-10/AGE-1/AMB-10 (DynamoDB): `arrival` of put and the arrivals in documents are whole seconds (rounded down); "
    "age and retention are counted from the exact time of the put, so nothing is discarded early.",
    "AMB-10/AGE-10: retention is exceeded when age > retention_ms, whatever age_boundary says; it goes before the age "
    "limit: a record past both is lost silently (retention=none).",
    "AMB-27 written: the condition is RecordAgeExceeded; such records take part in forming a batch and are then split "
    "off as by age (grouping and age_attempts apply). Silent loss never resets the attempts. "
    "TRIM_HORIZON starts at the oldest record retained at creation, whatever was lost before it.",
    "AMB-9 refill: applies to a top-level batch that was not yet tried (throttled counts as tried): a remainder after "
    "progress, and what an age split left before the first try; never in the middle of retries (RETRY-4). It is done "
    "just before the first try, within the batch's BatchSize and 6 MiB. A remainder that is split at once (AMB-6) is "
    "not refilled.",
    "AGE-4 exact: expired records count for the BatchSize of the batch in which they are found.",
    "AMB-22 old: split parts and remainders keep the settings with which their original batch was formed.",
    "AMB-22 new: settings count when they are looked at (age at each try, the rest when the answer comes, destination "
    "when the document is made). A quota lowered below the attempts made is noticed at the next failure.",
    "AMB-23 reset: attempts become 0 when the mapping is enabled again (not when disabled: a call then running is "
    "judged with its count); parts, request ID and records stay as they are.",
    "AMB-5 first-alone: for a partial response with k = 0, at any size; every other split is floor.",
    "AMB-6 split: the halves of a remainder are floor (ceil if split=ceil); done even if bisect_zero=discard.",
    "AMB-7 discard: a failing batch of several records is discarded whole with count 1.",
    "AMB-31 whole-batch: only if this batch (not its ancestors) was invoked before and some but not all records are "
    "older than the mapping's own limit (AGE-10: a loss by retention takes no other record along); one failure record "
    "then covers the whole batch, whatever `expired` says.",
    "AMB-2/REC-14: N counts tries with a too large event, not throttled ones.",
    "AMB-32 with-ancestors: concerns RecordAgeExceeded only; the ancestors of a remainder include the call that made "
    "the progress; with age_attempts=reset the attempts before an age split count as an ancestor's.",
    "AMB-16: a RecordAgeExceeded document of a batch never invoked gets a request ID of its own.",
    "AMB-3 merged: concerns RetryAttemptsExhausted only, held until the batch taken from the stream, with all its "
    "parts and remainders, is resolved. Timestamp and destination are then those of that moment.",
    "AMB-18 late: 'after the next answered invocation' is after the `answered` event, before its consequences; a try with a "
    "too large event counts as one, for there may be no other (DISCARD-2). A lane "
    "is idle when nothing is in hand and nothing can be delivered now (waiting for a window is idle), or when it is "
    "disabled without a call running. Document timestamp and destination: those of the discard, also for AMB-21.",
    "AMB-17 growing: 'tries so far' for throttles = tries in a row that did not reach the function before this one; "
    "for retries, the attempts counter of the batch (so a reset counter starts at 200 ms again).",
    "REC-14/BATCH-9: the size of the event is looked at before throttles: a too large one is tried (and counted) even "
    "while the function is throttled. Its R check is made at once, without waiting.",
    "BATCH-1: 6 MiB is reached when the sum equals it or the next available record does not fit; then no window.",
    "AMB-33 poll: windows lie on a grid from the last completed invocation, creation or enabling; a record is due at "
    "the first window end after its put and after the lane became idle (windows are half-open, as those of actions: a "
    "put at the very end belongs to the next one). first-record: opens at the later of the put and the lane's becoming idle. completion: one "
    "window; when it is over, anything is delivered at once. A changed window length counts from the same opening.",
    "AMB-15: a response whose only identifiers name records outside the batch is a whole failure; mixed with valid "
    "ones it is AMB-13.",
    "PARAM-11: a StartingPositionTimestamp below 1e9 is ms since the case began, below 1e12 unix seconds, else unix "
    "ms; one in the future (API-17) is not refused, it just skips records.",
    "FORMAT case: absent members have the values of the example in FORMAT.md (horizon_ms 1800000, max_invocations 64, "
    "timeout_ms 3000, retention_ms 86400000); no closing_at: no sentinels. Unknown members are ignored.",
    "PARAM-7/8/13: ParallelizationFactor > 1, tumbling windows and filters are not simulated (answered by an error).",
]

CASE_BEGAN_UNIX = 1767607200                     # 2026-01-05T10:00:00Z
PAYLOAD_LIMIT = 6 * 1024 * 1024
RECORD_OVERHEAD = 500
UNREACHED_WAIT = 1000
TOO_LARGE_WAIT = 700
LONGEST_WAIT = 60000
WRITE_TRIES, WRITE_WAIT = 3, 1000

POLICY_VARIANTS = {                              # first variant = preset `aws`
    "age_count": ("attempts", "attempts-plus-one"),
    "merge": ("single", "merged"),
    "expired": ("each", "run"),
    "split": ("floor", "ceil", "first-alone"),
    "remainder": ("whole", "split"),
    "bisect_zero": ("split", "discard"),
    "refill": ("exact", "refill"),
    "age_boundary": ("greater", "greater-or-equal"),
    "age_attempts": ("continued", "reset"),
    "mixed": ("whole-failure", "checkpoint"),
    "odd_response": ("success", "failure"),
    "backoff": ("aws", "fixed", "none", "growing"),
    "write": ("at-once", "late"),
    "timeout_error": ("unhandled", "other"),
    "refused": ("lost", "retried"),
    "update": ("old", "new"),
    "disable": ("kept", "reset"),
    "duplicates": ("none",),                     # AMB-24: this model never repeats a delivery
    "retention": ("none", "written"),
    "partly_expired": ("expired-only", "whole-batch"),
    "count_scope": ("since-split", "with-ancestors"),
    "window": ("poll", "first-record", "completion"),
}
PRESET_AWS = {name: variants[0] for name, variants in POLICY_VARIANTS.items()}

IDENTIFIER_OF = {"empty-identifier": "empty", "null-identifier": "null", "missing-identifier": "missing",
                 "wrong-type-identifier": "wrong-type", "foreign-identifier": "unknown"}
ENDS_THE_CALL = {"raise": "raised", "time-out": "timed-out", "crash": "crashed"}
SUCCESS_VALUES = {"no-items": {"items": []}, "null": "null", "empty-string": "empty-string",
                  "empty-list": "empty-list", "empty-object": "empty-object", "items-null": "items-null"}
BEHAVIOURS = (set(ENDS_THE_CALL) | set(IDENTIFIER_OF)
              | {"report", "mixed-identifiers", "duplicate-identifier", "earlier-identifier", "items-of-wrong-type",
                 "return-text", "return-number", "return-list", "return-status-code", "return-wrong-key"})


class Unsupported(Exception):
    """The case asks for something this model does not simulate."""


def resolve_policy(given):
    policy = dict(PRESET_AWS)
    for name, variant in (given or {}).items():
        if variant not in POLICY_VARIANTS.get(name, ()):
            raise Unsupported(f"policy {name}={variant!r}")
        policy[name] = variant
    return policy


# ---------------------------------------------------------------------------------------------- stream and settings

class Record:
    """One record of a shard; `index` is its place in the shard."""
    __slots__ = ("label", "sequence", "put_at", "arrival", "shard", "index", "payload", "duration", "how", "times")

    def __init__(self, label, put_at, shard, size=100, duration=0, behaviour=None):
        self.label, self.put_at, self.shard = label, put_at, shard
        self.payload = 4 * ((size + 2) // 3) + RECORD_OVERHEAD
        self.duration = duration
        self.how = self.times = None
        if behaviour:
            self.how, self.times = behaviour["how"], behaviour.get("times")
            if self.how not in BEHAVIOURS:
                raise Unsupported(f"behaviour {self.how!r}")


class Settings:
    """The configuration of a mapping; never changed in place, so that a batch can keep the one it began with."""
    __slots__ = ("batch_size", "window_ms", "retries", "age_ms", "bisect", "report_items", "destination")

    @staticmethod
    def created(given):
        for name, harmless in (("ParallelizationFactor", (None, 1)), ("TumblingWindowInSeconds", (None, 0)),
                               ("FilterCriteria", (None, {}, {"Filters": []}))):
            if given.get(name) not in harmless:
                raise Unsupported(name)
        s = Settings()
        s.batch_size = given.get("BatchSize", 100)
        s.window_ms = 1000 * given.get("MaximumBatchingWindowInSeconds", 0)
        s.retries = given.get("MaximumRetryAttempts", -1)
        s.age_ms = age_limit(given.get("MaximumRecordAgeInSeconds", -1))
        s.bisect = given.get("BisectBatchOnFunctionError", False)
        s.report_items = "ReportBatchItemFailures" in (given.get("FunctionResponseTypes") or ())
        s.destination = ((given.get("DestinationConfig") or {}).get("OnFailure") or {}).get("Destination") or None
        return s

    def updated(self, changes):
        s = Settings()
        get = changes.get
        s.batch_size = get("BatchSize", self.batch_size)
        seconds = get("MaximumBatchingWindowInSeconds")
        s.window_ms = self.window_ms if seconds is None else 1000 * seconds
        s.retries = get("MaximumRetryAttempts", self.retries)
        seconds = get("MaximumRecordAgeInSeconds")
        s.age_ms = self.age_ms if seconds is None else age_limit(seconds)
        s.bisect = get("BisectBatchOnFunctionError", self.bisect)
        s.report_items = get("ReportBatchItemFailures", self.report_items)
        s.destination = get("Destination", self.destination) or None
        return s


def age_limit(seconds):
    return None if seconds == -1 else 1000 * seconds


def start_timestamp(value):
    """StartingPositionTimestamp as ms since the case began (PARAM-11, see DECISIONS)."""
    if isinstance(value, str):
        return round((datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp() - CASE_BEGAN_UNIX) * 1000)
    if value >= 1e12:
        return value - CASE_BEGAN_UNIX * 1000
    if value >= 1e9:
        return round((value - CASE_BEGAN_UNIX) * 1000)
    return value


# ------------------------------------------------------------------------------------------------ mappings and lanes

class Mapping:
    __slots__ = ("number", "given", "created_at", "created", "enabled", "settings", "destinations", "lanes",
                 "unreachable", "refusing")

    def __init__(self, number, case_mapping):
        self.number = number
        self.given = case_mapping.get("settings") or {}
        self.created_at = case_mapping.get("created_at", 0)
        self.created = self.enabled = False
        self.settings = Settings.created(self.given)
        self.destinations = []
        self.lanes = []
        self.unreachable = []                    # [from, to) of throttles and service errors
        self.refusing = []                       # [from, to) of refused writes
        self.name_destination()

    def name_destination(self):
        arn = self.settings.destination
        if arn is not None and arn not in self.destinations:
            self.destinations.append(arn)


class Batch:
    """Records [lo, hi) of a shard that are tried together."""
    __slots__ = ("lo", "hi", "request", "settings", "top_level", "attempts", "ancestors", "unreached", "tried",
                 "invoked", "ready")

    def __init__(self, lo, hi, request, settings, top_level, ancestors, ready):
        self.lo, self.hi, self.request, self.settings = lo, hi, request, settings
        self.top_level = top_level               # as taken from the stream, or the remainder of such a one (AMB-9)
        self.attempts = 0                        # calls that reached the function, and too large events (REC-14)
        self.ancestors = ancestors               # attempts of the batches from which this one was cut
        self.unreached = 0                       # throttled tries in a row
        self.tried = self.invoked = False        # tried: also when throttled or too large
        self.ready = ready                       # not to be tried before


class Call:
    __slots__ = ("id", "ends", "answer", "batch")

    def __init__(self, id_, ends, answer, batch):
        self.id, self.ends, self.answer, self.batch = id_, ends, answer, batch


class Lane:
    """One shard of one mapping."""
    __slots__ = ("mapping", "shard", "records", "position", "in_hand", "call", "wake", "invocations", "window_opened",
                 "idle_since", "deliveries", "held", "late")

    def __init__(self, mapping, shard, records):
        self.mapping, self.shard, self.records = mapping, shard, records
        self.position = 0                        # next record to take from the stream
        self.in_hand = []                        # stack of batches
        self.call = None
        self.wake = None                         # when to look at this lane again
        self.invocations = 0
        self.window_opened = self.idle_since = 0
        self.deliveries = {}                     # record index -> deliveries so far, for records with `times`
        self.held = []                           # discards to be merged (AMB-3)
        self.late = []                           # failure records to be written late (AMB-18)


# ------------------------------------------------------------------------------------------------------- simulation

class Simulation:
    def __init__(self, case, policy):
        self.case = case
        self.policy = policy
        self.dynamodb = case["source"] == "dynamodb"
        self.retention = case.get("retention_ms", 86400000)
        self.horizon = case.get("horizon_ms", 1800000)
        self.max_invocations = case.get("max_invocations", 64)
        function = case.get("function") or {}
        self.timeout = function.get("timeout_ms", 3000)
        self.success_value = SUCCESS_VALUES[function.get("success", "no-items")]
        self.ascending = function.get("reports_ascending", True)
        self.now = 0
        self.last = 0                            # time of the last thing that happened
        self.trace = [{"case": case, "setup": None}]
        self.requests = 0
        self.calls = 0
        self.cut_by = None                       # the call that used up max_invocations
        self.writes = []                         # refused writes to be tried again: (at, serial, …)
        self.write_serial = 0
        self.retention_written = policy["retention"] == "written"
        self.updates_apply = policy["update"] == "new"
        self.backoff = policy["backoff"]

        self.shards = [[] for _ in range(case["shards"])]
        self.planned = [[] for _ in range(case["shards"])]
        self.mappings = [Mapping(i, m) for i, m in enumerate(case["mappings"])]
        for mapping in self.mappings:
            mapping.lanes = [Lane(mapping, i, records) for i, records in enumerate(self.shards)]
        self.lanes = [lane for mapping in self.mappings for lane in mapping.lanes]
        self.index_of = {}                       # label -> (shard, index)
        self.agenda = self.plan()

    # -- what the case prescribes ------------------------------------------------------------------------------

    def plan(self):
        """Creations, actions and puts in the order in which they are done."""
        agenda = [(m.created_at, 0, m.number, m) for m in self.mappings]
        for step, entry in enumerate(self.case.get("actions") or ()):
            kind, details = next(iter(entry["action"].items()))
            mapping = self.mappings[details["mapping"]]
            agenda.append((entry["at"], 1, step, (kind, details, mapping)))
            span = (entry["at"], entry["at"] + details.get("for_ms", 0))
            if kind in ("throttle", "service-error"):
                mapping.unreachable.append(span)
            elif kind == "refuse-writes":
                mapping.refusing.append(span)
            elif kind not in ("disable", "enable", "update"):
                raise Unsupported(f"action {kind!r}")
        put_at, put = None, None
        for n, r in enumerate(self.case.get("records") or ()):
            if r["at"] != put_at:
                put_at, put = r["at"], []
                agenda.append((put_at, 2, n, put))
            put.append(Record(f"r{n}", put_at, r["shard"], r.get("size", 100), r.get("duration_ms", 0),
                              r.get("behaviour")))
        closing_at = self.case.get("closing_at")
        if closing_at is not None:
            sentinels = [Record(f"s{i}", closing_at, i) for i in range(len(self.shards))]
            agenda.append((closing_at, 3, 0, sentinels))
        agenda.sort(key=lambda item: item[:3])
        sequence = 7
        for _, kind, _, put in agenda:
            if kind < 2:
                continue
            for record in put:
                shard = self.planned[record.shard]
                record.index = len(shard)
                record.sequence = str(sequence)
                record.arrival = record.put_at // 1000 * 1000 if self.dynamodb else record.put_at
                shard.append(record)
                self.index_of[record.label] = (record.shard, record.index)
                sequence += 1
        return agenda

    def run(self):
        """Do everything up to quiet, horizon or cut; answer the trace."""
        agenda, next_item = self.agenda, 0
        lanes = self.lanes
        while True:
            times = [lane.wake for lane in lanes if lane.wake is not None]
            if next_item < len(agenda):
                times.append(agenda[next_item][0])
            if self.writes:
                times.append(min(self.writes)[0])
            if not times:
                return self.settle(self.last, "quiet")
            now = min(times)
            if now > self.horizon:
                return self.settle(self.horizon, "horizon")
            self.now = now
            while next_item < len(agenda) and agenda[next_item][0] == now:
                self.do_item(agenda[next_item])
                next_item += 1
            self.write_again()
            progress = True
            while progress:
                progress = False
                for lane in lanes:
                    if lane.wake is not None and lane.wake <= now:
                        lane.wake = self.advance(lane)
                        progress = True
            if self.cut_by is not None and self.cut_by.ends <= now:
                return self.settle(now, "horizon")

    def settle(self, at, how):
        self.trace.append({"settled": {"at": at, "how": how}})
        return self.trace

    def emit(self, event):
        self.last = self.now
        self.trace.append(event)

    def do_item(self, item):
        _, order, number, what = item
        if order == 0:
            self.create(what)
        elif order == 1:
            self.act(number, *what)
        else:
            self.put(what)

    def create(self, mapping):
        now = self.now
        mapping.created = True
        mapping.enabled = mapping.given.get("Enabled", True)
        position = mapping.given.get("StartingPosition", "TRIM_HORIZON")
        for lane in mapping.lanes:
            lane.window_opened = lane.idle_since = now
            if position == "LATEST":
                lane.position = len(lane.records)
            else:
                while lane.position < len(lane.records) and self.is_gone(lane.records[lane.position]):
                    lane.position += 1
            if position == "AT_TIMESTAMP":
                timestamp = start_timestamp(mapping.given["StartingPositionTimestamp"])
                planned = self.planned[lane.shard]
                while lane.position < len(planned) and planned[lane.position].put_at < timestamp:
                    lane.position += 1
            lane.wake = now
        self.emit({"created": {"mapping": mapping.number, "at": {"began": now, "ended": now}}})

    def act(self, step, kind, details, mapping):
        now = self.now
        self.emit({"acted": {"step": step, "at": {"began": now, "ended": now + details.get("for_ms", 0)}}})
        if not mapping.created:
            return
        if kind == "disable":
            mapping.enabled = False
        elif kind == "enable" and not mapping.enabled:
            mapping.enabled = True
            for lane in mapping.lanes:
                lane.window_opened = lane.idle_since = now
                if self.policy["disable"] == "reset":
                    for batch in lane.in_hand:
                        batch.attempts = 0
        elif kind == "update":
            mapping.settings = mapping.settings.updated(details["set"])
            mapping.name_destination()
        for lane in mapping.lanes:
            lane.wake = now

    def put(self, records):
        now = self.now
        for record in records:
            self.shards[record.shard].append(record)
            for mapping in self.mappings:
                if mapping.created:
                    mapping.lanes[record.shard].wake = now
        self.emit({"put": {"at": {"began": now, "ended": now},
                           "records": [{"label": r.label, "sequence": r.sequence, "arrival": r.arrival}
                                       for r in records]}})

    # -- a lane ------------------------------------------------------------------------------------------------

    def advance(self, lane):
        """Go on with a lane until it starts a call or has to wait; answer when to look at it again (None: not by
        itself). At most one call is finished and one is started (ORDER-1)."""
        now = self.now
        if lane.call is not None:
            if lane.call.ends > now:
                return lane.call.ends
            self.finish(lane)
        while self.cut_by is None:
            if not lane.mapping.enabled:
                self.write_late(lane)
                return None
            if lane.in_hand:
                batch = lane.in_hand[-1]
                if batch.ready > now:
                    return batch.ready
                self.try_batch(lane, batch)
                if lane.call is not None:
                    return lane.call.ends
            else:
                due = self.form_batch(lane)
                if due is None:
                    continue
                self.write_late(lane)
                return due if due >= 0 else None
        return None

    def form_batch(self, lane):
        """Take a batch from the stream (BATCH-1). Answer None if one was taken, otherwise when it will be due,
        -1 if there is nothing to deliver."""
        records = lane.records
        if not self.retention_written:
            while lane.position < len(records) and self.is_gone(records[lane.position]):
                lane.position += 1
                self.last = self.now
        lo = lane.position
        if lo >= len(records):
            return -1
        settings = lane.mapping.settings
        hi, full = self.fill(lane, lo, lo, settings.batch_size)
        if settings.window_ms and not full:
            due = self.window_end(lane, records[lo].put_at, settings.window_ms)
            if due > self.now:
                return due
        lane.position = hi
        lane.in_hand.append(Batch(lo, hi, self.new_request(), settings, True, 0, self.now))
        return None

    def fill(self, lane, lo, hi, batch_size):
        """Enlarge [lo, hi) by available records; answer the new hi, and whether the batch is full."""
        records = lane.records
        payload = sum(r.payload for r in records[lo:hi])
        while hi < len(records) and hi - lo < batch_size:
            payload += records[hi].payload
            if payload > PAYLOAD_LIMIT and hi > lo:
                return hi, True
            hi += 1
        return hi, hi - lo >= batch_size or payload >= PAYLOAD_LIMIT

    def window_end(self, lane, first_put, window):
        """End of the batching window in which the first record waits (AMB-33)."""
        variant = self.policy["window"]
        opened = lane.window_opened
        if variant == "first-record":
            return max(first_put, lane.idle_since) + window
        if variant == "completion":
            return opened + window
        after_idle = (lane.idle_since - opened) // window + 1
        after_put = (first_put - opened) // window + 1
        return opened + window * max(after_idle, after_put)

    def try_batch(self, lane, batch):
        """One try: drop what is too old, then call the function unless the event is too large or the call does not
        get through."""
        self.drop_lost(lane, batch)
        if batch.lo < batch.hi:
            self.drop_expired(lane, batch)
        if batch.lo == batch.hi:
            return self.resolve(lane)
        if not batch.tried and batch.top_level and self.policy["refill"] == "refill":
            batch.hi, _ = self.fill(lane, batch.lo, batch.hi, self.settings_of(lane, batch).batch_size)
            lane.position = batch.hi
        batch.tried = True
        if batch.hi - batch.lo == 1 and lane.records[batch.lo].payload > PAYLOAD_LIMIT:
            self.last = self.now
            self.write_late(lane)
            batch.attempts += 1
            return self.fail(lane, batch, "absent", TOO_LARGE_WAIT)
        if within(lane.mapping.unreachable, self.now):
            self.last = self.now
            # AMB-17: at once and for ever, four times and then longer, or longer from the first time on.
            doublings = {"none": 0, "growing": batch.unreached}.get(self.backoff, max(batch.unreached - 4, 0))
            wait = min(UNREACHED_WAIT << min(doublings, 10), LONGEST_WAIT)
            batch.unreached += 1
            batch.ready = self.now + wait
            return
        self.invoke(lane, batch)

    # -- age ---------------------------------------------------------------------------------------------------

    def is_gone(self, record):
        return self.now - record.put_at > self.retention

    def drop_lost(self, lane, batch):
        """Source retention takes records silently (AGE-10), unless AMB-27 makes them age discards."""
        if self.retention_written:
            return
        while batch.lo < batch.hi and self.is_gone(lane.records[batch.lo]):
            batch.lo += 1
            self.last = self.now

    def drop_expired(self, lane, batch):
        """AGE-1, AGE-4: discard the records that are too old; they are the first ones of the batch."""
        limit = self.settings_of(lane, batch).age_ms
        if limit is None and not self.retention_written:
            return
        if limit is not None and self.policy["age_boundary"] == "greater-or-equal":
            limit -= 1
        end = batch.lo
        while end < batch.hi:
            record = lane.records[end]
            too_old = limit is not None and self.now - record.put_at > limit
            if not (too_old or self.retention_written and self.is_gone(record)):
                break
            end += 1
        if end == batch.lo:
            return
        self.last = self.now
        aged = limit is not None and self.now - lane.records[batch.lo].put_at > limit
        if end < batch.hi and batch.invoked and aged and self.policy["partly_expired"] == "whole-batch":
            end = batch.hi
            runs = [(batch.lo, end)]
        elif self.policy["expired"] == "run":
            runs = [(batch.lo, end)]
        else:
            runs = [(i, i + 1) for i in range(batch.lo, end)]
        count = batch.attempts
        if self.policy["count_scope"] == "with-ancestors":
            count += batch.ancestors
        count = count + 1 if self.policy["age_count"] == "attempts-plus-one" else max(1, count)
        for lo, hi in runs:
            request = batch.request if batch.invoked else self.new_request()
            self.write(lane, batch, "RecordAgeExceeded", lo, hi, count, request, "absent")
        batch.lo = end
        if self.policy["age_attempts"] == "reset":
            batch.ancestors += batch.attempts
            batch.attempts = 0

    # -- invocations -------------------------------------------------------------------------------------------

    def new_request(self):
        self.requests += 1
        return f"00000000-0000-4000-8000-{self.requests:012x}"

    def invoke(self, lane, batch):
        answer, taken = self.answer(lane, batch)
        call = Call(self.calls, self.now + taken, answer, batch)
        self.calls += 1
        lane.call = call
        batch.invoked = True
        lane.invocations += 1
        self.emit({"invoked": {"id": call.id, "mapping": lane.mapping.number, "at": self.now, "request": batch.request,
                               "records": [r.label for r in lane.records[batch.lo:batch.hi]]}})
        if lane.invocations >= self.max_invocations:
            self.cut_by = call

    def answer(self, lane, batch):
        """What the function does with a batch, and how long it takes (FORMAT.md)."""
        elapsed = 0
        decisive = decided_at = spoiler = None
        reported = []
        for record in lane.records[batch.lo:batch.hi]:
            elapsed += record.duration
            how = record.how
            if how is None:
                continue
            if record.times is not None:
                delivery = lane.deliveries.get(record.index, 0) + 1
                lane.deliveries[record.index] = delivery
                if delivery > record.times:
                    continue
            if how in ENDS_THE_CALL:
                if decisive is None:
                    decisive, decided_at = how, elapsed
            elif how == "report":
                reported.append({"record": record.label})
            elif spoiler is None:
                spoiler = record
        if decisive is not None:
            elapsed = decided_at
        if elapsed > self.timeout or decisive == "time-out":
            return "timed-out", self.timeout
        if decisive is not None:
            return ENDS_THE_CALL[decisive], elapsed
        if not self.ascending:
            reported.reverse()
        if spoiler is not None:
            return {"returned": self.spoiled_response(lane, batch, spoiler, reported)}, elapsed
        return {"returned": {"items": reported} if reported else self.success_value}, elapsed

    def spoiled_response(self, lane, batch, record, reported):
        how, this = record.how, {"record": record.label}
        if how in IDENTIFIER_OF:
            return {"items": [IDENTIFIER_OF[how]]}
        if how == "mixed-identifiers":
            return {"items": reported + [this, "unknown"]}
        if how == "duplicate-identifier":
            return {"items": reported + [this, this]}
        if how == "earlier-identifier":
            return {"items": [{"record": lane.records[batch.lo - 1].label} if batch.lo else "unknown"]}
        if how == "items-of-wrong-type":
            return "items-of-wrong-type"
        return {"unrecognised": how[len("return-"):]}

    def finish(self, lane):
        """A call has ended: judge its answer."""
        call, lane.call = lane.call, None
        batch, answer = call.batch, call.answer
        lane.window_opened = self.now
        self.emit({"answered": {"id": call.id, "at": self.now, "answer": answer}})
        self.write_late(lane)
        batch.attempts += 1
        batch.unreached = 0
        if answer == "raised":
            return self.fail(lane, batch, "unhandled")
        if isinstance(answer, str):              # timed-out, crashed: RETRY-6, AMB-20
            return self.fail(lane, batch, "unhandled" if self.policy["timeout_error"] == "unhandled" else "other-error")
        checkpoint = len_ = batch.hi - batch.lo
        if self.settings_of(lane, batch).report_items:
            checkpoint = self.checkpoint(lane, batch, answer["returned"])
        if checkpoint is None:
            self.fail(lane, batch, "no-error")
        elif checkpoint == 0:
            self.fail(lane, batch, "no-error", first_reported=True)
        elif checkpoint == len_:
            self.resolve(lane)
        else:
            self.progress(lane, batch, batch.lo + checkpoint)

    def checkpoint(self, lane, batch, returned):
        """How many records of the batch a response declares as done (PBR-2…4); None: a complete failure (PBR-3)."""
        done = batch.hi - batch.lo
        if isinstance(returned, dict) and "items" in returned:
            invalid = False
            for item in returned["items"]:
                shard, index = self.index_of[item["record"]] if isinstance(item, dict) else (-1, -1)
                if shard == lane.shard and batch.lo <= index < batch.hi:
                    done = min(done, index - batch.lo)
                else:
                    invalid = True
            if invalid and (done == batch.hi - batch.lo or self.policy["mixed"] == "whole-failure"):
                return None
            return done
        if isinstance(returned, dict) or returned == "items-of-wrong-type":
            return None if self.policy["odd_response"] == "failure" else done
        return done

    # -- outcomes ----------------------------------------------------------------------------------------------

    def settings_of(self, lane, batch):
        return lane.mapping.settings if self.updates_apply else batch.settings

    def fail(self, lane, batch, response, least_wait=0, first_reported=False):
        """A failed attempt: split, discard, or wait for the retry. `response` as in a typed document."""
        settings = self.settings_of(lane, batch)
        size = batch.hi - batch.lo
        retries = settings.retries
        if settings.bisect and size > 1 and not (retries == 0 and self.policy["bisect_zero"] == "discard"):
            return self.split(lane, batch, batch.lo, first_reported)
        if retries != -1 and batch.attempts > retries:
            lane.held.append((batch, batch.lo, batch.hi, batch.attempts, batch.request, response))
            if self.policy["merge"] == "single":
                self.write_held(lane)
            return self.resolve(lane)
        if self.backoff == "none":
            wait = 0
        elif self.backoff == "growing":
            wait = min(200 << min(max(batch.attempts, 1) - 1, 16), LONGEST_WAIT)
        else:
            wait = 220
        batch.ready = self.now + max(wait, least_wait)

    def progress(self, lane, batch, lo):
        """RETRY-8, BISECT-11: what is behind the checkpoint is a batch of its own."""
        settings = self.settings_of(lane, batch)
        if self.policy["remainder"] == "split" and settings.bisect and batch.hi - lo > 1:
            return self.split(lane, batch, lo, False)
        lane.in_hand[-1] = Batch(lo, batch.hi, self.new_request(), batch.settings, batch.top_level,
                                 batch.ancestors + batch.attempts, self.now)

    def split(self, lane, batch, lo, first_reported):
        """BISECT-1, -4: replace the batch by the two halves of [lo, hi), the left one to be resolved first."""
        size = batch.hi - lo
        variant = self.policy["split"]
        if variant == "first-alone" and first_reported:
            left = 1
        else:
            left = (size + 1) // 2 if variant == "ceil" else size // 2
        middle = lo + left
        ancestors = batch.ancestors + batch.attempts
        lane.in_hand[-1:] = [Batch(middle, batch.hi, self.new_request(), batch.settings, False, ancestors, self.now),
                             Batch(lo, middle, self.new_request(), batch.settings, False, ancestors, self.now)]

    def resolve(self, lane):
        """The batch on top is done with."""
        lane.in_hand.pop()
        if not lane.in_hand:
            lane.idle_since = self.now
            if lane.held:
                self.write_held(lane)

    # -- failure records ---------------------------------------------------------------------------------------

    def write_held(self, lane):
        """Write the exhausted batches, adjacent ones as one record if AMB-3 says so."""
        merged = []
        for discard in lane.held:
            if merged and merged[-1][2] == discard[1]:
                batch, _, hi, *rest = discard
                merged[-1] = (batch, merged[-1][1], hi, *rest)
            else:
                merged.append(discard)
        lane.held = []
        for batch, lo, hi, count, request, response in merged:
            self.write(lane, batch, "RetryAttemptsExhausted", lo, hi, count, request, response)

    def write(self, lane, batch, condition, lo, hi, count, request, response):
        """Make a failure record for the destination, if there is one (DISCARD-4)."""
        arn = self.settings_of(lane, batch).destination
        if arn is None:
            return
        first, last = lane.records[lo], lane.records[hi - 1]
        document = {"typed": {
            "condition": condition, "count": count, "request": request, "response": response, "shard": lane.shard,
            "first": first.label, "last": last.label, "batch_size": hi - lo,
            "first_arrival": first.arrival, "last_arrival": last.arrival, "timestamp": self.now}}
        destination = lane.mapping.destinations.index(arn)
        if self.policy["write"] == "late":
            lane.late.append((destination, document))
        else:
            self.deliver(lane.mapping, destination, document, 1)

    def write_late(self, lane):
        if lane.late:
            for destination, document in lane.late:
                self.deliver(lane.mapping, destination, document, 1)
            lane.late = []

    def deliver(self, mapping, destination, document, tries):
        if not within(mapping.refusing, self.now):
            self.emit({"delivered": {"mapping": mapping.number, "at": self.now, "destination": destination,
                                     "document": document}})
            return
        self.last = self.now                     # DISCARD-7, AMB-21
        if self.policy["refused"] == "retried" and tries < WRITE_TRIES:
            self.write_serial += 1               # makes the tuples differ before mappings would be compared
            self.writes.append((self.now + WRITE_WAIT, self.write_serial, mapping, destination, document, tries + 1))

    def write_again(self):
        if not self.writes:
            return
        due = sorted(w for w in self.writes if w[0] <= self.now)
        self.writes = [w for w in self.writes if w[0] > self.now]
        for _, _, mapping, destination, document, tries in due:
            self.deliver(mapping, destination, document, tries)


def within(spans, now):
    for began, ended in spans:
        if began <= now < ended:
            return True
    return False


def simulate(case, policy=None):
    return Simulation(case, resolve_policy(policy)).run()


# -------------------------------------------------------------------------------------------------------- self-test

QUEUE = {"OnFailure": {"Destination": "arn:aws:sqs:us-east-1:123456789012:failures"}}
RBIF = ["ReportBatchItemFailures"]


def make_case(settings, records, *, created_at=0, actions=(), source="kinesis", closing_at=700000, **more):
    """records: (at, behaviour or None[, size])."""
    listed = []
    for at, behaviour, *size in records:
        record = {"at": at, "shard": 0}
        if behaviour:
            record["behaviour"] = {"how": behaviour}
        if size:
            record["size"] = size[0]
        listed.append(record)
    settings = {"DestinationConfig": QUEUE, "StartingPosition": "TRIM_HORIZON", **settings}
    return {"format": 1, "source": source, "shards": 1, "retention_ms": 86400000,
            "function": {"timeout_ms": 3000, "success": "no-items", "reports_ascending": True, "foreign": False},
            "mappings": [{"created_at": created_at, "settings": settings}], "records": listed,
            "actions": list(actions), "closing_at": closing_at, "horizon_ms": 1800000, "max_invocations": 1000, **more}


def events(trace, name):
    return [e[name] for e in trace if name in e]


def deliveries(trace):
    return [" ".join(label.lstrip("r") for label in e["records"]) for e in events(trace, "invoked")]


def documents(trace):
    return [(d["condition"], d["count"], d["response"], d["first"], d["last"], d["batch_size"])
            for d in (e["document"]["typed"] for e in events(trace, "delivered"))]


EXHAUSTED, TOO_OLD = "RetryAttemptsExhausted", "RecordAgeExceeded"


def self_test():
    checks = 0

    def check(name, case, invoked, written, policy=None, requests=None):
        nonlocal checks
        trace = simulate(case, policy)
        assert deliveries(trace) == invoked + ["s0"], (name, deliveries(trace))
        assert documents(trace) == written, (name, documents(trace))
        assert events(trace, "settled")[0]["how"] == "quiet", (name, trace[-1])
        times = [e.get("at") for t in trace[1:] for e in t.values()]
        times = [t["began"] if isinstance(t, dict) else t for t in times]
        assert times == sorted(times), (name, times)
        if requests is not None:
            seen = [e["request"] for e in events(trace, "invoked")][:-1]
            assert [sorted(set(seen)).index(r) for r in seen] == requests, (name, seen)
        checks += 1
        return trace

    four = [(0, None)] * 4
    second = lambda how: [(0, None), (0, how), (0, None), (0, None)]          # noqa: E731
    check("V-K-7", make_case({"BatchSize": 1, "MaximumBatchingWindowInSeconds": 1, "MaximumRetryAttempts": 1},
                             [(0, "raise")]), ["0", "0"], [(EXHAUSTED, 2, "unhandled", "r0", "r0", 1)])
    check("V-K-10", make_case({"BatchSize": 3, "MaximumBatchingWindowInSeconds": 1, "MaximumRetryAttempts": 3,
                               "FunctionResponseTypes": RBIF}, [(0, None)] * 5 + [(0, "report")]),
          ["0 1 2", "3 4 5", "5", "5", "5", "5"], [(EXHAUSTED, 4, "no-error", "r5", "r5", 1)], None, [0, 1, 2, 2, 2, 2])
    for how in ("foreign", "empty", "null", "missing", "wrong-type"):
        check("V-K-11..15 " + how, make_case({"BatchSize": 1, "MaximumRetryAttempts": 2, "FunctionResponseTypes": RBIF},
                                             [(0, how + "-identifier")]),
              ["0"] * 3, [(EXHAUSTED, 3, "no-error", "r0", "r0", 1)])
    check("V-K-16", make_case({"BatchSize": 1, "MaximumRetryAttempts": 2, "FunctionResponseTypes": RBIF},
                              [(0, "raise")]), ["0"] * 3, [(EXHAUSTED, 3, "unhandled", "r0", "r0", 1)])
    for success in SUCCESS_VALUES:
        check("V-K-17 " + success,
              make_case({"FunctionResponseTypes": RBIF, "MaximumRetryAttempts": 2}, [(0, None)],
                        function={"timeout_ms": 3000, "success": success}), ["0"], [])
    check("V-K-18", make_case({"BatchSize": 1, "MaximumBatchingWindowInSeconds": 1, "MaximumRetryAttempts": 0,
                               "MaximumRecordAgeInSeconds": 60}, [(0, None)], created_at=61000),
          [], [(TOO_OLD, 1, "absent", "r0", "r0", 1)])
    for variant in POLICY_VARIANTS["age_count"]:             # V-K-19: recorded count 8, one backoff being unknown
        trace = simulate(make_case({"BatchSize": 1, "MaximumRecordAgeInSeconds": 60}, [(0, "raise")]),
                         {"backoff": "growing", "age_count": variant})
        calls = len(deliveries(trace)) - 1
        count = calls + (variant == "attempts-plus-one")
        assert 5 <= calls <= 12 and documents(trace) == [(TOO_OLD, count, "absent", "r0", "r0", 1)], trace
        checks += 1
    check("V-K-20", make_case({"BatchSize": 10, "MaximumBatchingWindowInSeconds": 1, "MaximumRetryAttempts": 0,
                               "MaximumRecordAgeInSeconds": 60}, [(0, None)] + [(80000, None)] * 5, created_at=80000),
          ["1 2 3 4 5"], [(TOO_OLD, 1, "absent", "r0", "r0", 1)])
    partial = {"BatchSize": 4, "MaximumBatchingWindowInSeconds": 2, "MaximumRetryAttempts": 1,
               "MaximumRecordAgeInSeconds": 600, "FunctionResponseTypes": RBIF}
    check("V-S-1", make_case(partial, second("report")), ["0 1 2 3", "1 2 3", "1 2 3"],
          [(EXHAUSTED, 2, "no-error", "r1", "r3", 3)], None, [0, 1, 1])
    check("V-S-3", make_case({**partial, "FunctionResponseTypes": []}, second("report")), ["0 1 2 3"], [])
    check("V-S-4", make_case({**partial, "BisectBatchOnFunctionError": True}, second("report")),
          ["0 1 2 3", "1 2 3", "1", "1", "2 3"], [(EXHAUSTED, 2, "no-error", "r1", "r1", 1)])
    trace = simulate(make_case({"StartingPosition": "LATEST", "BatchSize": 1}, [(0, None), (80000, None), (95000, None),
                                                                               (99000, None)], created_at=10000,
                               actions=[{"at": 90000, "action": {"disable": {"mapping": 0}}},
                                        {"at": 97000, "action": {"enable": {"mapping": 0}}}]))
    assert [(e["at"], e["records"]) for e in events(trace, "invoked")][:3] == [
        (80000, ["r1"]), (97000, ["r2"]), (99000, ["r3"])], trace                                       # V-S-5
    for timestamp in (3000, CASE_BEGAN_UNIX + 3, "2026-01-05T10:00:03Z"):
        check("V-S-6", make_case({"StartingPosition": "AT_TIMESTAMP", "StartingPositionTimestamp": timestamp},
                                 [(0, None), (6000, None)], created_at=9000), ["1"], [])
    for retries in (0, 2):
        trace = check("V-S-10", make_case({"MaximumRetryAttempts": retries, "MaximumRecordAgeInSeconds": 60,
                                           "BatchSize": 10}, [(0, None, 5 << 20), (0, None)]),
                      ["1"], [(EXHAUSTED, retries + 1, "absent", "r0", "r0", 1)])
        assert events(trace, "delivered")[0]["at"] == 700 * retries
    raising = {"BatchSize": 4, "MaximumBatchingWindowInSeconds": 2, "MaximumRecordAgeInSeconds": 600}
    check("V-S-13", make_case({**raising, "MaximumRetryAttempts": 2}, second("raise"), source="dynamodb"),
          ["0 1 2 3"] * 3, [(EXHAUSTED, 3, "unhandled", "r0", "r3", 4)], None, [0, 0, 0])
    trace = check("V-S-14", make_case({**raising, "MaximumRetryAttempts": 1, "BisectBatchOnFunctionError": True},
                                      second("raise"), source="dynamodb"),
                  ["0 1 2 3", "0 1", "0", "1", "1", "2 3"], [(EXHAUSTED, 2, "unhandled", "r1", "r1", 1)])
    assert [e["at"] for e in events(trace, "invoked")][:6] == [0, 0, 0, 0, 220, 220]
    trace = check("V-S-17", make_case({"BatchSize": 2, "MaximumBatchingWindowInSeconds": 5}, four + [(0, None)]),
                  ["0 1", "2 3", "4"], [])
    assert [e["at"] for e in events(trace, "invoked")][:3] == [0, 0, 5000]
    trace = check("RETRY-1", make_case({"BatchSize": 10, "MaximumRetryAttempts": 0}, [(5000, None)] * 2,
                                       actions=[{"at": 5000, "action": {"throttle": {"mapping": 0, "for_ms": 10000}}}]),
                  ["0 1"], [])
    assert events(trace, "invoked")[0]["at"] == 16000
    check("AMB-3", make_case({"BatchSize": 4, "MaximumRetryAttempts": 0, "BisectBatchOnFunctionError": True},
                             [(0, "raise"), (0, "raise"), (0, None), (0, "raise")]),
          ["0 1 2 3", "0 1", "0", "1", "2 3", "2", "3"],
          [(EXHAUSTED, 1, "unhandled", "r0", "r1", 2), (EXHAUSTED, 1, "unhandled", "r3", "r3", 1)], {"merge": "merged"})
    check("AMB-9", make_case({"BatchSize": 3, "MaximumRetryAttempts": 0, "FunctionResponseTypes": RBIF},
                             [(0, None), (0, None), (0, "report"), (0, None), (0, None), (0, None)]),
          ["0 1 2", "2 3 4", "5"], [(EXHAUSTED, 1, "no-error", "r2", "r4", 3)], {"refill": "refill"})
    endless = simulate(make_case({}, [(0, "raise")], max_invocations=64))
    assert len(deliveries(endless)) == 64 and endless[-1] == {"settled": {"at": 63 * 220, "how": "horizon"}}
    print(f"self-test: {checks + 2} cases passed")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    if sys.argv[1:]:
        sys.exit(__doc__)
    encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, check_circular=False).encode
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            request = json.loads(line)
            answer = {"trace": simulate(request["case"], request.get("policy"))}
        except Exception as error:               # one bad request must not end the run
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(encode(answer) + "\n")


if __name__ == "__main__":
    main()
