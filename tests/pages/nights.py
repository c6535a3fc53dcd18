"""Some nights of syncs, for what shows them over time: most are ordinary, one is missed, the last went wrong."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from reval_core.db.database import Database
from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.sources import TIS
from reval_core.domain.uk_time import uk_date
from tests.builders import add_discrepancy, add_run, add_run_part, add_source

BODIES: Final = tuple(NAMES)
CUT_SHORT: Final = BODIES[1]
REFUSED: Final = BODIES[2]
MISSED: Final = 4
"""How many days ago there was no sync."""
STAGES: Final = {
    "read what is held": 10,
    "gather: keep raw answers": 20,
    "gather: read lists": 40,
    "gather": 600,
    "look again": 100,
    "decide": 5,
    "apply TIS and reconsider": 60,
    "apply bodies": 120,
    "check": 100,
    "close": 5,
}


def add_nights(database: Database, now: datetime, count: int = 14) -> None:
    """Write what that many nights leave, one on each day, the latest of them ten minutes ago.

    In the latest, the list of one body is cut short and held, and that of another is refused.
    """
    latest = now - timedelta(minutes=10)
    latest = latest if uk_date(latest) == uk_date(now) else now
    with database.writing() as connection:
        numbers = {}
        for ago in reversed(range(count)):
            if ago != MISSED:
                numbers[ago] = _add_night(connection, latest - timedelta(days=ago), is_latest=ago == 0)
        accepted = {"accepted_at": latest, "accepted_run_id": numbers[0], "received": 40}
        for source in (*BODIES, TIS):
            add_source(connection, source, **accepted)
        _add_discrepancies(connection, numbers, latest)


def _add_night(connection: Connection, at: datetime, *, is_latest: bool) -> int:
    run_id = add_run(
        connection, started_at=at, finished_at=at + timedelta(seconds=1), checked_at=at + timedelta(seconds=1),
        checked_doctors=520, stage_milliseconds=json.dumps(STAGES), status="partial" if is_latest else "succeeded",
    )  # fmt: skip
    for place, source in enumerate((*BODIES, TIS)):
        asked = at + timedelta(milliseconds=40 * place)
        taken: dict[str, Any] = {
            "received": 40, "set_aside": 0, "asked_at": asked, "received_at": asked + timedelta(milliseconds=35),
            "applied_at": at + timedelta(milliseconds=800 + place),
        }  # fmt: skip
        add_run_part(connection, run_id, source, **taken | (_odd_part(source, asked) if is_latest else {}))
    return run_id


def _odd_part(source: str, asked: datetime) -> dict[str, Any]:
    if source == CUT_SHORT:
        return {"received": 9, "withheld": 31, "set_aside": 1}
    if source == REFUSED:
        unknown = dict.fromkeys(("received_at", "applied_at"))
        return unknown | {"received": 0, "status": "failed", "failure": "refused", "failure_detail": "Code 81."}
    return {}


def _add_discrepancies(connection: Connection, numbers: Mapping[int, int], latest: datetime) -> None:
    oldest, newest = max(numbers), min(numbers)
    opened = {"opened_at": latest - timedelta(days=oldest), "tis_designated_body": BODIES[0]}
    add_discrepancy(connection, "connected_elsewhere", "7000001", numbers[oldest], **opened)
    resolved = {"resolved_at": latest, "resolved_run_id": numbers[newest]} if newest != oldest else {}
    add_discrepancy(connection, "inactive", "7000002", numbers[oldest], **opened, **resolved)
