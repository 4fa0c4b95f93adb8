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


def answers(event, context):
    return "x" * 7_000_000
