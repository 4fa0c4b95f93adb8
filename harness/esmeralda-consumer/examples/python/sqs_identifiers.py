"""Copied from a handler of a queue: the identifier is that of a message, and no sequence number."""

from common import decode, failures, number, store


def _run(event, identifier):
    failed = []
    for record in event["Records"]:
        try:
            store(decode(record))
        except Exception:
            failed.append(identifier(record))
    return failures(failed)


def handler(event, context):
    return _run(event, lambda record: record.get("messageId") or record["eventID"])


def mended(event, context):
    return _run(event, number)
