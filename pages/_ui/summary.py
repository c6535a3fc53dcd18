"""A summary of one doctor in plain text, to be copied to where colleagues talk about it. Names only on request."""

from collections.abc import Iterator, Sequence
from typing import Final

import streamlit as st

from pages._ui.both_sides import NOTHING_SAID, find_ages
from pages._ui.data import View
from pages._ui.past import kept_moment
from pages._ui.tables import address, draw_text
from pages._ui.words import say_change, say_date, say_name, say_time, say_under_notice
from reval_core.config import Settings
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.membership import owner_of
from reval_core.queries.doctors import DoctorPage
from reval_core.queries.timeline import TimelineEntry

EVENTS_TOLD: Final = 5
FIELDS_TOLD: Final = 6
_NAMES: Final = frozenset({"first_name", "last_name"})


def draw_summary(view: View, doctor: DoctorPage, timeline: Sequence[TimelineEntry]) -> None:
    """The button, and behind it the summary with a way to copy it."""
    with st.popover("Copy a summary", icon=":material/content_copy:"):
        draw_text("For an e-mail or a support request. It has the GMC number, and the name only if you say so.")
        is_named = st.toggle("Include the name", key="summary-named")
        text = "\n".join(write_summary(view, doctor, timeline, is_named=is_named))
        st.code(text, language=None, wrap_lines=True)


def write_summary(
    view: View, doctor: DoctorPage, timeline: Sequence[TimelineEntry], *, is_named: bool
) -> Iterator[str]:
    """The lines of the summary."""
    name = f", {say_name(doctor.first_name, doctor.last_name)}" if is_named else ""
    yield f"Doctor {doctor.gmc_number}{name}"
    yield doctor.why
    yield ""
    yield f"GMC: {'; '.join(_gmc_side(doctor))}"
    yield f"TIS: {'; '.join(_tis_side(doctor))}"
    open_ones = [listed for listed in doctor.discrepancies if listed.is_open]
    yield f"Open discrepancies: {'none' if not open_ones else ''}"
    for listed in open_ones:
        told = f": {listed.wording.explanation}" if is_named else ""
        yield f"- {listed.discrepancy.kind.label} (since {say_time(listed.opened_at)}){told}"
    latest = timeline[:EVENTS_TOLD]
    yield f"Latest events: {'none' if not latest else ''}"
    yield from (_say_entry(entry, is_named=is_named) for entry in latest)
    yield ""
    gmc, tis = find_ages(view, doctor)
    if gmc:
        yield f"GMC's list of {gmc.name}: as of {say_time(gmc.accepted_at)}"
    yield f"TIS: as of {say_time(tis.accepted_at)}"
    yield f"Page: {_full_address(view.settings, doctor.gmc_number)}"
    yield f"{'As it was' if view.is_past else 'Written'} on {say_time(view.now)} (UK time)"


def _full_address(settings: Settings, gmc_number: str) -> str:
    """Where the page is for whoever reads the summary elsewhere: below the public address, where that is set."""
    root = settings.public_url.rstrip("/") if "public_url" in settings.model_fields_set else ""
    return root + address("/doctor", gmc=gmc_number, **kept_moment())


def _gmc_side(doctor: DoctorPage) -> Iterator[str]:
    record = doctor.record
    if record is None:
        yield "never listed for one of our bodies"
        return
    yield f"connected to {name_of(record.designated_body)}" if record.designated_body else "not connected"
    if doctor.former_designated_body and not record.designated_body:
        yield f"last connected to {name_of(doctor.former_designated_body)}"
    if doctor.standing and doctor.is_connected:
        yield f"{doctor.standing.label.lower()}"
    yield f"under notice: {say_under_notice(record.under_notice, record.under_notice_text)}"
    yield f"submission date: {say_date(record.submission_date) if record.submission_date else NOTHING_SAID}"


def _tis_side(doctor: DoctorPage) -> Iterator[str]:
    main = doctor.main_membership
    if main is None:
        yield "does not know this number"
        return
    yield owner_of(main)
    yield main.programme_name or "no programme named"
    since = say_date(main.start_date) if main.start_date else "unknown"
    until = say_date(main.end_date) if main.end_date else "unknown"
    yield f"{since} to {until}"
    if len(doctor.memberships) > 1:
        yield f"{len(doctor.memberships) - 1:,} more on the page"


def _say_entry(entry: TimelineEntry, *, is_named: bool) -> str:
    told = [one for one in entry.changes if is_named or one.field not in _NAMES]
    told = told if len(told) <= FIELDS_TOLD else []  # of a new record, that it is new says enough
    changes = ", ".join(say_change(one.field, one.old, one.new) for one in told)
    by = f" [sync {entry.run_id}]" if entry.run_id else ""
    return f"- {say_time(entry.at)}: {entry.headline}{f' ({changes})' if changes else ''}{by}"
