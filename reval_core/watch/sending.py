"""Sends the traced steps to a collector by OTLP, where one is configured."""

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final
from urllib.parse import unquote

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from reval_core import __version__
from reval_core.config import Settings
from reval_core.watch.tracing import make_provider, processed_by

PATH: Final = "/v1/traces"
_SECONDS_FOR_ONE: Final = 4
"""How long one attempt may take, and so how much later a sync can end because of a collector that is away."""
_log = logging.getLogger(__name__)


@contextmanager
def sent_steps(settings: Settings, service: str) -> Iterator[None]:
    """Within the block, send every step to the collector that the settings name, if they do, as one of `service`.

    A collector that is away disturbs nothing: one warning says so, and what could not be sent is dropped.
    """
    if settings.otlp_endpoint is None:
        yield
        return
    headers = settings.otlp_headers.get_secret_value() if settings.otlp_headers else ""
    sender = BatchSpanProcessor(_Quiet(_make_exporter(settings.otlp_endpoint, headers)), schedule_delay_millis=2000)
    provider = make_provider(**describe_process(settings, service))
    with processed_by(sender, provider):
        yield


def describe_process(settings: Settings, service: str) -> dict[str, str]:
    """Whose steps these are, in the words that OpenTelemetry has agreed on."""
    return {
        "service.name": service,
        "service.version": __version__,
        "deployment.environment": settings.environment,  # the word that X-Ray's exporter reads
        "deployment.environment.name": settings.environment,
    }


def endpoint_of(address: str) -> str:
    """Where a collector takes traces; the path is its usual one where the setting has none."""
    bare = address.rstrip("/")
    return bare if bare.endswith(PATH) else bare + PATH


def read_headers(text: str) -> dict[str, str]:
    """Headers written as `name=value`, separated by commas, as OpenTelemetry writes them."""
    pairs = (part.partition("=") for part in text.split(","))
    return {name.strip(): unquote(value.strip()) for name, equals, value in pairs if equals and name.strip()}


def _make_exporter(address: str, headers: str) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # takes long to import

    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # it would say each time what `_Quiet` says once
    return OTLPSpanExporter(endpoint_of(address), headers=read_headers(headers), timeout=_SECONDS_FOR_ONE)


class _Quiet(SpanExporter):
    """Sends, and says once when that fails, and once when it works again."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._is_failing = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        try:
            result = self._exporter.export(spans)
        except Exception:  # noqa: BLE001 - whatever it is, it is not worth more than the warning
            result = SpanExportResult.FAILURE
        is_failing = result is not SpanExportResult.SUCCESS
        if is_failing and not self._is_failing:
            _log.warning("Traces cannot be sent to the collector and are dropped meanwhile. Nothing else is affected.")
        elif self._is_failing and not is_failing:
            _log.info("Traces are sent to the collector again.")
        self._is_failing = is_failing
        return result

    def shutdown(self) -> None:
        self._exporter.shutdown()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return self._exporter.force_flush(timeout_millis)
