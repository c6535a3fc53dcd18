"""One failure that somebody met on a screen, found by the reference that they were shown: when, who, where, and which
step of ours failed."""

from typing import Final

import streamlit as st

from pages._ui.data import View, act
from pages._ui.frame import open_page
from pages._ui.tables import Column, Html, draw_facts, draw_notice, draw_table, draw_text, joined, lines, link, time_ago
from pages._ui.words import say_count, say_detail, say_exact_time, say_time
from reval_core.domain.incidents import Incident, read_incident_reference
from reval_core.domain.references import trace_id_of
from reval_core.errors import BadInput
from reval_core.queries.incidents import show_incident
from reval_core.services.incidents import store_kept_incidents


def show_page(view: View, reference: str) -> None:
    """What happened, then where, then whether the same person met more of the kind."""
    shown = view.ask(show_incident, reference)
    met = shown.incident
    draw_notice(
        "bad", met.failure.headline, say_detail(met.failure, met.detail), met.failure.reassurance, met.failure.advice
    )
    draw_facts(
        "About this failure",
        [
            ("When", joined(say_exact_time(met.at) + ",", time_ago(met.at, view.now))),
            ("Who met it", met.person),
            ("Where", met.place),
            ("Failing step", met.step or "Not in the dashboard’s own code"),
            ("Whom to ask", met.failure.contact),
        ],
    )
    draw_text("Its trace:")
    st.code(trace_id_of(met.reference), language=None)
    draw_text(
        "The reference is this trace’s number, spelled to be read out. Look for the trace where traces are sent "
        "(such as AWS X-Ray), and for either in the server’s log, which has every step of the error.",
        style="rv-meta",
    )
    st.subheader("What else this person met", anchor=False)
    if not shown.others:
        draw_text("Nothing else failed for this person within an hour before or after.")
        return
    draw_text(f"{say_count(len(shown.others), 'other failure')} within an hour before or after.")
    draw_table("Other failures that the same person met", COLUMNS, shown.others)


def say_reference(met: Incident) -> Html:
    """A failure, leading to its page."""
    return link(met.reference, "/incident", reference=met.reference)


COLUMNS: Final[list[Column[Incident]]] = [
    Column("Reference", say_reference, is_row_heading=True),
    Column("When", lambda met: say_time(met.at), shape="short"),
    Column("What happened", lambda met: lines(met.failure.headline, say_detail(met.failure, met.detail)), shape="wide"),
    Column("Where", lambda met: met.place, shape="wide"),
    Column("Failing step", lambda met: met.step, shape="wide"),
]


typed = st.query_params.get("reference", "")
wanted = read_incident_reference(typed)
act(store_kept_incidents)  # what could not be stored when it happened may be what is looked for
with open_page(f"Failure {wanted}" if wanted else "Failure") as view:
    if wanted is None:
        raise BadInput(f"“{typed[:40]}” is not a reference. One looks like E-7K3F-9QXA.")
    show_page(view, wanted)
