"""The schedule on a screen: what comes next, and, for those who may, pausing and resuming it."""

from datetime import datetime, time, timedelta
from typing import Final

import streamlit as st

from pages._ui.data import View, act
from pages._ui.tables import draw_notice, draw_text
from pages._ui.words import UK, say_day_and_time, say_in, say_time
from reval_core.domain.permissions import Action
from reval_core.domain.uk_time import uk_date
from reval_core.errors import RevalError
from reval_core.queries.schedule import Pause, Schedule, planned_times, show_schedule
from reval_core.services.schedule import LONGEST_PAUSE, LONGEST_REASON, pause_schedule, resume_schedule

_TOLD: Final = "told-about-schedule"
_REASON, _DAY, _TIME = "pause-reason", "pause-until-day", "pause-until-time"
_TIMES: Final = [time(hour, minute) for hour in range(24) for minute in (0, 30)]
_AT_FIRST: Final = time(9)


def read_schedule(view: View) -> Schedule:
    """What is planned."""
    times = planned_times(view.settings.nightly_at, view.settings.refresh_at)
    return view.ask(show_schedule, times, view.now)


def say_next(schedule: Schedule, now: datetime) -> str:
    """What comes next by itself, in a sentence; while it is paused, until when, by whom and why."""
    if schedule.pause is not None:
        pause = schedule.pause
        return (
            f"The schedule is paused until {say_day_and_time(pause.until, now)}, by {pause.paused_by}: {pause.reason}"
        )
    upcoming = schedule.upcoming[0]
    return f"Next sync: {say_day_and_time(upcoming.due_at, now)}, {say_in(upcoming.due_at, now)}."


def draw_pausing(view: View, schedule: Schedule) -> None:
    """Say whether the schedule is paused; offer to pause or to resume it to those who may."""
    told: tuple[str, str, str] | None = st.session_state.pop(_TOLD, None)
    if told:
        draw_notice(*told)
    if schedule.pause is not None:
        _draw_pause(schedule.pause, view)
    elif view.viewer.may(Action.PLAN):
        _draw_form(view)


def _draw_pause(pause: Pause, view: View) -> None:
    draw_notice(
        "warning",
        f"Paused until {say_day_and_time(pause.until, view.now)}",
        f"{pause.paused_by} paused it on {say_time(pause.paused_at)}: {pause.reason}",
        "No sync starts by itself until then; what is due meanwhile is made up for afterwards. A sync that a person "
        "asks for still runs.",
    )
    if view.viewer.may(Action.PLAN):
        st.button("Resume the schedule now", on_click=_resume)


def _draw_form(view: View) -> None:
    """The reason, the end and the button that pauses, sent together: a press can never overtake what was typed."""
    today = uk_date(view.now)
    with st.popover("Pause the schedule", icon=":material/pause:"), st.form("pause", border=False):
        draw_text("No sync starts by itself while it is paused: what is shown grows old. A person can still start one.")
        st.text_input("Why (shown to whoever wonders about old data)", key=_REASON, max_chars=LONGEST_REASON)
        tomorrow, last = today + timedelta(days=1), today + LONGEST_PAUSE
        st.date_input("Until which day", tomorrow, today, last, key=_DAY, format="DD/MM/YYYY")
        st.selectbox("At which time (UK)", _TIMES, _TIMES.index(_AT_FIRST), key=_TIME, format_func=_say_time_of_day)
        confirming = f"Pause in “{view.settings.environment}”"
        st.form_submit_button(confirming, key="pause-schedule", type="primary", on_click=_pause)


def _say_time_of_day(at: time) -> str:
    return f"{at:%H:%M}"


def _pause() -> None:
    day, at = st.session_state[_DAY], st.session_state[_TIME]
    try:
        act(pause_schedule, st.session_state[_REASON], datetime.combine(day, at, tzinfo=UK))
    except RevalError as refusal:
        st.session_state[_TOLD] = ("bad", "The schedule was not paused", str(refusal))
        return
    st.session_state[_TOLD] = ("good", "The schedule is paused", "It resumes by itself at the time that you chose.")


def _resume() -> None:
    try:
        act(resume_schedule)
    except RevalError as refusal:
        st.session_state[_TOLD] = ("bad", "The schedule was not resumed", str(refusal))
        return
    st.session_state[_TOLD] = ("good", "The schedule is resumed", "What was due meanwhile starts within seconds.")
