"""What is said where a sync could be asked for and the service is being given a rest: why, until when, and how to ask
all the same for whoever may."""

from collections.abc import Callable, Collection

import streamlit as st

from pages._ui.data import View
from pages._ui.tables import draw_notice, draw_text
from pages._ui.words import say_day_and_time, say_in
from reval_core.domain.breaker import Breaker, say_scope
from reval_core.domain.failures import FailureKind
from reval_core.domain.permissions import Action
from reval_core.queries.upstream import show_common_rest


def find_rest(view: View, bodies: Collection[str]) -> Breaker | None:
    """Because of what none of these lists can be asked for now (empty: no list at all); `None` if one can be."""
    return view.ask(show_common_rest, bodies, view.now)


def say_next_attempt(view: View, resting: Breaker) -> str | None:
    """When what rests can be asked for again, in a sentence."""
    until = resting.next_attempt_at
    return (
        f"The next attempt is possible {say_day_and_time(until, view.now)}, {say_in(until, view.now)}."
        if until
        else None
    )


def draw_resting(
    view: View, resting: Breaker, key: str, on_click: Callable[..., None], bodies: Collection[str]
) -> None:
    """Say why nothing is asked for now and when it will be; offer to ask all the same, with what may come of it.

    In few words: all of it has to fit beside the button that unfolds it.
    """
    kind = resting.failure or FailureKind.RESTING
    next_attempt = say_next_attempt(view, resting)
    draw_notice("warning", f"{say_scope(resting)} is being given a rest", f"{kind.headline}. {next_attempt or ''}")
    if view.viewer.may(Action.SYNC_DESPITE_REST):
        draw_text(
            "If we are being blocked, each further request can make the block last longer, for everyone; if our "
            "password is not accepted, it can lock our account."
        )
        is_sure = st.checkbox("I know that this can make it last longer", key=f"{key}-sure")
        anyway = f"Try now anyway in “{view.settings.environment}”"
        st.button(anyway, key=key, disabled=not is_sure, on_click=on_click, args=(bodies,))
