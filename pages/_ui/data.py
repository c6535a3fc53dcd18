"""What every page reads from and acts on: the database, the settings, the clock. Nothing about now is kept here."""

from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Concatenate, ParamSpec, TypeVar

import streamlit as st

from pages._ui.database import shared_database
from pages._ui.viewer import current_viewer
from reval_core.config import Settings, settings_in_force
from reval_core.db.database import Database
from reval_core.domain.viewer import Viewer
from reval_core.queries.change_mark import change_mark
from reval_core.queries.past import Past, open_past, rebuild_bodies, rebuild_doctor
from reval_core.queries.scope import within
from reval_core.services.permission import attempt
from reval_core.watch.tracing import current_trace_id, step

Wanted = ParamSpec("Wanted")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class View:
    """One moment of the database, as one viewer may see it. If `is_past`, `now` is that moment."""

    _connection: Any
    viewer: Viewer
    settings: Settings
    now: datetime
    is_past: bool = False

    def ask(
        self, query: Callable[Concatenate[Any, Viewer, Wanted], Answer], *wanted: Wanted.args, **more: Wanted.kwargs
    ) -> Answer:
        """What a query of `reval_core.queries` answers. All answers of one view belong to the same moment."""
        with step(f"query {getattr(query, '__name__', 'of a part')}"):
            return query(self._connection, self.viewer, *wanted, **more)

    def bodies_then(self, moment: datetime, bodies: Collection[str] | None) -> AbstractContextManager["View"]:
        """The view of an earlier moment, for questions about connections to these bodies (`None`: to any)."""
        seen = within(self.viewer, bodies)
        wanted = None if seen is None else tuple(sorted(seen))
        url = self.settings.database_url.get_secret_value()
        mark = change_mark(self._connection)
        return self._open(_past_of_bodies(url, moment, wanted, mark, self._connection, self.viewer))

    def doctor_then(self, moment: datetime, gmc_number: str) -> AbstractContextManager["View"]:
        """The view of an earlier moment, for questions about one doctor."""
        return self._open(rebuild_doctor(self._connection, self.viewer, moment, gmc_number))

    @contextmanager
    def opened_anew(self, bodies: Collection[str] | None) -> Iterator["View"]:
        """The same view once more, for a question about these bodies that is asked after the page was drawn."""
        with shared_database().reading() as connection:
            now = replace(self, _connection=connection, is_past=False)
            if not self.is_past:
                yield now
                return
            with now.bodies_then(self.now, bodies) as then:
                yield then

    def act(
        self,
        service: Callable[Concatenate[Database, Viewer, datetime, Wanted], Answer],
        *wanted: Wanted.args,
        **more: Wanted.kwargs,
    ) -> Answer:
        """Let a service do what this view's viewer wants: for what is made of it after the page was drawn."""
        return attempt(service, shared_database(), self.viewer, current_time(), *wanted, **more)

    @contextmanager
    def _open(self, past: Past) -> Iterator["View"]:
        with open_past(past) as connection:
            yield replace(self, _connection=connection, now=past.moment, is_past=True)


@contextmanager
def open_view() -> Iterator[View]:
    """One view of the database, for a page or for a part that draws itself anew."""
    with _part_of_page(), shared_database().reading() as connection:
        yield View(connection, current_viewer(), settings_in_force(), current_time())


@contextmanager
def _part_of_page() -> Iterator[None]:
    """Trace a part that draws itself anew as one: it does so by itself, outside the tracing of its page."""
    with nullcontext() if current_trace_id() else step("part of a page"):
        yield


def act(
    service: Callable[Concatenate[Database, Viewer, datetime, Wanted], Answer],
    *wanted: Wanted.args,
    **more: Wanted.kwargs,
) -> Answer:
    """Let a service of `reval_core.services` do what the viewer wants."""
    return attempt(service, shared_database(), current_viewer(), current_time(), *wanted, **more)


@st.cache_resource(show_spinner="Working out how it was…", max_entries=4, ttl=600)
def _past_of_bodies(
    url: str,
    moment: datetime,
    bodies: tuple[str, ...] | None,
    mark: tuple[object, ...],
    _connection: Any,
    _viewer: Viewer,
) -> Past:
    """Kept for a while, since paging, sorting and filtering ask for the same past again and again.

    For the cache, `url` and `mark` tell databases and their states apart; the connection tells it nothing. Whoever sees
    these bodies may have what another asked for: what is kept back from some of them, the queries keep back.
    """
    return rebuild_bodies(_connection, _viewer, moment, bodies)


def current_time() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)
