"""Asking the GMC again about one doctor: a button that asks first, the sync live, and what it changed for the doctor.

Which request it was stands in the page's address, so that a reload or a colleague sees the outcome too.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import streamlit as st

from pages._ui.data import View, act, open_view
from pages._ui.progress import LOOK_EVERY_SECONDS, draw_progress
from pages._ui.resting import draw_resting, find_rest, say_next_attempt
from pages._ui.tables import Html, draw_notice, draw_text, joined, link, tag
from pages._ui.words import say_change, say_detail, say_source, say_time
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.failures import FailureKind
from reval_core.domain.permissions import Action
from reval_core.domain.statuses import BodyStatus
from reval_core.errors import BadInput, NotFound, ServiceResting, SyncAlreadyRunning
from reval_core.queries.doctors import DoctorPage
from reval_core.queries.events import AuditEvent, list_events
from reval_core.queries.freshness import list_freshness
from reval_core.queries.runs import Run, RunPart, SyncRequest, show_request, show_run
from reval_core.services.sync_requests import request_sync

ASKED: Final = "asked"
CHANGES_TOLD: Final = 8
_NOT_ASKED: Final = frozenset(
    {FailureKind.BLOCKED, FailureKind.RESTING, FailureKind.CANNOT_CONNECT, FailureKind.TIMED_OUT}
)
"""With these the GMC itself has not spoken; with others it has, and its answer was of no use."""
_REFUSED: Final = "asking-refused"


def draw_asking(view: View, doctor: DoctorPage) -> None:
    """The button, and behind it what it would do; nothing for whoever may not ask."""
    if not view.viewer.may(Action.SYNC):
        return
    bodies = find_bodies(view, doctor)
    lists = " and ".join(name_of(body) for body in bodies)
    what = f"the list{'' if len(bodies) == 1 else 's'} of {lists}" if bodies else "every list"
    # Another request, another button: else what it unfolds would stay open over the outcome.
    with st.popover("Ask the GMC again", icon=":material/sync:", key=f"ask-{st.query_params.get(ASKED, '')[:18]}"):
        draw_text(
            f"This asks the GMC for {what} and TIS for its programmes, in the environment "
            f"“{view.settings.environment}”. The GMC cannot be asked for one doctor alone. It takes seconds to "
            "minutes; everyone can go on working, and it can be cancelled at any time."
        )
        resting = find_rest(view, bodies)
        if resting:
            draw_resting(view, resting, "ask-anyway", _ask_anyway, bodies)
            return
        for age in view.ask(list_freshness, bodies):
            if age.failure is FailureKind.BLOCKED:
                draw_notice("warning", f"{age.name}: {age.failure.headline.lower()}", age.failure.advice)
        st.button(
            f"Ask now in “{view.settings.environment}”", key="ask-again", type="primary", on_click=_ask, args=(bodies,)
        )


def find_bodies(view: View, doctor: DoctorPage) -> list[str]:
    """Whose lists tell about the doctor: the GMC's body, the one before, the programmes' owners."""
    record = doctor.record
    concerned = {
        record.designated_body if record else None,
        doctor.former_designated_body,
        *(membership.designated_body for membership in doctor.memberships),
        *(entry.source for entry in doctor.set_aside if entry.resolved_at is None),
    }
    return [body for body in view.settings.designated_bodies if body in concerned and view.viewer.may_see(body)]


def draw_outcome(view: View, doctor: DoctorPage) -> None:
    """How the request in the address stands: refused, waiting, under way, or what it changed for this doctor."""
    refusal: tuple[FailureKind, str] | None = st.session_state.pop(_REFUSED, None)
    if refusal:
        kind, said = refusal
        overview = joined("You can watch it on the", link("overview", "/"))
        draw_notice("info", kind.headline, said, kind.advice, overview if kind is FailureKind.ALREADY_RUNNING else None)
    typed = st.query_params.get(ASKED, "")
    if not typed:
        return
    try:
        request = view.ask(show_request, _read_number(typed))
    except (BadInput, NotFound):
        draw_notice(
            "info", "This request to the GMC is not known", "Its number in the address is wrong, or it is gone."
        )
        return
    run = view.ask(show_run, request.run_id) if request.run_id else None
    if request.failure:
        _draw_refusal(request, request.failure)
    elif run and run.status.is_final:
        _draw_result(view, doctor, run)
    else:
        watch_request(request.id)


@st.fragment(run_every=LOOK_EVERY_SECONDS)
def watch_request(request_id: int) -> None:
    """Look again and again until the request is answered. Then draw the whole page anew, with what changed."""
    with open_view() as view:
        request = view.ask(show_request, request_id)
        run = view.ask(show_run, request.run_id) if request.run_id else None
    if request.failure or (run and run.status.is_final):
        st.rerun()
    elif run:
        draw_progress(view.viewer, run)
    else:
        draw_text(tag("Waiting", "info"), "The GMC will be asked in a moment. You can go on reading meanwhile.")


def _read_number(typed: str) -> int:
    if not (typed.isascii() and typed.isdigit() and len(typed) <= 18):
        raise BadInput(f"“{typed[:40]}” is not the number of a request.")
    return int(typed)


def _ask(bodies: Sequence[str], *, is_forced: bool = False) -> None:
    try:
        st.query_params[ASKED] = str(act(request_sync, bodies, is_forced=is_forced))
    except (SyncAlreadyRunning, ServiceResting) as refusal:
        st.session_state[_REFUSED] = refusal.kind, str(refusal)


def _ask_anyway(bodies: Sequence[str]) -> None:
    _ask(bodies, is_forced=True)


def _draw_refusal(request: SyncRequest, failure: FailureKind) -> None:
    detail = say_detail(failure, request.failure_detail)
    draw_notice("bad", "The GMC was not asked", f"{failure.headline}.", detail, failure.advice, _say_close())


def _draw_result(view: View, doctor: DoctorPage, run: Run) -> None:
    changes = [event for event in view.ask(list_events, doctor.gmc_number) if event.run_id == run.id]
    failed = [part for part in run.parts if part.status is not BodyStatus.SUCCEEDED]
    if not _is_gmc_heard(run):
        tone, headline = "bad", _say_not_heard(run)
    else:
        tone = "warning" if failed else "good"
        headline = "Something changed for this doctor" if changes else "Nothing changed for this doctor"
    about = joined(link(f"Sync {run.id}", "/run", id=str(run.id)), _say_close(), separator=" · ")
    draw_notice(tone, headline, *_say_result(view, doctor, run, changes, failed), about)


def _is_gmc_heard(run: Run) -> bool:
    """Whether any list of the GMC was taken, of those that the viewer may see."""
    return not run.bodies or any(part.status is BodyStatus.SUCCEEDED for part in run.bodies)


def _say_not_heard(run: Run) -> str:
    """What to say above all where the GMC told nothing, whatever TIS did."""
    was_asked = any(part.failure not in _NOT_ASKED for part in run.bodies)
    return "No answer of the GMC could be taken" if was_asked else "The GMC could not be asked"


def _say_result(
    view: View, doctor: DoctorPage, run: Run, changes: Sequence[AuditEvent], failed: Sequence[RunPart]
) -> Iterator[Html | str]:
    yield from map(_say_changed, changes[:CHANGES_TOLD])
    if len(changes) > CHANGES_TOLD:
        yield f"And {len(changes) - CHANGES_TOLD:,} more: see what happened, below."
    if not changes and len(failed) < len(run.parts):
        yield _say_still(doctor, run)
    for entry in doctor.set_aside:
        if entry.last_run_id == run.id and entry.resolved_at is None:
            yield f"An entry in {say_source(entry.source)} had to be set aside: {entry.reason}"
    for part in failed:
        if part.failure:
            why, advice = part.failure.headline.lower(), part.failure.advice
            yield f"{say_source(part.source)}: {why}. What was known before is shown. {advice}"
        else:
            yield f"{say_source(part.source)}: not taken, since the sync was stopped before."
    resting = None if _is_gmc_heard(run) else find_rest(view, [part.source for part in run.bodies])
    if resting:
        yield say_next_attempt(view, resting) or ""


def _say_changed(event: AuditEvent) -> str:
    """One change of a field, with whose word it is; of the connection, in a sentence."""
    if event.source == "gmc" and event.field == "designated_body":
        now = f"now connects them to {name_of(event.new)}" if event.new else "connects them to none of our bodies now"
        return f"The GMC {now} (before: {name_of(event.old) if event.old else 'none'})"
    whose = {"gmc": "The GMC", "tis": "TIS"}.get(event.source, "This system")
    return f"{whose}: {say_change(event.field, event.old, event.new)}"


def _say_still(doctor: DoctorPage, run: Run) -> str:
    body = doctor.record.designated_body if doctor.record else None
    heard = next((part for part in run.bodies if part.source == body and part.status is BodyStatus.SUCCEEDED), None)
    if heard and heard.received_at:
        return f"The GMC’s answer of {say_time(heard.received_at)} still says: connected to {name_of(body)}."
    if body:
        return f"What the GMC said before still stands: connected to {name_of(body)}."
    taken = " and ".join(name_of(part.source) for part in run.bodies if part.status is BodyStatus.SUCCEEDED)
    return f"The GMC still does not list this doctor for {taken}." if taken else "TIS says nothing new of this doctor."


def _say_close() -> Html:
    kept = {name: st.query_params.get_all(name) for name in st.query_params if name not in (ASKED, "page")}
    return link("Close this message", "/doctor", **kept)
