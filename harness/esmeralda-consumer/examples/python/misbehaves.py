"""Handlers that hang, die, fork, talk too much or answer too much: what the harness has to bear."""

import os
import subprocess
import sys
import time


def hangs(event, context):
    subprocess.Popen(["sleep", "600"])
    time.sleep(600)


def dies(event, context):
    print("last words", flush=True)
    os._exit(7)


def talks(event, context):
    chunk = "x" * 1_000_000 + "\n"
    for _ in range(20):
        sys.stdout.write(chunk)
    print("that was all")


def talks_for_good(event, context):
    """A gigabyte."""
    line = "x" * 60_000 + "\n"
    for _ in range(1_000_000_000 // len(line)):
        sys.stdout.write(line)


def leaves(event, context):
    """Leaves a process behind that has left its group."""
    subprocess.Popen(["sleep", "601"], start_new_session=True)
    os._exit(0)


def answers(event, context):
    return "x" * 7_000_000
