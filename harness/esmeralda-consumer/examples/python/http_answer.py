"""Answers like an HTTP API."""

import json

from common import collect, decode, store


def handler(event, context):
    failed = collect(event, lambda record: store(decode(record)))
    return {"statusCode": 200, "body": json.dumps(failed)}


def mended(event, context):
    return collect(event, lambda record: store(decode(record)))
