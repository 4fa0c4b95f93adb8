"""The mistakes that people make when they re-drive, each in a handler of its own. What is right is in app.py."""

import base64
import json

from app import kinesis, s3, send


def _each(redrive):
    """A handler of a queue's events that re-drives each of its failure records."""

    def handler(event, context):
        for message in event["Records"]:
            redrive(json.loads(message["body"]))

    handler.__doc__ = redrive.__doc__
    return handler


def _iterator(batch, kind="AT_SEQUENCE_NUMBER", **more):
    stream = batch["streamArn"].split("/consumer/")[0]
    if kind == "AT_SEQUENCE_NUMBER":
        more["StartingSequenceNumber"] = batch["startSequenceNumber"]
    answer = kinesis.get_shard_iterator(StreamARN=stream, ShardId=batch["shardId"], ShardIteratorType=kind, **more)
    return answer["ShardIterator"]


def _records(batch, iterator):
    """Page after page, up to the end of the range and what else stands on its page."""
    records = []
    while iterator:
        page = kinesis.get_records(ShardIterator=iterator)
        records += page["Records"]
        numbers = [int(record["SequenceNumber"]) for record in page["Records"]]
        if numbers[-1:] >= [int(batch["endSequenceNumber"])] or not (numbers or page["MillisBehindLatest"]):
            break
        iterator = page["NextShardIterator"]
    return records


def _send(batch, records, is_in=lambda number, end: number <= end):
    count = 0
    for record in records:
        if is_in(int(record["SequenceNumber"]), int(batch["endSequenceNumber"])):
            send(batch, record["SequenceNumber"], record["Data"])
            count += 1
    if count < batch["batchSize"]:
        print(f"{batch['batchSize'] - count} records are missing")


@_each
def one_page(failure):
    """Takes the first page for all there is."""
    batch = failure["KinesisBatchInfo"]
    _send(batch, kinesis.get_records(ShardIterator=_iterator(batch))["Records"])


@_each
def latest(failure):
    """Reads from where the stream is now, and not from where the records are."""
    batch = failure["KinesisBatchInfo"]
    _send(batch, _records(batch, _iterator(batch, "LATEST")))


@_each
def off_by_one(failure):
    """Takes the end of the range for the first record that is not in it."""
    batch = failure["KinesisBatchInfo"]
    _send(batch, _records(batch, _iterator(batch)), is_in=lambda number, end: number < end)


@_each
def whole_page(failure):
    """Does not look where the range ends."""
    batch = failure["KinesisBatchInfo"]
    _send(batch, _records(batch, _iterator(batch)), is_in=lambda number, end: True)


@_each
def needs_context(failure):
    """Believes that every discard comes from an answer of the function."""
    print(f"{failure['requestContext']['condition']}: {failure['responseContext']['statusCode']}")
    batch = failure["KinesisBatchInfo"]
    _send(batch, _records(batch, _iterator(batch)))


@_each
def metadata(failure):
    """Sends on what the queue has brought, as if that were the data."""
    batch = failure["KinesisBatchInfo"]
    send(batch, batch["startSequenceNumber"], json.dumps(failure).encode())


def encoded_key(event, context):
    """Asks for the object by the key as the notification writes it."""
    for notification in event["Records"]:
        names = notification["s3"]
        body = s3.get_object(Bucket=names["bucket"]["name"], Key=names["object"]["key"])["Body"].read()
        failure = json.loads(body)
        for record in json.loads(failure["payload"])["Records"]:
            data = base64.b64decode(record["kinesis"]["data"])
            send(failure["KinesisBatchInfo"], record["kinesis"]["sequenceNumber"], data)
