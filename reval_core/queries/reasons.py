"""Why a doctor is shown as they are, in plain words: by which rule, and which answer of which moment."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from reval_core.domain.designated_bodies import name_of
from reval_core.domain.explanations import say_date
from reval_core.domain.sources import TIS
from reval_core.domain.standing import Standing
from reval_core.domain.uk_time import UK
from reval_core.queries.connections import Connection
from reval_core.queries.freshness import SourceAge
from reval_core.queries.hiding import Hiding
from reval_core.queries.set_aside import SetAsideEntry


def explain_connection(shown: Connection, former_body: str | None, latest: SourceAge | None) -> str:
    """Why a doctor whom the GMC has listed is shown as connected, or no longer is.

    `latest` is how things stand with the list of the doctor's body.
    """
    if shown.designated_body is None:
        return (
            f"Not connected: the doctor was last in the GMC's list for {name_of(former_body)}"
            f"{_received(shown.last_confirmed_at)}, and is in none of our bodies' lists since. The GMC says nothing of "
            "a doctor whom it connects to none of them, so these details may be out of date."
        )
    return " ".join(_reasons_for_connected(shown, name_of(shown.designated_body), latest))


def explain_absence(tis: SourceAge, is_in_tis: bool, *, was_ever_sent: bool) -> str:
    """Why a doctor of whom no entry of the GMC could ever be applied is not shown as connected.

    `was_ever_sent` says whether the GMC did send one, which had to be set aside.
    """
    if was_ever_sent or not is_in_tis:
        return "Not connected: the GMC has sent this number, but never in an entry that could be used."
    return (
        "Not connected: the GMC has never listed this number for one of our bodies. "
        f"What is shown comes from TIS{_received(tis.accepted_at)}."
    )


def explain_set_aside(entries: Sequence[SetAsideEntry]) -> str:
    """The latest entry about a doctor that is still set aside, in a sentence; empty if there is none."""
    for entry in entries:
        if entry.resolved_at is None:
            source = TIS if entry.source == TIS else f"the list for {name_of(entry.source)}"
            return f"An entry in {source} was set aside on {say_moment(entry.last_seen_at)}. {entry.reason}"
    return ""


def explain_hiding(hiding: Hiding) -> str:
    """For whom a discrepancy is hidden, until when, by whom, since when and why, in a sentence."""
    until = f"until {say_date(hiding.until)}" if hiding.until else "without an end"
    by = f"by {hiding.hidden_by} on {say_moment(hiding.hidden_at)}"
    return f"Hidden for {name_of(hiding.designated_body)} {until}, {by}: {hiding.reason}"


def say_moment(moment: datetime) -> str:
    """A moment as people in the UK write it, in their time: 5 August 2026 at 01:07."""
    here = moment.astimezone(UK)
    return f"{say_date(here.date())} at {here:%H:%M}"


def _reasons_for_connected(shown: Connection, body: str, latest: SourceAge | None) -> Iterator[str]:
    if shown.standing is Standing.CONFIRMED:
        yield (
            f"Connected to {body}: the GMC's list for {body}{_received(shown.last_confirmed_at)} has this doctor, and "
            "everyone in the latest list of a body is shown as connected to it."
        )
    else:
        yield f"Connected to {body}, as in the GMC's list{_received(shown.last_confirmed_at)}. {shown.standing.meaning}"
    if latest and latest.failure and latest.failed_at:
        yield f"No newer list could be taken on {say_moment(latest.failed_at)}. {latest.failure_detail or ''}".strip()
    if shown.is_left_out:
        yield (
            "A rule leaves the doctor out of the working lists: in TIS they are military or in foundation year 1. "
            "They are counted apart, and a search finds them."
        )


def _received(moment: datetime | None) -> str:
    return f" received on {say_moment(moment)}" if moment else ""
