"""Parses the whole batch before it begins to catch errors."""

from common import collect, decode, failures, number, store


def handler(event, context):
    orders = [(number(record), decode(record)) for record in event["Records"]]
    failed = []
    for sequence, order in orders:
        try:
            store(order)
        except Exception:
            failed.append(sequence)
    return failures(failed)


def mended(event, context):
    return collect(event, lambda record: store(decode(record)))
