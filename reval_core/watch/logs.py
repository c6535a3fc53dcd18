"""The log of each process: one line for each entry, as text or as JSON, with the sync, the body and the reference that
it belongs to; never with a name or a password."""

import json
import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, TextIO

from reval_core.config import Settings
from reval_core.watch.scrubbing import Scrubber, say_error
from reval_core.watch.tracing import current_reference, current_run, current_source, current_trace_id

_TALKATIVE: Final = ("alembic", "apscheduler", "httpx", "httpcore", "opentelemetry")
"""They say what is said better elsewhere; apscheduler would warn each second while a sync is under way."""
_FACTS: Final = ("run", "source", "reference", "trace")
_log = logging.getLogger(__name__)


def write_log(settings: Settings) -> None:
    """Write the log of this process to its standard error, as the settings say. To be called again, it begins anew."""
    handler = _Console()
    handler.addFilter(note_facts)
    handler.setFormatter((JsonLines if settings.log_format == "json" else TextLines)(Scrubber(settings)))
    root = logging.getLogger()
    for earlier in [one for one in root.handlers if isinstance(one, _Console)]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.ERROR)
    take_over_others()
    sys.excepthook = _log_uncaught
    threading.excepthook = lambda met: _log_uncaught(met.exc_type, met.exc_value, met.exc_traceback)


class _Console(logging.StreamHandler[TextIO]):
    """Writes to standard error. Of a class of its own, to tell it from what libraries add."""


def pass_on(lines: str) -> None:
    """Write what another process of ours has logged, as it is: its lines have been made for this log already."""
    sys.stderr.write(lines if lines.endswith("\n") else f"{lines}\n")
    sys.stderr.flush()


def take_over_others() -> None:
    """Let the loggers of libraries that write to the console by themselves write through ours instead."""
    for logger in list(logging.root.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            own = [one for one in logger.handlers if type(one) is logging.StreamHandler]
            for handler in own:
                logger.removeHandler(handler)
            logger.propagate = logger.propagate or bool(own)


def note_facts(record: logging.LogRecord) -> bool:
    """Note on a line what it belongs to, where its writer has not said so."""
    for name, value in zip(
        _FACTS, (current_run(), current_source(), current_reference(), current_trace_id()), strict=True
    ):
        if not hasattr(record, name):
            setattr(record, name, value)
    return True


class TextLines(logging.Formatter):
    """Lines for people: time, level, where from, what, and in brackets what it belongs to."""

    def __init__(self, scrubber: Scrubber) -> None:
        super().__init__()
        self._scrubber = scrubber

    def format(self, record: logging.LogRecord) -> str:
        """One entry; the steps of an error follow it on lines of their own."""
        at = datetime.fromtimestamp(record.created, UTC)
        facts = [f"{name} {value}" for name in _FACTS[:3] if (value := getattr(record, name, None)) is not None]
        about = f" [{', '.join(facts)}]" if facts else ""
        line = f"{at:%Y-%m-%d %H:%M:%S}Z {record.levelname} {record.name}: {record.getMessage()}{about}"
        return self._scrubber.scrub("\n".join([line, *_say_steps(record)]))


class JsonLines(logging.Formatter):
    """Lines for machines: one JSON object for each entry."""

    def __init__(self, scrubber: Scrubber) -> None:
        super().__init__()
        self._scrubber = scrubber

    def format(self, record: logging.LogRecord) -> str:
        """One entry."""
        scrub = self._scrubber.scrub
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": scrub(record.getMessage()),
        }
        entry |= {name: value for name in _FACTS if (value := getattr(record, name, None)) is not None}
        if steps := list(_say_steps(record)):
            entry["error"] = scrub("\n".join(steps))
        return json.dumps(entry, ensure_ascii=False)


def _say_steps(record: logging.LogRecord) -> Iterator[str]:
    """An error and those behind it, the first of all first: each with its steps, and with what may be told of it."""
    error = record.exc_info[1] if record.exc_info else None
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    for one in reversed(chain):
        yield "Traceback (most recent call last):"
        yield "".join(traceback.format_tb(one.__traceback__)).rstrip()
        yield say_error(one)


def _log_uncaught(kind: type[BaseException], error: BaseException | None, steps: TracebackType | None) -> None:
    if error is None or not issubclass(kind, Exception):
        sys.__excepthook__(kind, error or kind(), steps)
        return
    _log.error("An unexpected error ended a part of this process.", exc_info=(kind, error, steps))
