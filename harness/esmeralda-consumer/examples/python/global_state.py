"""The list of failures outlives the invocation."""

from common import collect, decode, failures, number, store

FAILED = []


def handler(event, context):
    for record in event["Records"]:
        try:
            store(decode(record))
        except Exception:
            FAILED.append(number(record))
    return failures(FAILED)


def mended(event, context):
    return collect(event, lambda record: store(decode(record)))
