"""The sync under people's eyes: starting one, watching it live, cancelling it, and how the latest one ended.

What is shown comes from the database at every look, so a reload, another tab or another person sees the same.
"""

from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from typing import Final

import streamlit as st

from pages._ui.data import View, act, current_time, open_view
from pages._ui.problems import draw_failure
from pages._ui.resting import draw_resting, find_rest
from pages._ui.tables import Column, Html, draw_table, draw_text, lines, link, tag, time_ago
from pages._ui.words import say_count, say_detail, say_duration, say_source
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.failures import FailureKind
from reval_core.domain.permissions import Action
from reval_core.domain.references import name_run
from reval_core.domain.viewer import Viewer
from reval_core.errors import BadInput, NoPermission, ServiceResting, SyncAlreadyRunning
from reval_core.queries.runs import Run, RunPart, is_sync_coming, may_stop, running_run, show_request
from reval_core.services.incidents import Recorded, record_failure
from reval_core.services.sync_requests import request_cancel, request_sync

LOOK_EVERY_SECONDS: Final = 1.0
_ASKED: Final = "sync-request"
_REFUSED: Final = "sync-refusal"
_NO_PERSON: Final = frozenset({"scheduler", "command line"})
"""Who asks for syncs without being a person: what started it says as much."""
_DRAWN_ANEW: Final = "drawn-anew-after-sync"


def draw_sync(view: View) -> None:
    """The sync that is under way, live; or the way to start one."""
    if view.ask(running_run) or view.ask(is_sync_coming, view.now):
        watch_sync()
    else:
        _explain_refusal(view)
        draw_start(view)


@st.fragment(run_every=LOOK_EVERY_SECONDS)
def watch_sync() -> None:
    """Look again and again while a sync runs or waits. When it is over, draw the whole page anew, without this."""
    with open_view() as view:
        run, is_coming = view.ask(running_run), view.ask(is_sync_coming, view.now)
    if run:
        draw_progress(view.viewer, run)
    elif is_coming:
        draw_text(tag("Waiting", "info"), "A sync has been asked for and begins in a moment.")
    else:
        st.session_state[_DRAWN_ANEW] = st.context.url
        st.rerun()


def is_drawn_by_itself() -> bool:
    """Whether this page is drawn anew because a sync has ended, and not because the visitor did anything. Ask once."""
    return bool(st.session_state.pop(_DRAWN_ANEW, "") == st.context.url)


def note_request(request_id: int | None) -> None:
    """Remember a sync that this visitor has asked for, so that they are told if it does not begin."""
    if request_id is not None:
        st.session_state[_ASKED] = request_id


def _explain_refusal(view: View) -> None:
    """Say why the sync that this visitor asked for did not begin, if so."""
    asked = st.session_state.get(_ASKED)
    request = view.ask(show_request, asked) if asked else None
    if request and request.failure:
        detail = say_detail(request.failure, request.failure_detail)
        recorded = _record_refusal(request.id, request.failure, detail)
        draw_failure(recorded, "The sync did not begin", request.failure.headline + ".", detail)


def _record_refusal(request_id: int, failure: FailureKind, detail: str | None) -> Recorded:
    """The refusal on record, under the reference that this visitor was shown when they first saw it."""
    seen: tuple[int, Recorded] | None = st.session_state.get(_REFUSED)
    if seen and seen[0] == request_id:
        return seen[1]
    recorded = act(record_failure, f"Starting a sync (request {request_id})", failure, detail)
    st.session_state[_REFUSED] = (request_id, recorded)
    return recorded


def draw_progress(viewer: Viewer, run: Run) -> None:
    """How far a running sync is, body by body, and the way to stop it."""
    finished = sum(part.status.is_final for part in run.parts)
    total = max(1, len(run.parts))
    with st.container(border=True):
        draw_text(
            tag(run.status.label, run.status.tone),
            "A sync began",
            time_ago(run.started_at, current_time()),
            f"({say_started_by(run)}). What you see stays as it was until each list is complete.",
        )
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.progress(finished / total, text=f"{finished} of {say_count(total, 'list')} done")
            _draw_cancel(viewer, run)
        if run.parts:
            with st.expander("Each list", expanded=True):
                draw_table("Progress of each list", COLUMNS, run.parts)


def say_started_by(run: Run) -> str:
    """What started a sync, and who, where that was a person."""
    return f"{run.trigger.label}, {run.actor}" if run.actor not in _NO_PERSON else run.trigger.label


def _draw_cancel(viewer: Viewer, run: Run) -> None:
    if run.cancel_requested_at:
        draw_text("It is being cancelled. Lists that are complete stay; nothing is left half done.")
        return
    if may_stop(viewer, run):
        st.button("Cancel this sync", key="cancel-sync", on_click=_cancel, args=(run.id,))


def _cancel(run_id: int) -> None:
    with suppress(BadInput, NoPermission):  # it ended meanwhile: the page that follows shows how
        act(request_cancel, run_id)


def draw_start(view: View) -> None:
    """A button that asks first: what would be synced, in which environment, and what happens then."""
    if not view.viewer.may(Action.SYNC):
        return
    settings = view.settings
    own = [body for body in settings.designated_bodies if view.viewer.may_see(body)]
    with st.popover("Sync now", icon=":material/sync:"):
        body = st.selectbox(
            "What to sync",
            ["", *own],
            key="sync-what",
            format_func=lambda code: name_of(code) if code else "Everything",
        )
        bodies = [body] if body else []
        resting = find_rest(view, bodies or sorted(view.viewer.bodies or ()))
        if resting:
            draw_resting(view, resting, "start-anyway", _start_anyway, bodies)
            return
        what = f"the list of {name_of(body)}" if body else say_count(len(own), "list")
        draw_text(
            f"This asks the GMC for {what} and TIS for its programmes, in the environment “{settings.environment}”. "
            "It takes seconds to minutes. Everyone can go on working meanwhile, and it can be cancelled at any time."
        )
        st.button(
            f"Start the sync in “{settings.environment}”",
            key="start-sync",
            type="primary",
            on_click=_start,
            args=(bodies,),
        )


def _start(bodies: Collection[str]) -> None:
    with suppress(
        SyncAlreadyRunning, ServiceResting, NoPermission
    ):  # the page that follows shows that one, or why to wait
        note_request(act(request_sync, bodies))


def _start_anyway(bodies: Collection[str]) -> None:
    with suppress(SyncAlreadyRunning):
        note_request(act(request_sync, bodies, is_forced=True))


def draw_latest(run: Run, now: datetime) -> None:
    """How the latest sync ended, in one line."""
    took = f", in {say_duration(run.started_at, run.finished_at)}" if run.finished_at else ""
    changed = f"{run.created:,} created, {run.changed:,} changed, {run.disconnected:,} disconnected{took}."
    draw_text(
        tag(run.status.label, run.status.tone, run.status.meaning),
        "Latest sync",
        time_ago(run.finished_at or run.started_at, now),
        f"({run.trigger.label.lower()}): {changed}",
        f"{run.failure.headline}. Reference {name_run(run.id)}." if run.failure else None,
        link("Details", "/run", id=str(run.id)),
        style="rv-meta",
    )


def _say_status(part: RunPart) -> Html:
    return lines(
        tag(part.status.label, part.status.tone, part.status.meaning), part.failure.headline if part.failure else None
    )


COLUMNS: Final[list[Column[RunPart]]] = [
    Column("Source", lambda part: say_source(part.source), is_row_heading=True),
    Column("Status", _say_status),
    Column("Received", lambda part: part.received if part.received_at else None, shape="number"),
    Column("Created", lambda part: part.created if part.applied_at else None, shape="number"),
    Column("Changed", lambda part: part.changed if part.applied_at else None, shape="number"),
    Column("Set aside", lambda part: part.set_aside if part.applied_at else None, shape="number"),
]
