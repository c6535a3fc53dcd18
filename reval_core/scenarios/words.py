"""What the product did, in plain words, from the record of a sync; and how people and moments are named in a story."""

from collections.abc import Iterator, Sequence
from typing import Final

from reval_core.domain.designated_bodies import name_of
from reval_core.domain.statuses import BodyStatus, RunStatus, Trigger
from reval_core.queries.runs import Run, RunPart

_MOST_NAMED: Final = 4


def describe_run(run: Run) -> Iterator[str]:
    """How a sync went: its outcome and sums, then what failed and why, what waits, and what the check found."""
    yield f"{_which(run)} {_ended(run)}{_sums(run)}"
    failures = list(_alike(part for part in run.parts if part.status is BodyStatus.FAILED))
    if run.status is RunStatus.CANCELLED:
        yield run.failure_detail or ""
    elif run.failure and not any(part.failure is run.failure for part in run.parts):
        yield f"{run.failure.headline}. {run.failure_detail or ''}".strip()
    for failed in failures:
        headline = failed[0].failure.headline if failed[0].failure else ""
        yield f"{_named([part.source for part in failed])}: {headline}. {failed[0].failure_detail or ''}".strip()
    if run.set_aside:
        yield f"Set aside, with their exact text: {_counted(run.set_aside, 'entry', 'entries')}."
    if run.anomalies:
        yield f"Applied, but unusual: {_counted(run.anomalies, 'entry', 'entries')}."
    if run.checked_at and run.checked_doctors:
        found = _counted(run.differences, "difference") if run.differences else "no difference"
        yield f"Checked against the GMC's stored answers: {_counted(run.checked_doctors, 'doctor')}, {found}."


def _which(run: Run) -> str:
    of_what = f" of {_named(run.scope)}" if run.scope else ""
    if run.trigger is Trigger.SCHEDULE:
        return "The nightly sync"
    if run.trigger in {Trigger.STARTUP, Trigger.CATCH_UP}:
        return "The sync that the start asked for"
    return f"The sync{of_what} that {run.actor} asked for"


def _ended(run: Run) -> str:
    return {
        RunStatus.RUNNING: "is still under way",
        RunStatus.SUCCEEDED: "succeeded",
        RunStatus.PARTIAL: "was done in part",
        RunStatus.FAILED: "failed",
        RunStatus.CANCELLED: "was cancelled",
        RunStatus.INTERRUPTED: "was cut off",
    }[run.status]


def _sums(run: Run) -> str:
    if not run.received:
        return "."
    counts = {
        "new": run.created,
        "changed": run.changed,
        "unchanged": run.unchanged,
        "moved": run.moved,
        "disconnected": run.disconnected,
    }
    told = ", ".join(f"{count:,} {what}" for what, count in counts.items() if count)
    return f": {_counted(run.received, 'entry', 'entries')} received; {told}."


def _alike(parts: Iterator[RunPart]) -> Iterator[list[RunPart]]:
    """Those that failed in the same way together, in the order of the first of each."""
    groups: dict[str | None, list[RunPart]] = {}
    for part in parts:
        groups.setdefault(part.failure, []).append(part)
    yield from groups.values()


def _named(sources: Sequence[str]) -> str:
    """Bodies by name, the first few of them if they are many. The names of some have commas in them."""
    names = [name_of(source) for source in sources]
    if len(names) > _MOST_NAMED:
        names = [*names[: _MOST_NAMED - 1], f"{len(names) - _MOST_NAMED + 1} more"]
    return "; ".join(names)


def _counted(count: int, singular: str, plural: str | None = None) -> str:
    return f"{count:,} {singular if count == 1 else plural or f'{singular}s'}"
