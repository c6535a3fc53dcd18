"""What needs attention now, as one list: each with how urgent it is, since when, whom it concerns, and the way on."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import Final

import streamlit as st

from pages._ui.data import View
from pages._ui.freshness import is_source_behind
from pages._ui.pausing import read_schedule
from pages._ui.problems import say_retry
from pages._ui.tables import Html, doctor_link, draw_notice, draw_text, joined, link, tag, time_ago
from pages._ui.words import say_count, say_day_and_time, say_detail, say_name_to_sort, say_source, say_time
from reval_core.domain.breaker import GMC, BreakerState
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.failures import FailureKind
from reval_core.domain.holds import HoldStatus
from reval_core.domain.references import name_run
from reval_core.domain.schedule import latest_due
from reval_core.domain.sources import TIS
from reval_core.domain.statuses import RunStatus
from reval_core.queries.alerts import list_open_alerts
from reval_core.queries.anomalies import page_of_anomalies
from reval_core.queries.attention import (
    PersonName,
    Since,
    failing_since,
    latest_start_of_all,
    names_of,
    since_when,
)
from reval_core.queries.differences import list_differences
from reval_core.queries.freshness import Overview, SourceAge
from reval_core.queries.holds import list_holds
from reval_core.queries.set_aside import SetAsideEntry, page_of_set_aside
from reval_core.queries.upstream import list_breakers

SHOWN_AT_FIRST: Final = 10
MAY_BE_LATE: Final = timedelta(minutes=10)
"""How long after its time the nightly sync may begin before somebody should know."""
_URGENCY: Final = {"bad": "Act now", "warning": "Look into it", "info": "Good to know"}
_ENDED_BADLY: Final = frozenset({RunStatus.FAILED, RunStatus.INTERRUPTED})

_SETTING: Final = re.compile(r"; check REVAL_[A-Z_]+")
"""What the details of some failures end with. It is for whoever runs the dashboard, who has it on other screens."""
_WHEN_RESUMED: Final = "The schedule is paused: the dashboard asks again by itself once it is resumed."
_AT_ONCE: Final = "The dashboard is about to ask again by itself."

Line = Html | str | None


@dataclass(frozen=True, slots=True)
class Alert:
    """One thing that needs attention. `whom` are the people or sources concerned, each with why."""

    tone: str
    headline: str
    said: tuple[Line, ...] = ()
    whom: tuple[Html, ...] = ()
    since: datetime | None = None
    way: Html | None = None


def draw_attention(view: View, sums: Overview, ages: Sequence[SourceAge]) -> None:
    """Draw the list, the most urgent first; if there is nothing in it, say so."""
    st.subheader("What needs attention now", anchor=False)
    if known := len(view.ask(list_open_alerts)):
        draw_text(link(f"See {say_count(known, 'open alert')}, since when, and who knows of it", "/alerts"))
    alerts = sorted(find_alerts(view, sums, ages), key=lambda alert: list(_URGENCY).index(alert.tone))
    if not sums.connected:
        draw_notice("info", "Nothing is known yet", "No doctor has been received. “Sync now” asks for every list.")
    elif not alerts:
        everything = "Every list was received, read, applied and checked; nothing waits for a decision."
        draw_notice("good", "Nothing needs attention", everything)
    if alerts:
        st.html(f'<ul class="rv-alerts">{"".join(_item(alert, view.now) for alert in alerts)}</ul>')


def find_alerts(view: View, sums: Overview, ages: Sequence[SourceAge]) -> Iterator[Alert]:
    """Everything that somebody should look at."""
    since = view.ask(since_when)
    yield from _find_holds(view, sums, since)
    yield from _find_differences(view, sums)
    behind = list(_find_behind(view, sums, ages))
    yield from behind
    yield from _find_missed_night(view)
    if not (behind and _is_told(sums, ages)):
        yield from _find_bad_end(sums)
    yield from _find_set_aside(view, sums, since)
    yield from _find_anomalies(view, sums, since)


def say_person(name: PersonName | None, gmc_number: str | None) -> Html:
    """Somebody by name and number, leading to their page."""
    if gmc_number is None:
        return Html("No usable GMC number")
    if name is None:
        return doctor_link(gmc_number, gmc_number)
    return joined(doctor_link(say_name_to_sort(*name), gmc_number), gmc_number)


def say_names(view: View, entries: Sequence[SetAsideEntry]) -> dict[str, PersonName]:
    """What the people are called of whom entries were set aside."""
    return view.ask(names_of, {entry.gmc_number for entry in entries if entry.gmc_number})


def _find_holds(view: View, sums: Overview, since: Since) -> Iterator[Alert]:
    if not sums.waiting.holds:
        return
    held = view.ask(list_holds, [HoldStatus.WAITING], 1, SHOWN_AT_FIRST).rows
    yield Alert(
        "bad",
        f"{say_count(sums.waiting.doctors, 'disconnection is', 'disconnections are')} held: somebody has to decide",
        ("So many doctors are missing from a list that it may be incomplete. They stay connected meanwhile.",),
        tuple(
            _whom(
                link(name_of(one.hold.designated_body), "/holds", id=str(one.hold.id)),
                f"{say_count(one.still_held, 'doctor')} of {one.hold.held_before:,}",
            )
            for one in held
        ),
        since.holds,
        link("Look at the numbers and decide", "/holds"),
    )


def _find_differences(view: View, sums: Overview) -> Iterator[Alert]:
    if not (sums.latest_check and sums.differences):
        return
    found = view.ask(list_differences, sums.latest_check.id, 1, SHOWN_AT_FIRST).rows
    numbers = [one.difference.gmc_number for one in found if one.difference.gmc_number]
    names = view.ask(names_of, numbers)
    yield Alert(
        "bad",
        f"The check found {say_count(sums.differences, 'difference')}",
        (
            "After each sync, what is shown is compared with the GMC’s stored answers. They do not agree.",
            FailureKind.DIFFERENCES_FOUND.advice,
        ),
        tuple(
            _whom(
                say_person(names.get(one.difference.gmc_number), one.difference.gmc_number)
                if one.difference.gmc_number
                else Html(escape(f"The list of {name_of(one.difference.designated_body)}")),
                one.explanation,
            )
            for one in found
        ),
        sums.latest_check.checked_at,
        link(
            f"See all {sums.differences:,}" if sums.differences > 1 else "See it", "/run", id=str(sums.latest_check.id)
        ),
    )


def _find_behind(view: View, sums: Overview, ages: Sequence[SourceAge]) -> Iterator[Alert]:
    """The sources that are behind, those together that are so for the same reason."""
    behind = [age for age in ages if is_source_behind(age, view.now)]
    if len(behind) == len(ages) and not any(age.accepted_at or age.failure for age in ages):
        return  # nothing was ever asked for
    began = view.ask(failing_since, [age.source for age in behind])
    for failure in dict.fromkeys(age.failure for age in behind):
        group = [age for age in behind if age.failure is failure]
        yield _say_behind(view, failure, group, began, _is_bad_end_by(sums, group))


def _say_behind(
    view: View,
    failure: FailureKind | None,
    group: Sequence[SourceAge],
    began: Mapping[str, datetime],
    is_bad_end: bool,
) -> Alert:
    names = ", ".join(age.name for age in group[:3]) + (f" and {len(group) - 3} more" if len(group) > 3 else "")
    verb = "is" if len(group) == 1 else "are"
    whom = tuple(_whom(age.name, _say_why_behind(age, view.now)) for age in group[:SHOWN_AT_FIRST])
    if failure is None:
        text = "No answer has been taken for more than a night. What was known before is still shown."
        return Alert("warning", f"{names} {verb} behind", (text,), whom, way=link("Sync history", "/runs"))
    failed_at = max(age.failed_at for age in group if age.failed_at)
    retry = _say_when_again(view, failure.retry_at(failed_at), group)
    run_id = group[0].failed_run_id
    has_data = any(age.accepted_at for age in group)
    return Alert(
        "warning" if has_data and not is_bad_end else "bad",
        f"{names} {verb} behind: {failure.headline[0].lower()}{failure.headline[1:]}",
        (f"{failure.reassurance} {failure.advice}", retry),
        whom,
        min((began[age.source] for age in group if age.source in began), default=None),
        link("See the sync in which it failed", "/run", id=str(run_id)) if run_id else None,
    )


def _is_bad_end_by(sums: Overview, group: Sequence[SourceAge]) -> bool:
    """Whether the latest sync ended badly because these failed in it."""
    run = sums.latest_run
    return run is not None and run.status in _ENDED_BADLY and any(age.failed_run_id == run.id for age in group)


def _is_told(sums: Overview, ages: Sequence[SourceAge]) -> bool:
    """Whether all that went wrong in the latest sync is said of those that are behind."""
    run = sums.latest_run
    failed = {age.source for age in ages if run and age.failed_run_id == run.id}
    kinds = {age.failure for age in ages if age.source in failed}
    if run is None or (run.failure is not None and run.failure not in kinds):
        return False
    return bool(failed) and all(part.source in failed for part in run.parts if part.failure)


def _say_when_again(view: View, retry: datetime | None, group: Sequence[SourceAge]) -> Line:
    """When the dashboard asks again by itself, where what failed is given a rest; else when a person may try again."""
    concerned = {GMC, *(age.source for age in group)} if any(age.source != TIS for age in group) else {TIS}
    rests = [
        one.next_attempt_at
        for one in view.ask(list_breakers)
        if one.scope in concerned and one.next_attempt_at and one.state_at(view.now) is not BreakerState.CLOSED
    ]
    if read_schedule(view).pause is not None:
        return _WHEN_RESUMED
    if rests:
        due = max(rests)
        return f"The dashboard asks again by itself at {say_time(due)}." if due > view.now else _AT_ONCE
    return say_retry(retry, view.now) if retry else None


def _say_why_behind(age: SourceAge, now: datetime) -> Html:
    shown = Html("no data yet")
    if age.accepted_at:
        shown = joined("data from", say_day_and_time(age.accepted_at, now) + ",", time_ago(age.accepted_at, now))
    reference = f"reference {name_run(age.failed_run_id, age.source)}" if age.failure and age.failed_run_id else None
    return joined(shown, _say_detail_here(age), reference, separator="; ")


def _say_detail_here(age: SourceAge) -> str:
    """What is known of the failure; whoever reads it here is told whom to tell, and not which setting to look at."""
    detail = (say_detail(age.failure, age.failure_detail) or "").rstrip(".")
    told = _SETTING.sub("", detail)
    return told if told == detail or age.failure is None else f"{told}; if it lasts, tell {age.failure.contact}"


def _find_missed_night(view: View) -> Iterator[Alert]:
    latest = view.ask(latest_start_of_all)
    due = latest_due(view.settings.nightly_at, view.now - MAY_BE_LATE)
    if latest and latest < due and not view.settings.scenario:
        yield Alert(
            "warning",
            f"The nightly sync of {say_time(due)} has not run",
            ("What was known before is still shown. “Sync now” makes up for it.",),
            since=due,
            way=link("Sync history", "/runs"),
        )


def _find_bad_end(sums: Overview) -> Iterator[Alert]:
    run = sums.latest_run
    if run is None or not run.status.is_final or run.status is RunStatus.SUCCEEDED:
        return
    failure = f"{run.failure.headline}. {run.failure.advice}" if run.failure else run.status.meaning
    yield Alert(
        "bad" if run.status in _ENDED_BADLY else "info",
        f"The latest sync: {run.status.label.lower()}",
        (failure, say_detail(run.failure, run.failure_detail), f"Reference {name_run(run.id)}"),
        since=run.finished_at or run.started_at,
        way=link("See how it went, list by list", "/run", id=str(run.id)),
    )


def _find_set_aside(view: View, sums: Overview, since: Since) -> Iterator[Alert]:
    if not sums.set_aside:
        return
    entries = view.ask(page_of_set_aside, 1, SHOWN_AT_FIRST).rows
    names = say_names(view, entries)
    yield Alert(
        "warning",
        f"{say_count(sums.set_aside, 'entry', 'entries')} could not be used",
        ("What was known of these doctors before is still shown. The entry must be put right where it comes from.",),
        tuple(
            _whom(
                joined(
                    say_person(names.get(entry.gmc_number or ""), entry.gmc_number),
                    f"in the list of {say_source(entry.source)}",
                ),
                joined(entry.reason, "First sent", time_ago(entry.first_seen_at, view.now)),
            )
            for entry in entries
        ),
        since.set_aside,
        _link_to_list(sums.set_aside, "set-aside"),
    )


def _find_anomalies(view: View, sums: Overview, since: Since) -> Iterator[Alert]:
    if not sums.anomalies:
        return
    found = view.ask(page_of_anomalies, 1, SHOWN_AT_FIRST).rows
    yield Alert(
        "info",
        f"Unusual, but applied: {say_count(sums.anomalies, 'entry', 'entries')}",
        ("Nobody is lost by it. Somebody should know all the same.",),
        tuple(
            _whom(say_person(PersonName(one.first_name, one.last_name), one.gmc_number), one.explanation)
            for one in found
        ),
        since.anomalies,
        _link_to_list(sums.anomalies, "unusual"),
    )


def _link_to_list(number: int, name: str) -> Html:
    return link(f"See all {number:,}" if number > SHOWN_AT_FIRST else "See since when, in a table", "/", list=name)


def _whom(who: Html | str, why: Html | str) -> Html:
    return joined(joined(who, ":", separator=""), why)


def _item(alert: Alert, now: datetime) -> str:
    """One alert as an item of the list. All that is in it is escaped by what it is made of."""
    since = f"since {say_day_and_time(alert.since, now)}" if alert.since else None
    head = joined(tag(_URGENCY[alert.tone], alert.tone), Html(f"<strong>{escape(alert.headline)}</strong>"), since)
    said = "".join(f"<p>{joined(line).markup}</p>" for line in alert.said if line)
    whom = "".join(f"<li>{line.markup}</li>" for line in alert.whom)
    way = f"<p>{alert.way.markup}</p>" if alert.way else ""
    people = f"<ul>{whom}</ul>" if whom else ""
    return f'<li class="rv-alert rv-{alert.tone}"><p>{head.markup}</p>{said}{people}{way}</li>'
