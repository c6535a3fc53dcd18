"""The frame of every page: its title, the age of its data, where it runs, and the box that finds a doctor."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

import streamlit as st

from pages._ui.banner import draw_banner
from pages._ui.data import View, open_view
from pages._ui.freshness import draw_data_age
from pages._ui.newer import watch_for_newer
from pages._ui.tables import Html, draw_text, tag
from reval_core.config import Settings
from reval_core.queries.freshness import SourceAge, data_mark, list_freshness

_STYLE: Final = f"<style>{Path(__file__).with_name('style.css').read_text(encoding='utf-8')}</style>"


@contextmanager
def open_page(title: str, draw_age: Callable[[Sequence[SourceAge], datetime], None] = draw_data_age) -> Iterator[View]:
    """Draw the title and the age of the data, and open the one view of the database that the rest of the page shows.

    Left open, the page says when there is newer data.
    """
    draw_title(title)
    with open_view() as view:
        draw_age(view.ask(list_freshness, view.settings.designated_bodies), view.now)
        draw_banner(view, title)
        mark = view.ask(data_mark)
        yield view
    watch_for_newer(mark)


def draw_title(title: str) -> None:
    """The title of the page, which its tab in the browser has too: several doctors may be open at once."""
    name_tab(title)
    st.title(title, anchor=False)


def name_tab(title: str) -> None:
    """Tell tabs, bookmarks and the browser's history apart."""
    st.set_page_config(page_title=f"{title} - Revalidation")


def draw_style() -> None:
    """How tables, facts and notices look, on every page alike."""
    st.html(_STYLE)


def draw_environment(settings: Settings) -> None:
    """Say in which environment people are, and whether what they see is invented."""
    for mark in _environment_tags(settings):
        draw_text(mark, style="rv-meta")


def draw_find_box() -> str | None:
    """The box that finds a doctor, or a failure by its reference. Returns what was typed, once, when it was sent."""
    with st.form("find", border=False, clear_on_submit=True):
        typed = st.text_input("Find a doctor or a reference", placeholder="Name or GMC number", max_chars=100)
        sent = st.form_submit_button("Find", width="stretch")
    return typed.strip() if sent and typed and typed.strip() else None


def _environment_tags(settings: Settings) -> list[Html]:
    tags = [tag(f"Environment: {settings.environment}", "info")]
    if settings.is_demonstration:
        tags.append(tag("Demonstration: invented people", "warning"))
    if settings.scenario:
        tags.append(_scenario_tag(settings.scenario))
    return tags


def _scenario_tag(name: str) -> Html:
    """Which scenario the screens show. The scenarios bring the whole simulator along, so only then."""
    from reval_core.scenarios.catalogue import find_scenario

    scenario = find_scenario(name)
    return tag(f"Scenario: {scenario.title}", "warning", scenario.what_happened)
