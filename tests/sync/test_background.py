"""What runs beside the screens: what a start makes up for, and how requests are taken up."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from reval_core.config import Settings
from reval_core.db.database import Database
from reval_core.db.tables import doctor, sign_in, sync_request, sync_run
from reval_core.domain.statuses import RunStatus
from reval_core.domain.viewer import Viewer
from reval_core.services.sync_requests import request_sync
from reval_core.simulator.faults import FaultKind
from reval_core.sync.background import background_work
from tests.builders import THAMES_VALLEY, WESSEX, add_run, open_database
from tests.sync.scene import Scene, wait_until

ADA = Viewer("Ada")


@pytest.fixture
def served(synced: Scene, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A synced scene whose settings the processes of the background see too, and whose last run is a moment ago."""
    monkeypatch.setenv("REVAL_DATABASE_URL", synced.database.url.render_as_string(hide_password=False))
    monkeypatch.setenv("REVAL_DESIGNATED_BODIES", ",".join(synced.bodies))
    with synced.database.writing() as connection:
        connection.execute(sync_run.update().values(started_at=datetime.now(UTC)))
    return synced


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """An empty database, of the kind that starts fastest."""
    url = f"sqlite:///{tmp_path / 'test.sqlite3'}"
    monkeypatch.setenv("REVAL_DATABASE_URL", url)
    database = open_database(url)
    yield database
    database.close()


def test_request_is_carried_out_in_a_process_of_its_own(served: Scene) -> None:
    number = served.listed(WESSEX)[0]
    served.alter(number, "Sanction", "Warning")
    with background_work(served.settings(), served.database):
        request_id = request_sync(served.database, ADA, datetime.now(UTC), (WESSEX,))
        wait_until(lambda: served.latest().run.id == 2 and served.latest().status.is_final, 20)

    run = served.latest().run
    assert (run.trigger, run.actor, run.scope, run.status) == ("manual", "Ada", WESSEX, "succeeded")
    assert served.doctor(number).sanction == "Warning"
    (request,) = served.rows(sync_request)
    assert (request.id, request.run_id, request.failure) == (request_id, run.id, None)


def test_background_stops_a_sync_under_way_and_ends(served: Scene) -> None:
    served.fault(FaultKind.SLOW, THAMES_VALLEY, value="60")
    with background_work(served.settings(), served.database):
        request_sync(served.database, ADA, datetime.now(UTC))
        wait_until(lambda: served.latest().run.id == 2, 20)
        began = time.monotonic()
    assert time.monotonic() - began < 5
    assert served.latest().status is RunStatus.CANCELLED
    assert [thread for thread in threading.enumerate() if "APScheduler" in thread.name] == []


def test_start_makes_up_for_a_night_that_was_missed(served: Scene) -> None:
    with served.database.writing() as connection:
        connection.execute(sync_run.update().values(started_at=datetime(2026, 1, 5, 0, 5, tzinfo=UTC)))
    with background_work(served.settings(), served.database):
        wait_until(lambda: served.latest().run.id > 1 and served.latest().status.is_final, 20)
    run = served.latest().run
    assert (run.trigger, run.actor, run.scope, run.status) == ("catch_up", "scheduler", None, "succeeded")


@pytest.mark.parametrize("status", ["running", "interrupted", "cancelled"])
def test_start_makes_up_for_a_night_that_was_cut_off(database: Database, status: str) -> None:
    """Also for one that ended with its server, which nobody asked to cancel."""
    with database.writing() as connection:
        add_run(connection, status=status, started_at=datetime.now(UTC))
    with background_work(_nowhere(database), database):
        wait_until(lambda: _requests(database) == ["catch_up"])
    assert _first_status(database) == ("interrupted" if status == "running" else status)


@pytest.mark.parametrize(
    "values",
    [
        {"status": "succeeded"},
        {"status": "failed"},
        {"status": "cancelled", "cancel_requested_at": datetime.now(UTC)},
        {"status": "interrupted", "scope": WESSEX},
    ],
    ids=["done", "failed", "called off", "one body"],
)
def test_start_repeats_nothing_else(database: Database, values: dict[str, object]) -> None:
    with database.writing() as connection:
        add_run(connection, started_at=datetime.now(UTC) - timedelta(seconds=1))
        add_run(connection, started_at=datetime.now(UTC), **values)
        if values["status"] != "interrupted":
            connection.execute(sync_run.delete().where(sync_run.c.id == 1))
    with background_work(_nowhere(database), database):
        time.sleep(0.3)
    assert _requests(database) == []


def test_demonstration_fills_an_empty_database(database: Database) -> None:
    with background_work(Settings(database_url=database.url.render_as_string()), database):
        wait_until(lambda: _first_status(database) not in (None, "running"), 30)
    assert (_requests(database), _first_status(database)) == (["startup"], "succeeded")
    with database.reading() as connection:
        assert len(connection.scalars(select(doctor.c.gmc_number)).all()) > 4_000


def _nowhere(database: Database) -> Settings:
    """The settings of an installation whose sources cannot be reached, as far as the background needs them."""
    url = database.url.render_as_string(hide_password=False)
    return Settings(database_url=url, gmc_url="http://127.0.0.1:9", tis_url="http://127.0.0.1:9")


def _requests(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.scalars(select(sync_request.c.trigger).order_by(sync_request.c.id)))


def _first_status(database: Database) -> str | None:
    with database.reading() as connection:
        return connection.scalar(select(sync_run.c.status).order_by(sync_run.c.id).limit(1))


def test_leader_removes_what_is_past_its_time(served: Scene) -> None:
    ended = {"id": "0", "subject": "s", "person": "Ada", "groups": "[]"}
    long_ago = dict.fromkeys(("began_at", "last_active_at", "expires_at"), datetime.now(UTC) - timedelta(days=2))
    with served.database.writing() as connection:
        connection.execute(sign_in.insert().values(ended | long_ago))
    with background_work(served.settings(), served.database):
        wait_until(lambda: served.rows(sign_in) == [], 20)
