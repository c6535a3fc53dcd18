"""A service that is being given a rest, for tests of what screens say about it."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import insert

from reval_core.db.database import Database
from reval_core.db.tables import breaker


def give_a_rest(database: Database, scope: str) -> None:
    """From now on for a quarter of an hour, after a block."""
    now = datetime.now(UTC)
    values = {
        "scope": scope,
        "state": "open",
        "failures": 2,
        "times_opened": 1,
        "opened_at": now,
        "next_attempt_at": now + timedelta(minutes=15),
        "failure": "blocked",
        "failure_detail": "The GMC or its firewall blocked our request (status 403).",
        "changed_at": now,
    }
    with database.writing() as connection:
        connection.execute(insert(breaker).values(values))
