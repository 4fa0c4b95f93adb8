"""Remembers one failure, the last, where the lowest decides."""

from common import decode, failures, number, store


def handler(event, context):
    failed = None
    for record in event["Records"]:
        try:
            store(decode(record))
        except Exception:
            failed = number(record)
    return failures([failed] if failed else [])


def mended(event, context):
    """Stops at the first failure, and reports it."""
    for record in event["Records"]:
        try:
            store(decode(record))
        except Exception:
            return failures([number(record)])
    return failures([])
