"""What every page reads from and acts on: the database, the settings, the clock. No answer of a query is kept here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st

from pages._ui.viewer import current_viewer
from reval_core.config import Settings, load_settings
from reval_core.db.database import Database
from reval_core.domain.viewer import Viewer

Wanted = ParamSpec("Wanted")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class View:
    """One moment of the database, as one viewer may see it."""

    _connection: object
    viewer: Viewer
    settings: Settings
    now: datetime

    def ask(
        self, query: Callable[Concatenate[Any, Viewer, Wanted], Answer], *wanted: Wanted.args, **more: Wanted.kwargs
    ) -> Answer:
        """What a query of `reval_core.queries` answers. All answers of one view belong to the same moment."""
        return query(self._connection, self.viewer, *wanted, **more)


@contextmanager
def open_view() -> Iterator[View]:
    """One view of the database, for a page or for a part that draws itself anew."""
    with shared_database().reading() as connection:
        yield View(connection, current_viewer(), load_settings(), current_time())


def act(
    service: Callable[Concatenate[Database, Viewer, datetime, Wanted], Answer],
    *wanted: Wanted.args,
    **more: Wanted.kwargs,
) -> Answer:
    """Let a service of `reval_core.services` do what the viewer wants."""
    return service(shared_database(), current_viewer(), current_time(), *wanted, **more)


def shared_database() -> Database:
    """The database, one engine for all visitors of this process."""
    return _open_database(load_settings().database_url.get_secret_value())


@st.cache_resource(show_spinner=False)
def _open_database(url: str) -> Database:
    return Database(url)


def current_time() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)
