"""Rules about the installation: people who meet errors, the disk, the database, messages that do not arrive."""

import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Row, Select, select, text

from reval_core.db.tables import incident, notification
from reval_core.domain.alert_findings import Affected, Finding
from reval_core.domain.alerts import AlertRule
from reval_core.domain.failures import FailureKind
from reval_core.domain.incidents import REPEATED_WITHIN, is_repeated
from reval_core.domain.messages import MessageStatus
from reval_core.queries.stored import as_member
from reval_core.watch.rules.look import Look

NEARLY: Final = 0.9
"""From this part of its limit on the database counts as nearly full."""
FAILED_ATTEMPTS: Final = 3
_WITHIN: Final = timedelta(days=2)
_GIGABYTE: Final = 1_000_000_000


def find_repeated_errors(look: Look) -> Iterator[Finding]:
    """People who met three failures or more within the last hour, each by themselves."""
    i = incident.c
    query = select(i.person, i.reference, i.failure, i.at).where(i.at > look.now - REPEATED_WITHIN, i.at <= look.now)
    rows = look.connection.execute(query.order_by(i.person, i.at)).all()
    for person, group in groupby(rows, key=lambda row: row.person):
        met = list(group)
        if is_repeated(len(met)):
            yield Finding(
                AlertRule.REPEATED_ERRORS,
                f"One person met {len(met)} errors within an hour",
                tuple(Affected(as_member(FailureKind, row.failure).headline, reference=row.reference) for row in met),
                subject=person,
                detail=f"Who: {person}",
                reference=met[-1].reference,
            )


def find_full_disk(look: Look) -> Iterator[Finding]:
    """Little is free on the disk that holds an embedded database. That of a database server is not ours to see."""
    path = _database_file(look)
    if path is None:
        return
    usage = shutil.disk_usage(path.parent)
    free = 100 * usage.free / usage.total if usage.total else 100.0
    if free < look.settings.disk_free_percent:
        said = f"{usage.free / _GIGABYTE:,.1f} of {usage.total / _GIGABYTE:,.1f} GB are free."
        yield Finding(AlertRule.DISK_NEARLY_FULL, AlertRule.DISK_NEARLY_FULL.label, detail=said)


def find_full_database(look: Look) -> Iterator[Finding]:
    """The database has grown to nine tenths of what it may have."""
    limit = look.settings.database_limit_gigabytes
    if limit is None:
        return
    gigabytes = _size_in_bytes(look) / _GIGABYTE
    if gigabytes >= NEARLY * limit:
        said = f"It has {gigabytes:,.2f} GB; the limit is {limit:g} GB."
        yield Finding(AlertRule.DATABASE_NEARLY_FULL, AlertRule.DATABASE_NEARLY_FULL.label, detail=said)


def find_undelivered(look: Look) -> Iterator[Finding]:
    """Channels by which a message cannot be delivered, after several attempts, or was given up and none has been since.

    One that is still tried counts, too, if others have been delivered since: what it says has not been said.
    """
    n = notification.c
    query: Select[Any] = select(n.channel, n.made_at, n.status, n.attempts, n.failure_detail, n.sent_at)
    rows = look.connection.execute(query.where(n.made_at >= look.now - _WITHIN).order_by(n.id)).all()
    for channel in look.settings.channels:
        its = [row for row in rows if row.channel == channel]
        sent_at = max((row.sent_at for row in its if row.sent_at), default=None)
        failed = [row for row in its if _has_failed(row, sent_at)]
        if failed:
            yield Finding(
                AlertRule.MESSAGE_NOT_DELIVERED,
                f"Messages by {channel.label} cannot be delivered",
                (Affected(failed[-1].failure_detail or "No reason is known.", name=channel.label),),
                subject=channel,
            )


def _has_failed(row: Row[Any], sent_at: datetime | None) -> bool:
    if row.status == MessageStatus.GIVEN_UP:
        return sent_at is None or sent_at < row.made_at
    return bool(row.status != MessageStatus.SENT and row.attempts >= FAILED_ATTEMPTS)


def _database_file(look: Look) -> Path | None:
    url = look.connection.engine.url
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _size_in_bytes(look: Look) -> int:
    path = _database_file(look)
    if path is None:
        return int(look.connection.scalar(text("SELECT pg_database_size(current_database())")) or 0)
    files = [path, path.with_name(f"{path.name}-wal")]
    return sum(file.stat().st_size for file in files if file.exists())
