"""Works on all records at once: those of one key get out of order."""

from concurrent.futures import ThreadPoolExecutor

from common import collect, decode, failures, number, store


def handler(event, context):
    failed = []
    # In the order in which threads may well come to their ends: the last one first.
    for record in reversed(event["Records"]):
        try:
            store(decode(record))
        except Exception:
            failed.append(number(record))
    return failures(failed)


def mended(event, context):
    """One thread for each key, and in each the order of the batch."""
    keys = {}
    for record in event["Records"]:
        keys.setdefault(record["kinesis"]["partitionKey"], []).append(record)
    with ThreadPoolExecutor() as pool:
        work = lambda records: collect({"Records": records}, lambda record: store(decode(record)))
        parts = list(pool.map(work, keys.values()))
    return {"batchItemFailures": [one for part in parts for one in part["batchItemFailures"]]}
