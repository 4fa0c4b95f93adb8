"""Spells the response as Python would."""

from common import collect, decode, store


def handler(event, context):
    failed = collect(event, lambda record: store(decode(record)))
    return {"batch_item_failures": failed["batchItemFailures"]}


def mended(event, context):
    return collect(event, lambda record: store(decode(record)))
