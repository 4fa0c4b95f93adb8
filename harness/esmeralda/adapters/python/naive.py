"""An event source mapping as one would write it in an afternoon, behind the protocol of Esmeralda.

It polls one shard after the other, tries a batch again until it succeeds or its attempts are used up, and then sends a
failure record to a queue. Honest, and wrong in several ways: see ../TUTORIAL.md. Run it by

    esmeralda run 'command:python3 naive.py'
"""

import json
import sys
import uuid
from datetime import datetime, timezone

RETRY_PAUSE_MS = 1000
CaseOver = type("CaseOver", (Exception,), {})


def say(kind, **body):
    print(json.dumps({kind: body}), flush=True)


class Session:
    """One case: a stream, a mapping, and the place up to which each shard is done."""

    def __init__(self, facts):
        self.facts, self.names = facts, facts["names"]
        self.now = self.puts = self.calls = 0
        self.mapping = None
        self.shards = [[] for _ in range(facts["shards"])]
        self.done = [0] * facts["shards"]

    def wait(self, wanted):
        """Carries out what is done to the session, until the message comes that this program waits for."""
        for line in sys.stdin:
            (kind, body), = json.loads(line).items()
            self.now = body.get("now", self.now)
            if kind == wanted:
                return body
            if kind == "act" and "create" in body:
                self.mapping = body["create"]["settings"]
                say("acted")
            elif kind == "act" and "put" in body:
                say("acted", put=[self.put(record) for record in body["put"]])
            elif kind == "close":
                raise CaseOver
            else:
                say("unsupported", what=line[:80])
        sys.exit()

    def put(self, record):
        self.puts += 1
        result = {"sequence": str(10**20 + self.puts), "arrival": self.now}
        self.shards[record["shard"]].append(result)
        return result

    def call(self, **what):
        self.calls += 1
        say("call", id=self.calls, **what)
        return self.wait("reply")

    def sleep(self, until=None):
        say("sleep", until=until)
        self.wait("run")

    def poll(self):
        self.wait("run")
        while True:
            waiting = [shard for shard, records in enumerate(self.shards) if self.done[shard] < len(records)]
            if not self.mapping or not waiting:
                self.sleep()
                continue
            for shard in waiting:
                first = self.done[shard]
                batch = self.shards[shard][first:first + self.mapping["BatchSize"]]
                self.process(shard, batch)
                self.done[shard] += len(batch)

    def process(self, shard, batch):
        request = str(uuid.UUID(int=self.calls + 1, version=4))
        oldest = self.mapping["MaximumRecordAgeInSeconds"]
        if oldest != -1 and self.now - batch[0]["arrival"] > 1000 * oldest:
            return self.discard("RecordAgeExceeded", shard, batch, request, 1)
        for attempt in range(1, sys.maxsize):
            reply = self.call(invoke={"mapping": 0, "request": request, "records": [r["sequence"] for r in batch]})
            if "error" not in reply:
                return None
            if attempt == self.mapping["MaximumRetryAttempts"]:
                return self.discard("RetryAttemptsExhausted", shard, batch, request, attempt)
            self.sleep(self.now + RETRY_PAUSE_MS)

    def discard(self, condition, shard, batch, request, count):
        destination = self.mapping["DestinationConfig"]["OnFailure"].get("Destination")
        mapping = self.names["mappings"][0]
        record = {
            "requestContext": {"requestId": request, "functionArn": mapping["function_arn"],
                               "condition": condition, "approximateInvokeCount": count},
            "responseContext": {"statusCode": 200, "executedVersion": mapping["executed_version"],
                                "functionError": "Unhandled"},
            "version": "1.0", "timestamp": self.time(self.now),
            "KinesisBatchInfo": {
                "shardId": self.names["shard_ids"][shard], "startSequenceNumber": batch[0]["sequence"],
                "endSequenceNumber": batch[-1]["sequence"], "batchSize": len(batch),
                "approximateArrivalOfFirstRecord": self.time(batch[0]["arrival"]),
                "approximateArrivalOfLastRecord": self.time(batch[-1]["arrival"]),
                "streamArn": self.names["stream_arn"]}}
        if destination:
            self.call(deliver={"mapping": 0, "destination": destination, "body": json.dumps(record)})

    def time(self, ms):
        instant = datetime.fromtimestamp((self.facts["epoch_ms"] + ms) / 1000, timezone.utc)
        return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


for line in sys.stdin:
    say("opened", protocol=1, name="naive", clock="virtual", capabilities=["shards", "age", "sqs"])
    try:
        Session(json.loads(line)["open"]).poll()
    except CaseOver:
        say("closed")
