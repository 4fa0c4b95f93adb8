"""An event source mapping that keeps the rules, behind the protocol of Esmeralda.

What naive.py became, step by step, in ../TUTORIAL.md. Each shard of each mapping is a generator of its own: it yields
calls and times to sleep until, and never waits for anything else. Standard library only; run it by

    esmeralda run 'command:python3 poller.py'
"""

import json
import sys
import uuid
from datetime import datetime, timezone

RETRY_PAUSE_MS = 1000
PAYLOAD_LIMIT = 6 * 1024 * 1024
CAPABILITIES = ["shards", "mappings", "update", "disable", "latest", "age", "bisect", "report", "sqs"]


def say(kind, **body):
    print(json.dumps({kind: body}), flush=True)


class Mapping:
    """A mapping: its settings, which an update changes, and its names."""

    def __init__(self, index, settings, names):
        self.index, self.settings, self.names = index, settings, names

    def update(self, settings):
        self.settings.update(settings)

    def limit(self, name):
        """A limit, or None where there is none."""
        return None if self.settings[name] == -1 else self.settings[name]

    def reports(self):
        return "ReportBatchItemFailures" in self.settings["FunctionResponseTypes"]

    def destination(self):
        return self.settings["DestinationConfig"]["OnFailure"].get("Destination")


class Session:
    """One case: a stream, its mappings, and a generator for each shard of each of them."""

    def __init__(self, facts):
        self.facts, self.names = facts, facts["names"]
        self.now = self.puts = self.calls = self.requests = 0
        self.stop = False
        self.shards = [[] for _ in range(facts["shards"])]
        self.mappings = {}
        self.lanes = []  # [generator, the time it sleeps until, or None while it waits for records or a call]
        self.open = {}  # calls under way: id -> lane

    # What the harness does.

    def act(self, body):
        if "create" in body:
            index, settings = body["create"]["mapping"], body["create"]["settings"]
            mapping = self.mappings[index] = Mapping(index, settings, self.names["mappings"][index])
            for shard in range(len(self.shards)):
                self.lanes.append([self.lane(mapping, shard), self.now])
            return say("acted")
        if "put" in body:
            return say("acted", put=[self.put(record) for record in body["put"]])
        for kind, settings in [("update", None), ("enable", {"Enabled": True}), ("disable", {"Enabled": False})]:
            if kind in body:
                self.mappings[body[kind]["mapping"]].update(settings or body[kind]["settings"])
                return say("acted")
        return say("unsupported", what="act: " + " ".join(body))

    def put(self, record):
        self.puts += 1
        result = {"sequence": str(10**20 + self.puts), "arrival": self.now}
        self.shards[record["shard"]].append({**result, "size": record["size"]})
        return result

    def run(self):
        """Lets every lane go on that can: those with nothing to do look for records again."""
        for lane in self.lanes:
            if lane not in self.open.values() and (lane[1] is None or lane[1] <= self.now):
                self.step(lane, None)

    def reply(self, body):
        self.step(self.open.pop(body["id"]), body)

    def step(self, lane, value):
        """Lets a lane go on until it waits."""
        while not self.stop:
            kind, wanted = lane[0].send(value)
            if kind == "sleep":
                lane[1] = wanted
                return
            self.calls += 1
            say("call", id=self.calls, **wanted)
            if "invoke" in wanted:
                lane[1] = None
                self.open[self.calls] = lane
                return
            value = json.loads(sys.stdin.readline())["reply"]  # A write is answered at once.

    def sleep(self):
        waiting = [until for _, until in self.lanes if until is not None]
        say("sleep", until=min(waiting, default=None))

    # What a mapping does.

    def lane(self, mapping, shard):
        records = self.shards[shard]
        place = len(records) if mapping.settings["StartingPosition"] == "LATEST" else 0
        while True:
            batch = self.batch(records[place:place + mapping.settings["BatchSize"]])
            if not batch or not mapping.settings["Enabled"]:
                yield "sleep", None
                continue
            place += len(batch)
            yield from self.resolve(mapping, shard, batch)

    def batch(self, records):
        """As many records as fit into an event, and one at least."""
        size = 0
        for index, record in enumerate(records):
            size += record["size"] * 4 // 3 + 600
            if size > PAYLOAD_LIMIT and index:
                return records[:index]
        return records

    def resolve(self, mapping, shard, batch):
        """Tries a batch until all of its records are done or given up."""
        request, attempts = self.request(), 0
        while True:
            batch = [r for r in batch if self.now - r["arrival"] <= self.facts["retention_ms"]]
            oldest = mapping.limit("MaximumRecordAgeInSeconds")
            old = [r for r in batch if oldest is not None and self.now - r["arrival"] >= 1000 * oldest]
            if old:
                batch = batch[len(old):]
                yield from self.discard("RecordAgeExceeded", mapping, shard, old, request, max(attempts, 1), None)
            if not batch:
                return
            sequences = [record["sequence"] for record in batch]
            reply = yield "call", {"invoke": {"mapping": mapping.index, "request": request, "records": sequences}}
            error = reply.get("error")
            if error in ("throttled", "service-error"):
                yield "sleep", self.now + RETRY_PAUSE_MS
                continue
            attempts += 1
            done = 0 if error else self.progress(mapping, reply.get("returned"), sequences)
            if done == len(batch):
                return
            if done:
                batch, request, attempts = batch[done:], self.request(), 0
                continue
            if mapping.settings["BisectBatchOnFunctionError"] and len(batch) > 1:
                half = len(batch) // 2
                yield from self.resolve(mapping, shard, batch[:half])
                yield from self.resolve(mapping, shard, batch[half:])
                return
            quota = mapping.limit("MaximumRetryAttempts")
            if quota is not None and attempts > quota:
                context = {"statusCode": 200, "executedVersion": mapping.names["executed_version"],
                           "functionError": "Unhandled" if error else None}
                context = None if error == "too-large" else context
                yield from self.discard("RetryAttemptsExhausted", mapping, shard, batch, request, attempts, context)
                return
            yield "sleep", self.now + RETRY_PAUSE_MS

    def progress(self, mapping, returned, sequences):
        """How many records from the first on are done."""
        if not mapping.reports() or returned in (None, "", [], {}):
            return len(sequences)
        items = returned.get("batchItemFailures", "none") if isinstance(returned, dict) else "none"
        if items is None or items == []:
            return len(sequences)
        if not isinstance(items, list):
            return 0
        named = [item.get("itemIdentifier") if isinstance(item, dict) else None for item in items]
        if not all(name in sequences for name in named):
            return 0
        return min(sequences.index(name) for name in named)

    def request(self):
        self.requests += 1
        return str(uuid.UUID(int=self.requests, version=4))

    def discard(self, condition, mapping, shard, batch, request, count, context):
        destination = mapping.destination()
        if not destination:
            return
        record = {
            "requestContext": {"requestId": request, "functionArn": mapping.names["function_arn"],
                               "condition": condition, "approximateInvokeCount": count},
            "responseContext": context,
            "version": "1.0", "timestamp": self.time(self.now),
            "KinesisBatchInfo": {
                "shardId": self.names["shard_ids"][shard], "startSequenceNumber": batch[0]["sequence"],
                "endSequenceNumber": batch[-1]["sequence"],
                "approximateArrivalOfFirstRecord": self.time(batch[0]["arrival"]),
                "approximateArrivalOfLastRecord": self.time(batch[-1]["arrival"]),
                "batchSize": len(batch), "streamArn": self.names["stream_arn"]}}
        if not context:
            del record["responseContext"]
        body = json.dumps(record)
        yield "call", {"deliver": {"mapping": mapping.index, "destination": destination, "body": body}}

    def time(self, ms):
        instant = datetime.fromtimestamp((self.facts["epoch_ms"] + ms) / 1000, timezone.utc)
        return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def main():
    session = None
    for line in iter(sys.stdin.readline, ""):
        (kind, body), = json.loads(line).items()
        if kind == "open":
            session = Session(body)
            say("opened", protocol=1, name="poller", version="1", clock="virtual", calls="many",
                capabilities=CAPABILITIES)
            continue
        if session:
            session.now, session.stop = body.get("now", session.now), body.get("stop", False)
        if kind == "act":
            session.act(body)
        elif kind in ("run", "reply"):
            session.run() if kind == "run" else session.reply(body)
            session.sleep()
        elif kind == "close":
            say("closed")
        else:
            say("unsupported", what=line[:80])


main()
