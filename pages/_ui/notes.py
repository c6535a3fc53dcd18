"""Notes by staff about one doctor: writing one, reading them, and erasing one after a question."""

from typing import Final

import streamlit as st

from pages._ui.data import View, act
from pages._ui.tables import draw_notice, draw_text, time_ago
from pages._ui.words import say_time
from reval_core.domain.permissions import Action
from reval_core.errors import RevalError
from reval_core.queries.notes import Note, notes_of_doctor
from reval_core.services.notes import LONGEST_NOTE, erase_note, write_note

SHOWN_AT_FIRST: Final = 5
_TOLD: Final = "told-about-notes"


def draw_notes(view: View, gmc_number: str) -> None:
    """The notes, the newest first, and of now the way to write one."""
    told: tuple[str, str, str] | None = st.session_state.pop(_TOLD, None)
    if told:
        draw_notice(*told)
    notes = view.ask(notes_of_doctor, gmc_number)
    if not view.is_past and view.viewer.may(Action.NOTE):
        _draw_form(gmc_number)
    if not notes:
        draw_text("Nobody has written a note about this doctor yet.", style="rv-meta")
    for note in notes[:SHOWN_AT_FIRST]:
        _draw_note(view, note)
    if len(notes) > SHOWN_AT_FIRST:
        with st.expander(f"Earlier notes ({len(notes) - SHOWN_AT_FIRST:,})"):
            for note in notes[SHOWN_AT_FIRST:]:
                _draw_note(view, note)


def _draw_form(gmc_number: str) -> None:
    key = f"note-{gmc_number}"
    if key not in st.session_state and (draft := st.session_state.get(_draft_of(gmc_number))):
        st.session_state[key] = draft
    is_begun = bool(st.session_state.get(key))
    with st.expander("Write a note", expanded=is_begun), st.form(f"form-{key}", border=False):
        st.text_area(
            "Your note (everyone who may see this doctor can read it)",
            key=key,
            max_chars=LONGEST_NOTE,
            height=100,
            placeholder="What colleagues should know, for example what the doctor or the GMC told you",
        )
        st.form_submit_button("Keep this note", key=f"keep-{key}", on_click=_write, args=(gmc_number, key))


def _draw_note(view: View, note: Note) -> None:
    with st.container(border=True):
        draw_text(note.written_by + ",", time_ago(note.written_at, view.now), style="rv-meta")
        if note.erased_at is not None:
            draw_text(f"Erased by {note.erased_by} on {say_time(note.erased_at)}.")
            return
        draw_text(note.text, style="rv-text rv-note")
        if not view.is_past and view.viewer.may(Action.NOTE):
            _draw_erasing(note)


def _draw_erasing(note: Note) -> None:
    with st.popover("Erase…", type="tertiary", key=f"ask-erase-{note.id}"):
        draw_text("The text goes for good. Who wrote it and who erased it stays on record.")
        st.button("Erase this note", key=f"erase-{note.id}", type="primary", on_click=_erase, args=(note.id,))


def _draft_of(gmc_number: str) -> str:
    """Where what was typed is until it is kept: a box that an error keeps off the page forgets what was in it."""
    return f"draft-of-note-{gmc_number}"


def _write(gmc_number: str, key: str) -> None:
    typed: str = st.session_state.get(key) or ""
    st.session_state[_draft_of(gmc_number)] = typed
    try:
        act(write_note, gmc_number, typed)
    except RevalError as refusal:  # what was typed stays in its box
        st.session_state[_TOLD] = ("bad", "The note was not kept", f"{refusal} What you wrote is still in the box.")
        return
    st.session_state[key] = st.session_state[_draft_of(gmc_number)] = ""
    st.session_state[_TOLD] = ("good", "The note is kept", "Everyone who may see this doctor can read it.")


def _erase(note_id: int) -> None:
    try:
        act(erase_note, note_id)
    except RevalError as refusal:
        st.session_state[_TOLD] = ("bad", "The note was not erased", str(refusal))
        return
    st.session_state[_TOLD] = ("good", "The note is erased", "Its text is gone for good.")
