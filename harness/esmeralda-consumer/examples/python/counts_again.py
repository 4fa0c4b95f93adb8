"""A counter that counts a record as often as it is delivered."""

from common import collect, decode, store

TOTAL = 0


def _add(order):
    global TOTAL
    TOTAL += order["amount"]
    print(f"stored {order['id']} {TOTAL}")


def handler(event, context):
    return collect(event, lambda record: _add(decode(record)))


def mended(event, context):
    return collect(event, lambda record: store(decode(record)))
