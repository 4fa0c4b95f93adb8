"""Reports failures to a mapping that does not read the response."""

from common import collect, decode, store


def handler(event, context):
    return collect(event, lambda record: store(decode(record)))


def mended(event, context):
    """Raises, and leaves it to the mapping to try again and to split."""
    for record in event["Records"]:
        store(decode(record))
