"""The smallest history that showed a red, as a unit test. EVENTS is what --export-events wrote for the rule."""

import importlib, json, os, pathlib

import pytest

handler = getattr(importlib.import_module("reports_last"), os.environ.get("HANDLER", "mended"))


@pytest.mark.parametrize("path", sorted(pathlib.Path(os.environ["EVENTS"]).glob("*.json")), ids=lambda path: path.name)
def test_the_first_record_is_reported_first(path):
    event = json.loads(path.read_text())
    reported = [failure["itemIdentifier"] for failure in handler(event, None)["batchItemFailures"]]
    assert reported and min(reported, key=int) == event["Records"][0]["kinesis"]["sequenceNumber"]
