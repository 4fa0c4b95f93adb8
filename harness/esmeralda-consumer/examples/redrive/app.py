"""Re-drives what an event source mapping of a Kinesis stream or a table's stream has discarded: made to be copied.

Failure records may arrive from a queue, a topic or a bucket, through each other or not. The records themselves are sent to a
FIFO queue, in order; its deduplication makes it harmless that failure records arrive more than once. (A queue forgets
after five minutes. Where failure records may come again later, keep what was re-driven in a table.)

    QUEUE_URL   the FIFO queue
"""

import base64
import json
import os
import time
from urllib.parse import unquote_plus

import boto3
from botocore.config import Config

config = Config(retries={"mode": "standard", "max_attempts": 5})
kinesis = boto3.client("kinesis", config=config)
changes = boto3.client("dynamodbstreams", config=config)
s3 = boto3.client("s3", config=config)
sqs = boto3.client("sqs", config=config)

MOST_READS = 1_000
# A table's stream does not tell whether there is more behind an empty page.
MOST_EMPTY = 10


class Gone(Exception):
    """Some records are no longer in the stream."""


def handler(event, context):
    failed = []
    for message in event["Records"]:
        try:
            for failure in failure_records(message):
                redrive(failure)
        except Exception as error:
            print(f"not re-driven: {error!r}")
            if message.get("eventSource") != "aws:sqs":
                raise
            failed.append({"itemIdentifier": message["messageId"]})
    # The queue's mapping needs ReportBatchItemFailures.
    return {"batchItemFailures": failed}


def failure_records(message):
    """What a message of a queue, a topic or a bucket brings."""
    if message.get("eventSource") == "aws:s3":
        # The key is encoded as in a URL.
        bucket, key = message["s3"]["bucket"]["name"], unquote_plus(message["s3"]["object"]["key"])
        return [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read())]
    if message.get("EventSource") == "aws:sns":
        return [json.loads(message["Sns"]["Message"])]
    body = json.loads(message["body"])
    if body.get("Type") == "Notification":
        return [json.loads(body["Message"])]
    if "Records" in body:
        return [failure for notification in body["Records"] for failure in failure_records(notification)]
    return [body]


def redrive(failure):
    """Sends the data of the discarded records on."""
    batch = failure.get("KinesisBatchInfo") or failure["DDBStreamBatchInfo"]
    count = 0
    for number, data in records(failure):
        send(batch, number, data)
        count += 1
    if count < batch["batchSize"]:
        # Nobody can fetch them any more: let the failure record end where somebody looks.
        raise Gone(f"{batch['batchSize'] - count} of {batch['batchSize']} records are gone: {batch}")


def send(batch, number, data):
    """In the order of the shard, and once."""
    sqs.send_message(
        QueueUrl=os.environ["QUEUE_URL"],
        MessageBody=data.decode(),
        MessageGroupId=batch["shardId"],
        MessageDeduplicationId=f"{batch['shardId']}-{number}",
    )


def records(failure):
    """Sequence number and data of each discarded record that still is somewhere."""
    if "payload" in failure:
        # A bucket gets the whole event, as a string.
        for record in json.loads(failure["payload"])["Records"]:
            if "kinesis" in record:
                yield record["kinesis"]["sequenceNumber"], base64.b64decode(record["kinesis"]["data"])
            else:
                yield change(record)
    elif "KinesisBatchInfo" in failure:
        yield from fetch(failure["KinesisBatchInfo"], kinesis_iterator, kinesis_page)
    else:
        yield from fetch(failure["DDBStreamBatchInfo"], table_iterator, table_page)


def fetch(batch, iterator_at, page_at):
    """Reads the range from the stream, however many pages that takes."""
    end = int(batch["endSequenceNumber"])
    at = "AT_SEQUENCE_NUMBER", batch["startSequenceNumber"]
    iterator, empty = None, 0
    for _ in range(MOST_READS):
        if iterator is None:
            iterator = iterator_at(batch, *at)
        try:
            page, iterator, is_the_end = page_at(iterator)
        except (kinesis.exceptions.ExpiredIteratorException, changes.exceptions.ExpiredIteratorException):
            iterator = None
            continue
        for number, data in page:
            if int(number) <= end:
                yield number, data
                at = "AFTER_SEQUENCE_NUMBER", number
            if int(number) >= end:
                return
        empty = 0 if page else empty + 1
        if iterator is None or is_the_end or empty > MOST_EMPTY:
            return
        if empty:
            time.sleep(0.2)
    raise TimeoutError(f"{MOST_READS} reads did not reach {end}")


def kinesis_iterator(batch, kind, number):
    # With enhanced fan-out the consumer is named, and its stream in front of it.
    stream = batch["streamArn"].split("/consumer/")[0]
    return kinesis.get_shard_iterator(
        StreamARN=stream, ShardId=batch["shardId"], ShardIteratorType=kind, StartingSequenceNumber=number
    )["ShardIterator"]


def kinesis_page(iterator):
    page = kinesis.get_records(ShardIterator=iterator)
    found = [(record["SequenceNumber"], record["Data"]) for record in page["Records"]]
    return found, page.get("NextShardIterator"), not found and page.get("MillisBehindLatest", 0) == 0


def table_iterator(batch, kind, number):
    where = {"StreamArn": batch["streamArn"], "ShardId": batch["shardId"]}
    try:
        answer = changes.get_shard_iterator(ShardIteratorType=kind, SequenceNumber=number, **where)
    except changes.exceptions.TrimmedDataAccessException:
        # The first ones are gone. What is left of the range begins with the oldest record.
        answer = changes.get_shard_iterator(ShardIteratorType="TRIM_HORIZON", **where)
    return answer["ShardIterator"]


def table_page(iterator):
    page = changes.get_records(ShardIterator=iterator)
    found = [change(record) for record in page["Records"]]
    return found, page.get("NextShardIterator"), False


def change(record):
    """What is sent on of a change: the record as it is, in JSON."""
    return record["dynamodb"]["SequenceNumber"], json.dumps(record, default=str).encode()
