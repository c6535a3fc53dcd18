"""What reaches Sentry: unexpected errors, with where they arose and their reference, and nothing about anybody."""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from reval_core.config import settings_without_environment
from reval_core.watch.errors_reported import report_errors
from tests.servers.awkward import Request, http, serve
from tests.watch.reporting import CANARIES

ROOT = Path(__file__).parents[2]


def read_events(request: Request) -> list[dict[str, Any]]:
    lines = text_of(request).splitlines()
    return [json.loads(body) for head, body in zip(lines[1::2], lines[2::2], strict=False) if '"event"' in head]


def text_of(request: Request) -> str:
    is_packed = request.headers.get("content-encoding") == "gzip"
    return (gzip.decompress(request.body) if is_packed else request.body).decode()


def test_unexpected_errors_are_reported_and_name_nobody() -> None:
    with serve(http(200, b"{}")) as receiver:
        dsn = receiver.url.replace("http://", "http://key@") + "/1"
        command = [sys.executable, "-m", "tests.watch.reporting", dsn]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    everything = "".join(text_of(request) for request in receiver.requests)
    events = [event for request in receiver.requests for event in read_events(request)]
    assert [event["exception"]["values"][-1]["type"] for event in events] == ["KeyError", "ValueError"]
    assert events[0]["tags"]["reference"] == done.stdout
    assert events[1]["tags"]["run"] == "12"
    assert {event["environment"] for event in events} == {"live"}
    assert "meet" in everything
    for canary in CANARIES:
        assert canary not in everything
    for canary in CANARIES[2:]:  # what can be told by its look alone is taken out of our own words in the log as well
        assert canary not in done.stderr


def test_nothing_is_reported_where_nowhere_is_configured() -> None:
    report_errors(settings_without_environment(), "revalidation-dashboard")
    assert "sentry_sdk.integrations.logging" not in sys.modules
