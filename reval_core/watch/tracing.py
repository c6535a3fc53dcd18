"""The steps of a sync, and of a page, as OpenTelemetry traces them; `sending.py` sends them to a collector.

Nothing that a step is told names a doctor: it has its name, the source that it is about, and the kind of failure that
ended it, never the text of an error.
"""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

from opentelemetry import context, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import Span, Status, StatusCode

from reval_core import __version__
from reval_core.domain.failures import FailureKind
from reval_core.domain.references import REFERENCES, make_trace_id, spell_trace
from reval_core.errors import RevalError

SOURCE: Final = "reval.source"
RUN: Final = "reval.run"
FAILURE: Final = "reval.failure"
STEPS_AT_MOST: Final = 2_000
"""How many steps of one sync are kept."""
_TRACE_OF_ERROR: Final = "_reval_trace_id"

_source: ContextVar[str | None] = ContextVar("source", default=None)
_run: ContextVar[int | None] = ContextVar("run", default=None)
_kept: ContextVar[list[ReadableSpan] | None] = ContextVar("kept", default=None)


class _ReadableIds(IdGenerator):
    """Makes traces whose ids can be spelled as references."""

    def generate_span_id(self) -> int:
        return secrets.randbits(64) or 1

    def generate_trace_id(self) -> int:
        return make_trace_id(secrets.randbelow(REFERENCES))


@dataclass(slots=True)
class _Tracing:
    """Where this process has its steps from. One for the process, as its log is."""

    provider: TracerProvider
    tracer: trace.Tracer = field(init=False)

    def __post_init__(self) -> None:
        self.tracer = self.provider.get_tracer("reval_core", __version__)


def make_provider(**resource: str) -> TracerProvider:
    """Where steps come from; `resource` says whose they are."""
    return TracerProvider(
        sampler=ALWAYS_ON, resource=Resource(dict(resource)), shutdown_on_exit=False, id_generator=_ReadableIds()
    )


_tracing = _Tracing(make_provider())


@contextmanager
def processed_by(processor: SpanProcessor, provider: TracerProvider) -> Iterator[None]:
    """Within the block, hand every step that ends to `processor`."""
    global _tracing
    before = _tracing
    provider.add_span_processor(processor)
    _tracing = _Tracing(provider)
    try:
        yield
    finally:
        _tracing = before
        provider.shutdown()


@contextmanager
def step(name: str, *, source: str | None = None) -> Iterator[None]:
    """Trace what is done inside as one step. `source` is the code of a designated body, or TIS, if it is about one.

    An error that leaves the block marks the step as failed, and remembers its trace for `trace_of`.
    """
    span = _tracing.tracer.start_span(name, attributes={SOURCE: source} if source else None)
    token = context.attach(trace.set_span_in_context(span))
    about = _source.set(source) if source else None
    try:
        yield
    except BaseException as error:
        _mark(span, error)
        raise
    finally:
        if about is not None:
            _source.reset(about)
        context.detach(token)
        span.end()
        _keep(span)


@contextmanager
def apart() -> Iterator[None]:
    """Steps within the block do not belong to the present trace: the outermost begins one of its own."""
    token = context.attach(trace.set_span_in_context(trace.INVALID_SPAN))
    try:
        yield
    finally:
        context.detach(token)


@contextmanager
def keeping_steps() -> Iterator[list[ReadableSpan]]:
    """Collect the steps that end within the block, also in its tasks and threads; at most `STEPS_AT_MOST` of them."""
    steps: list[ReadableSpan] = []
    kept, run = _kept.set(steps), _run.set(None)
    try:
        yield steps
    finally:
        _run.reset(run)
        _kept.reset(kept)


def note_run(run_id: int) -> None:
    """Note that all that follows belongs to this sync: for the present step, and for each line of the log."""
    _run.set(run_id)
    trace.get_current_span().set_attribute(RUN, run_id)


def current_trace_id() -> str | None:
    """The trace to which the present step belongs, as 32 hexadecimal digits; `None` outside of any."""
    present = trace.get_current_span().get_span_context()
    return trace.format_trace_id(present.trace_id) if present.is_valid else None


def current_run() -> int | None:
    """The sync that is under way here."""
    return _run.get()


def current_source() -> str | None:
    """The designated body, or TIS, that is dealt with here."""
    return _source.get()


def current_reference() -> str | None:
    """How people read out the present trace."""
    trace_id = current_trace_id()
    return spell_trace(trace_id) if trace_id else None


def trace_of(error: BaseException) -> str | None:
    """The trace within which an error arose, also after its steps have ended; `None` if it arose outside of any."""
    remembered: str | None = getattr(error, _TRACE_OF_ERROR, None)
    return remembered or current_trace_id()


def failure_of(error: BaseException) -> FailureKind | None:
    """What an error is that ends a step; `None` for what only looks like one, as a page that is drawn anew does."""
    if isinstance(error, RevalError):
        return error.kind
    if isinstance(error, asyncio.CancelledError | KeyboardInterrupt):
        return FailureKind.CANCELLED
    return FailureKind.INTERNAL if isinstance(error, Exception) else None


def _mark(span: Span, error: BaseException) -> None:
    failure = failure_of(error)
    if failure is None:
        return
    span.set_attribute(FAILURE, failure.value)
    span.set_attribute("error.type", type(error).__name__)
    span.set_status(Status(StatusCode.ERROR, failure.headline))
    if not hasattr(error, _TRACE_OF_ERROR):
        with suppress(AttributeError, TypeError):  # a library's error may take no attributes
            setattr(error, _TRACE_OF_ERROR, trace.format_trace_id(span.get_span_context().trace_id))


def _keep(span: Span) -> None:
    steps = _kept.get()
    if steps is None or not isinstance(span, ReadableSpan):
        return
    if len(steps) < STEPS_AT_MOST - 1 or span.parent is None:  # the outermost ends last, and must not be missing
        steps.append(span)
