"""Delivers each record once, and in the first of three sessions twice. Time passes by itself."""

import json
import sys
from pathlib import Path

# Sessions are counted in a file: the next one may be another process's.
COUNT = Path("sessions")
sessions = calls = puts = 0
kept = []


def messages():
    while kept or (line := sys.stdin.readline()):
        yield kept.pop(0) if kept else json.loads(line)


def say(kind, **body):
    print(json.dumps({kind: body}), flush=True)


def call(record):
    global calls
    calls += 1
    request = f"00000000-0000-4000-8000-{calls:012}"
    say("call", id=calls, invoke={"mapping": 0, "request": request, "records": [record]})
    # What comes in front of the reply has its turn later.
    while "reply" not in (message := json.loads(sys.stdin.readline())):
        kept.append(message)


def deliver():
    while created and waiting:
        record = waiting.pop(0)
        for _ in range(2 if sessions % 3 == 1 else 1):
            call(record)
    say("sleep", until=None)


for message in messages():
    (kind, body), = message.items()
    if kind == "open":
        created, waiting = False, []
        say("opened", protocol=1, name="now-and-then", clock="wall", capabilities=[])
    elif kind == "act" and "create" in body:
        created = True
        sessions = len(COUNT.read_text()) + 1 if COUNT.exists() else 1
        COUNT.write_text("." * sessions)
        say("acted")
        deliver()
    elif kind == "act" and "put" in body:
        records = [str(10**20 + puts + number) for number in range(len(body["put"]))]
        puts += len(records)
        waiting += records
        say("acted", put=[{"sequence": record, "arrival": body["now"]} for record in records])
        deliver()
    elif kind == "close":
        say("closed")
    elif kind == "run":
        deliver()
    else:
        say("unsupported", what=kind)
