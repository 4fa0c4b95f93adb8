"""What all the handlers do with one record: decode it, check it, and store its amount once."""

import base64
import json

STORED = set()


def decode(record):
    return json.loads(base64.b64decode(record["kinesis"]["data"]))


def number(record):
    return record["kinesis"]["sequenceNumber"]


def store(order):
    """A conditional write: what is there already is left alone."""
    amount = order["amount"]
    if order["id"] not in STORED:
        STORED.add(order["id"])
        # One write, so that threads do not mix their lines.
        print(f"stored {order['id']} {amount}\n", end="")


def failures(numbers):
    return {"batchItemFailures": [{"itemIdentifier": one} for one in numbers]}


def collect(event, work):
    """Works through the whole batch, and reports every record that failed."""
    failed = []
    for record in event["Records"]:
        try:
            work(record)
        except Exception as error:
            print(f"refused: {error!r}")
            failed.append(number(record))
    return failures(failed)
