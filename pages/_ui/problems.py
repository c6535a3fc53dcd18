"""What people see when something goes wrong: an explanation or a reference, never the text of a library's error."""

import logging
from uuid import uuid4

import streamlit as st

from pages._ui.tables import draw_notice
from reval_core.domain.failures import FailureKind
from reval_core.errors import BadInput, NotFound, RevalError

_LOG = logging.getLogger("pages")


def show_problem(problem: RevalError) -> None:
    """Explain a failure that we know: what happened, that nothing is lost, what to do, whom to ask."""
    if isinstance(problem, BadInput | NotFound):
        draw_notice("info", problem.kind.headline, str(problem), problem.kind.advice)
        return
    _LOG.warning("A page could not be shown: %s", problem)
    draw_notice(
        "bad", problem.kind.headline, str(problem), "Nothing is lost.", problem.kind.advice, _whom_to_ask(problem.kind)
    )
    _draw_try_again(problem.kind)


def show_unexpected(error: Exception) -> bool:
    """Log an error that a page did not expect under a reference, and show that. Always true: the error is handled."""
    if isinstance(error, RevalError):
        show_problem(error)
        return True
    reference = uuid4().hex[:12]
    _LOG.error("Reference %s: a page failed.", reference, exc_info=error)
    draw_notice(
        "bad",
        FailureKind.INTERNAL.headline,
        "This page could not be shown. Nothing is lost.",
        FailureKind.INTERNAL.advice,
        f"{_whom_to_ask(FailureKind.INTERNAL)} Tell them this reference: {reference}.",
    )
    _draw_try_again(reference)
    return True


def _whom_to_ask(kind: FailureKind) -> str:
    return f"If it keeps happening, ask {kind.contact}."


def _draw_try_again(about: str) -> None:
    """Any press runs the page, or the part of it that failed, again: that is all it has to do."""
    st.button("Try again", key=f"try-again-{about}", type="primary")
