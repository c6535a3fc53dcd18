"""Asks every rule what it finds now, and brings the alerts in line with it. To be done again and again, by one process
or several.
"""

from datetime import datetime

from reval_core.config import Settings
from reval_core.db.database import Database, Writing
from reval_core.services.alerts import record_findings
from reval_core.watch.rules.all_rules import find_all


def watch(database: Database, settings: Settings, now: datetime, writing: Writing | None = None) -> None:
    """Open, update and end alerts as the rules find things now.

    `writing` opens the transaction in which that is stored, such as that of a leader; any other process may do it too.
    """
    with database.reading() as connection:
        found = find_all(connection, settings, now)
    with (writing or database.writing)() as connection:
        record_findings(connection, found.findings, found.kept, now)
