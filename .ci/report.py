"""Looks at what the steps of .ci/run and .ci/full left behind. Each command prints what it saw, and exits with 1 if
something is wrong with it. Needs nothing but Python 3.9."""

import http.server
import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

# Records of the smallest case of a planted bug: the most that one may need, and the most that half of them may need.
MOST_RECORDS, USUAL_RECORDS = 6, 2
# Memory of a long run over that of a short one: the factor, and kilobytes that threads may differ by.
MEMORY_FACTOR, MEMORY_SLACK_KB = 1.25, 8 * 1024
# How long a command may look at a damaged file, in seconds.
DAMAGED_SECONDS = 20
# How long an emulator may take for one answer, in seconds.
WIRE_SECONDS = 30
# How long mappings may stay in Deleting before they are only told, in seconds: an emulator may never get them done.
DELETING_SECONDS = 20
# How long a run may take to find out that it cannot run, in seconds.
TROUBLE_SECONDS = 300


def fail(text):
    print(text)
    raise SystemExit(1)


def report(path):
    """The last line of a file as JSON, which is where a report stands."""
    lines = Path(path).read_text().splitlines()
    if not lines:
        fail(f"{path} is empty")
    return json.loads(lines[-1])


def snapshots(references, folder):
    """No snapshot waits for review, and every one is read by some test."""
    folder = Path(folder).resolve()
    waiting = [path for path in Path(".").rglob("*.snap.new") if "target" not in path.parts[:1]]
    waiting += [path for path in Path(".").rglob("*.pending-snap") if "target" not in path.parts[:1]]
    if not Path(references).exists():
        fail("no test has noted a snapshot: did the tests run?")
    # The folder part is resolved, the name is kept: a name may hold anything.
    read = {Path(line).resolve() for line in Path(references).read_text().splitlines()}
    known = {path.resolve() for path in folder.rglob("*.snap")}
    orphans = sorted(known - read)
    for path in sorted(waiting):
        print(f"waits for review: {path}")
    for path in orphans:
        print(f"no test reads it: {path.relative_to(folder)}")
    if waiting or orphans:
        fail("see CONTRIBUTING.md, Review snapshots")
    print(f"{len(known)} snapshots, each read by a test")


def clean(path):
    """Everything that was judged conforms, and something was judged."""
    seen = report(path)
    bad = {
        key: seen[key]
        for key in ["violates", "undecided", "could_not_run", "unsupported", "further_failures"]
        if seen[key]
    }
    if seen["verdict"] != "conforms" or bad:
        fail(f"{seen['target']}: {seen['verdict']} {bad}")
    if seen["cut"] or not seen["conforms"] or seen["conforms"] != seen["cases"]:
        fail(f"{seen['target']}: {seen['conforms']} of {seen['cases']} cases conform, cut: {seen['cut']}")
    print(f"{seen['cases']} cases, {seen['events']} events, {seen['warnings']} warnings")


def green(path):
    """Everything that the target could be asked conforms."""
    seen = report(path)
    bad = {key: seen[key] for key in ["violates", "undecided", "could_not_run", "further_failures"] if seen[key]}
    if seen["verdict"] != "conforms" or bad or seen["cut"] or not seen["conforms"]:
        fail(f"{seen['target']}: {seen['verdict']} {bad}, cut: {seen['cut']}")
    print(f"{seen['target']}, reading {seen['reading']}: {seen['conforms']} conform, {seen['unsupported']} unsupported")


def judged(path):
    """A target that nobody here wrote: something was judged, and nothing broke down."""
    seen = report(path)
    counts = {key: seen[key] for key in ["conforms", "violates", "undecided", "unsupported", "could_not_run"]}
    print(f"{seen['target']}: {seen['verdict']}, {counts}, cut: {seen['cut']}")
    if not seen["conforms"] + seen["violates"]:
        fail("nothing was judged")
    if seen["could_not_run"]:
        fail("some cases could not be run")


def partial(path):
    """A run that broke down in the middle: some cases were judged, some could not be run."""
    seen = report(path)
    judged = seen["conforms"] + seen["violates"] + seen["undecided"]
    print(f"{seen['target']}: {judged} judged, {seen['could_not_run']} could not run, of {seen['cases']}")
    if not judged or not seen["could_not_run"]:
        fail("it did not break down in the middle")


def blames(*paths):
    """Runs that took every case and blame the same rules. What is flaky in any of them is told, and may differ."""
    reports = [report(path) for path in paths]
    flaky = {rule for seen in reports for entry in seen.get("flaky", []) for rule in entry["blame"]}
    sets = [[rule for rule in seen["blamed"] if rule not in flaky] for seen in reports]
    for seen in reports:
        print(f"{seen['target']}: {seen['cases']} cases, {seen['timing']}, blamed: {' '.join(seen['blamed'])}")
        for part in ("violations", "flaky"):
            for entry in seen.get(part, []):
                numbers = ", ".join(f"{one['shown']} of {one['runs']} runs" for one in entry.get("repeats", []))
                print(f"    {part}: {' '.join(entry['blame'])} in {entry['cases']} cases {numbers}")
        if seen["cut"]:
            fail(f"it ended before its last case: {seen.get('cut_by')}")
    if any(rules != sets[0] for rules in sets):
        fail(f"runs differ: {sorted(set(sum(sets, [])) - set.intersection(*map(set, sets)))} not in all of them")


def serves(what, *command):
    """A port where something else listens: the command, with URL in its last argument, could not run, and says so."""
    status, text = {"html": (200, b"<html>hello</html>"), "500": (500, b"oops")}[what]

    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_POST = do_PUT = do_DELETE = do_GET

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    command = [argument.replace("URL", f"http://127.0.0.1:{server.server_port}") for argument in command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TROUBLE_SECONDS)
    said = done.stdout + done.stderr
    if done.returncode != 3 or "could not" not in said or "panicked" in said:
        fail(f"exit {done.returncode} of {' '.join(command)}\n{said[:4000]}")
    print(f"{what}: exit 3, {said[:300]}")


def empty(target):
    """Nothing of ours is left at an emulator: it is asked for everything that it has."""
    url = target.split(":", 1)[1].split(",")[0]
    asked = {
        "streams": ("kinesis", "POST", "/", "Kinesis_20131202.ListStreams"),
        "tables": ("dynamodb", "POST", "/", "DynamoDB_20120810.ListTables"),
        "functions": ("lambda", "GET", "/2015-03-31/functions/", None),
        "queues": ("sqs", "POST", "/", "AmazonSQS.ListQueues"),
    }
    for what, request in asked.items():
        text = answer(url, *request)
        if text is not None and "esmeralda-" in text:
            fail(f"{what} are left at {url}: {text[:500]}")
    for what, request in {"topics": ("sns", "Action=ListTopics&Version=2010-03-31"), "buckets": ("s3", None)}.items():
        text = told(url, *request)
        if "esmeralda-" in text:
            fail(f"{what} are left at {url}: {text[:500]}")
    until = time.monotonic() + DELETING_SECONDS
    while True:
        text = answer(url, "lambda", "GET", "/2015-03-31/event-source-mappings/", None)
        ours = [one for one in json.loads(text)["EventSourceMappings"] if "esmeralda-" in json.dumps(one)]
        left = [one for one in ours if one.get("State") != "Deleting"]
        if left:
            fail(f"mappings are left at {url}: {left[:3]}")
        if not ours or time.monotonic() > until:
            break
        time.sleep(1)
    stuck = f"; {len(ours)} mappings were deleted, and stay in Deleting there" if ours else ""
    print(f"{url}: no {', '.join(asked)}, topics, buckets and mappings are left{stuck}")


def told(url, service, form):
    """What an emulator says to a service that speaks XML."""
    headers = {"Authorization": signed(service), "Content-Type": "application/x-www-form-urlencoded"}
    request = urllib.request.Request(url + "/", form.encode() if form else None, headers)
    with urllib.request.urlopen(request, timeout=WIRE_SECONDS) as reply:
        return reply.read().decode()


def signed(service):
    """Emulators find the service by the scope of the credentials, and check no signature."""
    scope = f"Credential=test/20260101/us-east-1/{service}/aws4_request"
    return f"AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0"


def answer(url, service, method, path, action):
    """What an emulator says; nothing if it has no such service."""
    headers = {"Authorization": signed(service)}
    if action:
        version = "1.1" if service == "kinesis" else "1.0"
        headers |= {"X-Amz-Target": action, "Content-Type": f"application/x-amz-json-{version}"}
    request = urllib.request.Request(url + path, b"{}" if action else None, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=WIRE_SECONDS) as reply:
            return reply.read().decode()
    except urllib.error.HTTPError as error:
        if "not enabled" in error.read().decode(errors="replace"):
            return None
        raise


def exercised(path):
    """Nothing is vacuous: some case exercised every checked rule."""
    seen = report(path)
    if seen["not_exercised"]:
        fail(f"not exercised: {' '.join(seen['not_exercised'])}")
    print(f"{seen['rules_exercised']} of {seen['rules_checked']} rules exercised")


def campaigns(policies, ambiguities):
    """Which policies conform under which way of reading: `policy reading duplicates`, a line each."""
    pinned = {entry["id"]: entry["aws"] for entry in report(ambiguities)}
    for policy in report(policies):
        name, ambiguity = policy["name"], policy["ambiguity"]
        variant = name.partition("=")[2]
        for reading in ["documented", "aws"]:
            for duplicates in ["forbid", "allow"]:
                wanted = pinned.get(ambiguity) if reading == "aws" else None
                excluded = (wanted and variant != wanted) or (
                    duplicates == "forbid" and name.endswith("duplicates=redelivery")
                )
                if excluded:
                    print(f"excluded by the reading: {name} {reading} {duplicates}", file=sys.stderr)
                else:
                    print(name, reading, duplicates)


def same(*folders):
    """Folders with equal files, where a report's `timing` does not count."""

    def content(folder):
        files = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): normal(path) for path in files}

    def normal(path):
        if path.name != "report.json":
            return path.read_bytes()
        value = report(path)
        value.pop("timing")
        return json.dumps(value)

    first = content(folders[0])
    for folder in folders[1:]:
        other = content(folder)
        differing = [name for name in sorted(first.keys() | other.keys()) if first.get(name) != other.get(name)]
        if differing:
            fail(f"{folders[0]} and {folder} differ in {', '.join(differing)}")


def shrunk(path):
    """Planted bugs end as small cases."""
    rows = report(path)["mutants"]
    sizes = sorted((row["shrunk_records"], row["name"]) for row in rows if row["shrunk_records"] is not None)
    if len(sizes) != len(rows):
        fail(f"{len(rows) - len(sizes)} of {len(rows)} have no small case")
    counts = [size for size, _ in sizes]
    for size in sorted(set(counts)):
        print(f"{size} records: {counts.count(size)}")
    large = [f"{name} ({size})" for size, name in sizes if size > MOST_RECORDS]
    if large:
        fail(f"more than {MOST_RECORDS} records: {', '.join(large)}")
    if counts[len(counts) // 2] > USUAL_RECORDS:
        fail(f"half of the cases have more than {USUAL_RECORDS} records")


def memory(program, few, many):
    """The peak of a long run is about that of a short one."""

    def peak(cases):
        command = [program, "run", "--cases", cases, "--jobs", "2", "--format", "json"]
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        # What the verdict is, other steps look at.
        if child.returncode not in (0, 1):
            fail(f"exit {child.returncode} of {' '.join(command)}")
        print(f"{cases} cases: {usage.ru_maxrss} kB at most")
        return usage.ru_maxrss

    if peak(many) > peak(few) * MEMORY_FACTOR + MEMORY_SLACK_KB:
        fail("memory grows with the number of cases")


def damaged(program, folder):
    """Cut and changed files: an answer or a refusal, and never a panic."""
    looks = {"case-*.json": ["replay"], "trace-*.jsonl": ["recheck"]}
    tried, codes = 0, {}
    for pattern, verb in looks.items():
        files = sorted(Path(folder).glob(pattern), key=lambda path: path.stat().st_size)
        if not files:
            fail(f"no {pattern} in {folder}")
        text = files[0].read_bytes()
        for file in versions(text):
            command = [program, *verb, "-"]
            done = subprocess.run(command, input=file, capture_output=True, timeout=DAMAGED_SECONDS)
            tried += 1
            codes[done.returncode] = codes.get(done.returncode, 0) + 1
            if done.returncode not in (0, 1, 2, 4) or b"panicked" in done.stderr:
                bad = Path(folder) / f"damaged-{pattern.replace('*', str(tried))}"
                bad.write_bytes(file)
                fail(f"exit {done.returncode} of {verb[0]} with {bad}\n{done.stderr.decode(errors='replace')}")
    print(f"{tried} damaged files, by exit code: {dict(sorted(codes.items()))}")


def versions(text):
    """Damaged versions of a file, the same ones each time."""
    places = range(0, len(text), max(1, len(text) // 150))
    for place in places:
        yield text[:place]
        for byte in (0, 34, 44, 45, 57, 125, 255):
            yield text[:place] + bytes([byte]) + text[place + 1 :]
        yield text[:place] + text[place + 20 :]
    lines = text.splitlines(keepends=True)
    for index in range(len(lines)):
        yield b"".join(lines[:index] + lines[index + 1 :])
        yield b"".join(lines[: index + 1] + lines[index:])
    yield b"[" * 1_000_000
    yield b"\xff\xfe" + text


def survivors(folder, table, shard):
    """Every surviving change stands in the table with a reason, and every line of the table still survives.

    A line of the table holds the path and the change as the tool names them, without line and column."""
    missed = Path(folder) / "missed.txt"
    if not missed.exists():
        fail(f"no {missed}: did cargo mutants run?")
    text = Path(table).read_text() if Path(table).exists() else ""
    plain = text.replace("\\|", "|").replace("`", "")
    known = [line for line in plain.splitlines() if line.startswith("|") and ".rs" in line]
    lines = missed.read_text().splitlines()
    new, used = [], set()
    for line in lines:
        place, _, change = line.partition(": ")
        rows = [row for row in known if place.split(":")[0] in row and change in row]
        used.update(rows)
        if not rows:
            new.append(line)
    print(f"{len(lines)} changes survive, {len(known)} lines in {table}")
    for line in new:
        print(f"no line for: {line}")
    # A shard sees only some of the changes.
    stale = [row for row in known if row not in used] if shard == "all" else []
    for row in stale:
        print(f"does not survive any more: {row}")
    if new or stale:
        fail(f"bring {table} up to date, or write the missing test")


COMMANDS = [
    snapshots, clean, green, judged, partial, blames, serves, empty, exercised, campaigns, same, shrunk, memory, damaged,
    survivors,
]

if __name__ == "__main__":
    named = {command.__name__: command for command in COMMANDS}
    if len(sys.argv) < 2 or sys.argv[1] not in named:
        raise SystemExit(f"usage: report.py {'|'.join(named)} ARGUMENT…")
    named[sys.argv[1]](*sys.argv[2:])
