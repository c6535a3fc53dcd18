"""How long one body's list takes as of an earlier moment and as of now, measured in a process of its own.

Prints one JSON document: medians in seconds, how many doctors were in the list, how many events are undone.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from statistics import median
from typing import Final

from sqlalchemy import Connection, func, select

from reval_core.config import load_settings
from reval_core.db.database import Database
from reval_core.db.tables import audit_event, doctor
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.connections import ConnectionFilter, iterate_connections
from reval_core.queries.past import open_past, read_moment, rebuild_bodies

_TIMES: Final = 5


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--as-of", type=read_moment, required=True)
    moment = arguments.parse_args().as_of
    with Database(load_settings().database_url.get_secret_value()).reading() as connection:
        largest = select(doctor.c.designated_body).where(doctor.c.designated_body.is_not(None))
        body = connection.scalar(largest.group_by(doctor.c.designated_body).order_by(func.count().desc()).limit(1))
        wanted = ConnectionFilter(bodies=frozenset({str(body)}), left_out=None)

        def list_now() -> int:
            return _count(connection, wanted)

        def list_then() -> int:
            with open_past(rebuild_bodies(connection, EVERYONE, moment, wanted.bodies)) as past:
                return _count(past, wanted)

        since = select(func.count()).where(audit_event.c.at > moment)
        figures = {
            "events": connection.scalar(since),
            "doctors": list_then(),
            "now": _seconds(list_now),
            "then": _seconds(list_then),
        }
    json.dump(figures, sys.stdout)


def _count(connection: Connection, wanted: ConnectionFilter) -> int:
    return sum(1 for _ in iterate_connections(connection, EVERYONE, wanted))


def _seconds(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        work()
        taken.append(time.perf_counter() - began)
    return median(taken)


if __name__ == "__main__":
    main()
