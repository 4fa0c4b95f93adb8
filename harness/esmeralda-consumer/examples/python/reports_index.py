"""Reports where in the batch a record stood."""

from common import decode, failures, number, store


def handler(event, context):
    failed = []
    for index, record in enumerate(event["Records"]):
        try:
            store(decode(record))
        except Exception:
            failed.append(str(index))
    return failures(failed)


def mended(event, context):
    """Stops at the first failure, and reports that record and all behind it."""
    records = event["Records"]
    for index, record in enumerate(records):
        try:
            store(decode(record))
        except Exception:
            return failures([number(late) for late in records[index:]])
    return failures([])
