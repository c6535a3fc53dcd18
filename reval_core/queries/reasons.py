"""Why a doctor is shown as they are, in plain words: by which rule, and which answer of which moment."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from reval_core.domain.designated_bodies import name_of
from reval_core.domain.explanations import say_date
from reval_core.domain.membership import Membership, owner_of
from reval_core.domain.sources import TIS
from reval_core.domain.standing import Standing
from reval_core.domain.uk_time import UK
from reval_core.queries.connections import Connection
from reval_core.queries.discrepancies import ListedDiscrepancy
from reval_core.queries.freshness import SourceAge
from reval_core.queries.hiding import Hiding
from reval_core.queries.set_aside import SetAsideEntry


class Departure(NamedTuple):
    """When a doctor was disconnected, and by which sync."""

    at: datetime
    run_id: int | None


def explain_connection(
    shown: Connection, former_body: str | None, latest: SourceAge | None, left: Departure | None
) -> str:
    """Why a doctor whom the GMC has listed is shown as connected, or no longer is.

    `latest` is how things stand with the list of the doctor's body; `left` when the doctor was last disconnected.
    """
    if shown.designated_body is None:
        since = f" since {say_moment(left.at)}{f' (sync {left.run_id})' if left.run_id else ''}" if left else ""
        return (
            f"Not connected{since}: the doctor was last in the GMC's list for {name_of(former_body)}"
            f"{_received(shown.last_confirmed_at)}, and has been in none of our bodies' lists since. The GMC says "
            "nothing of a doctor whom it connects to none of them, so these details may be out of date."
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


def explain_tis(
    memberships: Sequence[Membership],
    main: Membership | None,
    body: str | None,
    today: date | None,
    found: Sequence[ListedDiscrepancy],
) -> str:
    """What TIS says of a doctor, since when, and as what the two sides' disagreement is listed, in a sentence.

    `main` is the membership that lists show, `body` where the GMC connects the doctor, `today` the day of TIS's latest
    answer: `None` if there was none.
    """
    if today is None:
        return "TIS has not answered yet." if main is None else ""
    so = _listed_as(found)
    if main is None:
        return f"TIS does not know this number{so}."
    if not main.is_programme:
        return f"TIS knows the person, but no programme of theirs{so}."
    owner = owner_of(main)
    if main.is_current(today):
        others = {owner_of(one): None for one in memberships if one.is_current(today)}
        owners = " and ".join(dict.fromkeys([owner, *others]))
        is_same = body is not None and len(others) == 1 and main.designated_body == body
        too = f" too{',' if main.start_date else ''}" if is_same else ""
        return f"TIS says {owners}{too}{_since(main.start_date)}{so}."
    if main.start_date and main.start_date > today:
        return f"In TIS, a programme of {owner} begins on {say_date(main.start_date)}{so}."
    return f"In TIS, the last programme, of {owner}, ended{_on(main.end_date)}{so}."


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
        of = f" of {say_moment(shown.last_confirmed_at)}" if shown.last_confirmed_at else ""
        yield f"Connected to {body} according to the GMC's answer{of}."
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


def _listed_as(found: Sequence[ListedDiscrepancy]) -> str:
    """The end of a sentence: as what the open disagreements are listed, and for whom each is hidden."""
    kinds = []
    for one in found:
        if one.is_open:
            label = one.discrepancy.kind.label
            hidden = " and ".join(name_of(hiding.designated_body) for hiding in one.hidings)
            kinds.append(f"{label[:1].lower()}{label[1:]}{f' (hidden for {hidden})' if hidden else ''}")
    return f", so this is listed as {' and as '.join(kinds)}" if kinds else ""


def _since(day: date | None) -> str:
    return f" since {say_date(day)}" if day else ""


def _on(day: date | None) -> str:
    return f" on {say_date(day)}" if day else ""
