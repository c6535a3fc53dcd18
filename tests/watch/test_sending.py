"""Steps reach a collector by OTLP over HTTP, with whose they are; and a collector that is away disturbs nothing."""

import logging
import time
from collections.abc import Iterator

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pydantic import SecretStr

from reval_core.config import settings_without_environment
from reval_core.watch.sending import endpoint_of, read_headers, sent_steps
from reval_core.watch.tracing import current_trace_id, step
from tests.servers.awkward import AwkwardServer, http, serve, stay_silent
from tests.servers.ports import find_free_port


def received(server: AwkwardServer) -> Iterator[ExportTraceServiceRequest]:
    for request in server.requests:
        message = ExportTraceServiceRequest()
        message.ParseFromString(request.body)
        yield message


def test_steps_arrive_with_whose_they_are() -> None:
    with serve(http(200)) as collector:
        settings = settings_without_environment(
            otlp_endpoint=collector.url, otlp_headers=SecretStr("x-api-key=a%20key, x-team=reval"), environment="live"
        )
        with sent_steps(settings, "revalidation-sync"), step("run"):
            trace_id = current_trace_id()
            with step("request", source="TIS"):
                pass
    assert {request.line for request in collector.requests} == {"POST /v1/traces HTTP/1.1"}
    assert collector.requests[0].headers["x-api-key"] == "a key"
    assert collector.requests[0].headers["x-team"] == "reval"
    resources = [part for message in received(collector) for part in message.resource_spans]
    whose = {one.key: one.value.string_value for one in resources[0].resource.attributes}
    assert whose["service.name"] == "revalidation-sync"
    assert whose["deployment.environment"] == "live"
    assert whose["service.version"]
    spans = [span for part in resources for scope in part.scope_spans for span in scope.spans]
    assert {span.name for span in spans} == {"run", "request"}
    assert {span.trace_id.hex() for span in spans} == {trace_id}


def test_collector_that_is_away_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    settings = settings_without_environment(otlp_endpoint=f"http://127.0.0.1:{find_free_port()}")
    with caplog.at_level(logging.INFO):
        for _ in range(2):
            with sent_steps(settings, "revalidation-sync"):
                for _ in range(600):  # more than go into one message
                    with step("request"):
                        pass
    said = [record for record in caplog.records if "collector" in record.message]
    assert len(said) == 2  # once for each time that it was begun
    assert len(caplog.records) == 2


def test_collector_that_hangs_delays_the_end_by_seconds_only() -> None:
    with serve(stay_silent) as collector:
        settings = settings_without_environment(otlp_endpoint=collector.url)
        began = time.monotonic()
        with sent_steps(settings, "revalidation-sync"), step("run"):
            inside = time.monotonic() - began
        assert inside < 1
        assert time.monotonic() - began < 12


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("http://collector:4318", "http://collector:4318/v1/traces"),
        ("http://collector:4318/", "http://collector:4318/v1/traces"),
        ("https://xray.eu-west-2.example/v1/traces", "https://xray.eu-west-2.example/v1/traces"),
    ],
)
def test_usual_path_is_added_where_there_is_none(given: str, used: str) -> None:
    assert endpoint_of(given) == used


def test_headers_that_are_none_are_left_out() -> None:
    assert read_headers("") == {}
    assert read_headers("a=1,,b, =2") == {"a": "1"}
