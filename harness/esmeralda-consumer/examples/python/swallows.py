"""Swallows exceptions: what failed is logged, and lost."""

from common import collect, decode, failures, store


def handler(event, context):
    for record in event["Records"]:
        try:
            store(decode(record))
        except Exception as error:
            print(f"refused: {error!r}")
    return failures([])


def mended(event, context):
    return collect(event, lambda record: store(decode(record)))
