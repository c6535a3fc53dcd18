"""What machines ask the server: whether it lives, can serve, and its figures; also while the database hangs."""

import time
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import text

from reval_core.db.database import Database
from tests.browser.dashboard import ask, run_dashboard
from tests.pages.stored import fill
from tests.servers.postgresql import PostgreSQLServer


def test_endpoints_answer_and_are_bounded_when_the_database_hangs(
    postgresql_server: PostgreSQLServer, tmp_path: Path
) -> None:
    name = postgresql_server.create_database()
    url = postgresql_server.url(name)
    fill(url, datetime.now(UTC))
    database = Database(url)
    with run_dashboard(url, tmp_path / "log.txt", runs_schedule=True) as address:
        assert ask(f"{address}/livez") == (200, "Alive.\n")
        assert ask(f"{address}/readyz") == (200, "Ready.\n")
        status, figures = ask(f"{address}/metrics")
        assert status == 200
        names = {family.name for family in text_string_to_metric_families(figures)}
        assert {"reval_data_age_seconds", "reval_last_run_status", "process_resident_memory_bytes"} <= names
        time.sleep(5.1)  # until the figures are read anew
        with database.writing() as connection:
            connection.execute(text("LOCK TABLE alembic_version, source_state IN ACCESS EXCLUSIVE MODE"))
            for path in ("readyz", "metrics"):
                began = time.monotonic()
                assert ask(f"{address}/{path}") == (503, "The database does not answer in time.\n")
                assert time.monotonic() - began < 8
            assert ask(f"{address}/livez") == (200, "Alive.\n")
        assert ask(f"{address}/readyz") == (200, "Ready.\n")
        assert ask(f"{address}/metrics")[0] == 200
    database.close()
    postgresql_server.drop_database(name)
