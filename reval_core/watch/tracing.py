"""The steps of a sync, and of a page, as OpenTelemetry traces them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from opentelemetry import trace

_tracer: Final = trace.get_tracer("reval_core")


@contextmanager
def step(name: str, *, source: str | None = None) -> Iterator[None]:
    """Trace what is done inside as one step. `source` is the code of a designated body, or TIS, if it is about one.

    An error that leaves the block marks the step as failed.
    """
    attributes = {"reval.source": source} if source else {}
    with _tracer.start_as_current_span(name, attributes=attributes):
        yield


def current_trace_id() -> str | None:
    """The trace to which the present step belongs, as 32 hexadecimal digits; `None` outside of any."""
    context = trace.get_current_span().get_span_context()
    return trace.format_trace_id(context.trace_id) if context.is_valid else None
