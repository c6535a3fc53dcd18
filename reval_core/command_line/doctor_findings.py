"""For people, what was not simply applied of one doctor, and what the checks found."""

from collections.abc import Iterator

from reval_core.command_line.output import in_words, print_line
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.sources import TIS
from reval_core.queries.anomalies import Anomaly
from reval_core.queries.differences import FoundDifference
from reval_core.queries.doctors import DoctorPage
from reval_core.queries.holds import HoldOfDoctor, explain_outcome
from reval_core.queries.reasons import say_moment
from reval_core.queries.set_aside import SetAsideEntry


def print_findings(doctor: DoctorPage) -> None:
    """Print them, each kind under its heading; nothing where there are none."""
    for title, lines in (
        ("Held disconnections", [line for found in doctor.holds for line in _lines_of_hold(found)]),
        ("Entries that could not be used", [line for entry in doctor.set_aside for line in _lines_of_entry(entry)]),
        ("Unusual, but applied", [line for found in doctor.anomalies for line in _lines_of_anomaly(found)]),
        ("What the checks found", [line for found in doctor.differences for line in _lines_of_difference(found)]),
    ):
        if lines:
            print_line(f"\n{title}\n{'-' * len(title)}")
        for line in lines:
            print_line(line)


def _lines_of_hold(found: HoldOfDoctor) -> Iterator[str]:
    hold = found.hold
    yield f"{name_of(hold.designated_body)}, hold {hold.id}, since {say_moment(hold.opened_at)}: {hold.status.label}"
    if hold.decided_at:
        yield f"  Decided by {in_words(hold.decided_by)} on {say_moment(hold.decided_at)}: {in_words(hold.reason)}"
    ended = f" (on {say_moment(found.ended_at)}, by sync run {found.ended_run_id})" if found.ended_at else ""
    yield f"  {explain_outcome(hold, found.outcome)}{ended}."


def _lines_of_entry(entry: SetAsideEntry) -> Iterator[str]:
    source = TIS if entry.source == TIS else name_of(entry.source)
    yield f"{source}, first sent on {say_moment(entry.first_seen_at)}, last on {say_moment(entry.last_seen_at)}"
    yield f"  {in_words(entry.reason)}"
    if resolution := say_resolution(entry):
        yield f"  {resolution}"


def _lines_of_anomaly(found: Anomaly) -> Iterator[str]:
    until = f", until {say_moment(found.resolved_at)}" if found.resolved_at else ""
    yield f"{found.kind.label} (since {say_moment(found.first_seen_at)}{until})"
    yield f"  {in_words(found.explanation)}"


def _lines_of_difference(found: FoundDifference) -> Iterator[str]:
    yield f"{found.difference.kind.label} (sync run {found.run_id}, begun on {say_moment(found.run_started_at)})"
    yield f"  {in_words(found.explanation)}"


def say_resolution(entry: SetAsideEntry) -> str | None:
    """When an entry was resolved, by which sync on whose behalf, and why; `None` while it is not."""
    if entry.resolved_at is None:
        return None
    by = f" by sync run {entry.resolved_run_id} ({in_words(entry.resolved_by)})" if entry.resolved_run_id else ""
    return f"Resolved on {say_moment(entry.resolved_at)}{by}. {entry.resolution or ''}".rstrip()
