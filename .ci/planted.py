"""Planted bugs over the wire: each is found at the engine's URL, with its rule in the blame, and made small there.

    planted.py ESMERALDA endpoint:http://127.0.0.1:PORT,preset=NAME [MUTANT…]

For each bug the engine is started with it in front of the emulator. Cases that show it come from a run in virtual time,
the largest that the wire can take first; `esmeralda shrink` then runs such a case at the engine's URL three times, makes
it small, and runs the small one three times.
"""

import concurrent.futures
import json
import os
import re
import subprocess
import sys
import tempfile

# What shows over the wire without waiting for minutes.
MUTANTS = """
    one-retry-too-many one-retry-too-few never-retries record-lost record-twice record-per-record raise-is-success
    status-code-500 stream-arn-is-name version-is-number count-is-retries discards-only-first batch-size-configured
    bisect-ignored bisect-drops-right right-half-first bisect-eats-quota half-delivered-again batch-size-plus-one
    batch-reversed only-reported-retried progress-keeps-quota key-with-colons payload-is-object payload-absent
    """.split()
# What shows only over minutes, with the case that shows it: one shard is called ten times over a minute, and another one,
# which has something to deliver, is not.
SLOW = {
    "shard-stalls-others": {
        "format": 1,
        "shards": 2,
        "mappings": [{"settings": {"StartingPosition": "TRIM_HORIZON"}}],
        "records": [
            {"at": 0, "duration_ms": 2000, "behaviour": {"how": "raise"}},
            {"at": 10_000, "shard": 1},
        ],
        "closing_at": 130_000,
        "horizon_ms": 200_000,
        "max_invocations": 48,
    }
}
# Those without which nothing else counts: what is lost, and what stands still.
NEEDED = {"record-lost", "shard-stalls-others"}
# Some of their rules were only captured, and warn under the other reading.
READING = ["--reading", "aws"]
# So many must be found and made small.
ENOUGH = 20
# Runs in virtual time, each of so many cases: a run keeps the first case of each kind of failure.
SEEDS = 8
CASES = 300
# Of those that show a bug so many are tried on the wire, the largest first.
TRIES = 3
# More records make a case no better.
MANY = 12
# The last stimulus of a case comes before this, so that a run of it takes a minute at most.
LONGEST_MS = 25_000
# Actions that no endpoint carries out.
ELSEWHERE = {"service-error", "refuse-writes"}
# Engines side by side: each mostly waits.
SIDE_BY_SIDE = int(os.environ.get("SIDE_BY_SIDE", "9"))
# The bound of one shrinking, and of an engine's start and end.
SHRINK_SECONDS = 2_400
START_SECONDS = 60


def said(*command):
    """What a command says as JSON, whatever its verdict."""
    ran = subprocess.run(command, capture_output=True, text=True, timeout=SHRINK_SECONDS)
    lines = ran.stdout.strip().splitlines()
    if ran.returncode not in (0, 1, 4) or not lines:
        raise RuntimeError(f"exit {ran.returncode} of {' '.join(command)}: {ran.stdout[-400:]}{ran.stderr[-400:]}")
    return json.loads(lines[-1])


def last_ms(case):
    """When the last stimulus of a case is due, throttles' ends included."""
    times = [record["at"] for record in case["records"]] + [case.get("closing_at") or 0]
    for step in case.get("actions", []):
        action = next(iter(step["action"].values())) if isinstance(step["action"], dict) else {}
        times.append(step["at"] + (action.get("for_ms", 0) if isinstance(action, dict) else 0))
    return max(times)


def fits(case):
    """Whether the wire can take the case soon enough."""
    named = {next(iter(step["action"])) for step in case.get("actions", []) if isinstance(step["action"], dict)}
    whole_seconds = case.get("function", {}).get("timeout_ms", 0) % 1000 == 0
    return last_ms(case) <= LONGEST_MS and not named & ELSEWHERE and whole_seconds


def cases(esmeralda, name, rule, folder):
    """Files of cases that show the bug in virtual time: first where nothing else can be to blame, then many records."""
    if name in SLOW:
        os.makedirs(folder)
        path = f"{folder}/{name}.json"
        with open(path, "w", encoding="utf-8") as text:
            json.dump(SLOW[name], text)
        return [path]
    found = {}
    for seed in range(1, SEEDS + 1):
        out = f"{folder}/{seed}"
        subprocess.run(
            [esmeralda, "run", f"mutant:{name}", "--cases", str(CASES), "--seed", str(seed), "--out", out, *READING],
            capture_output=True, timeout=SHRINK_SECONDS,
        )
        with open(f"{out}/run.jsonl", encoding="utf-8") as lines:
            failures = [failure for line in lines if (failure := json.loads(line).get("failure"))]
        for failure in failures:
            blames = [kind.get("violation", []) for kind in failure["kinds"] if isinstance(kind, dict)]
            blames = [len(blame) for blame in blames if rule in blame]
            if not blames:
                continue
            path = f"{out}/{failure['case_file']}"
            with open(path, encoding="utf-8") as text:
                case = json.load(text)
            if fits(case):
                # Scenarios are the same under every seed.
                found.setdefault(json.dumps(case), (min(blames), -min(len(case["records"]), MANY), path))
    return [path for *_, path in sorted(found.values())]


class Engine:
    """The engine with a planted bug, while the block runs."""

    def __init__(self, esmeralda, upstream, name, log):
        self.log = open(log, "wb")
        self.process = subprocess.Popen(
            [esmeralda, "serve", "--upstream", upstream, "--listen", "127.0.0.1:0", "--mutant", name],
            stdout=subprocess.PIPE, stderr=self.log, text=True,
        )

    def __enter__(self):
        # Its first line says where it is.
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if not found:
            raise RuntimeError(f"the engine did not start: {line!r}")
        return found.group()

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(START_SECONDS)
        self.log.close()


def hunted(esmeralda, upstream, preset, name, rule, folder):
    """What became of one bug: the number of records before and after, and the blame; or why not."""
    why = "no case of the run in virtual time fits the wire"
    tries = 0
    for path in cases(esmeralda, name, rule, f"{folder}/{name}"):
        if tries == TRIES:
            break
        with Engine(esmeralda, upstream, name, f"{folder}/{name}.log") as url:
            try:
                told = said(esmeralda, "shrink", path, f"endpoint:{url},preset={preset}", *READING, "--format", "json")
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                # Such as a case that asks for what the emulator does not have.
                why = str(error)
                continue
        tries += 1
        small, again = told.get("small"), told.get("again") or {}
        sure = again.get("after") or again.get("before") or {"shown": 0, "runs": 0}
        if small and rule in small["blame"] and sure["shown"] == sure["runs"] > 0:
            return {**small, "sure": sure, "surrogate": again["surrogate"]}
        why = f"{told['verdict']}, blamed {small['blame'] if small else told.get('reason')}, {sure}"
    return why


def main():
    esmeralda, target, *names = sys.argv[1:]
    upstream, preset = re.fullmatch(r"endpoint:([^,]+),preset=(.+)", target).groups()
    rules = {row["name"]: row["rule"] for row in said(esmeralda, "list", "mutants", "--format", "json")}
    names = names or [*SLOW, *MUTANTS]
    good = set()
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        waiting = {name: pool.submit(hunted, esmeralda, upstream, preset, name, rules[name], folder) for name in names}
        print(f"{'mutant':24} {'rule':12} {'records':>9}  {'again':>5}  blame")
        for name, future in waiting.items():
            found = future.result()
            if isinstance(found, str):
                print(f"{name:24} {rules[name]:12} {'-':>9}  {'-':>5}  NOT FOUND: {found}", flush=True)
                continue
            good.add(name)
            records = f"{found['records_before']} -> {found['records']}"
            print(
                f"{name:24} {rules[name]:12} {records:>9}  {found['sure']['shown']} / {found['sure']['runs']}"
                f"  {', '.join(found['blame'])} (on {found['surrogate'] or 'the wire'}{', its tries used up' * found['cut']})",
                flush=True,
            )
    print(f"{len(good)} of {len(names)} planted bugs were found over the wire and made small")
    sys.exit(len(good) < min(ENOUGH, len(names)) or bool(NEEDED & set(names) - good))


main()
