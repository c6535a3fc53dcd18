"""Every rule of the alerts, and asking all of them in order."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection

from reval_core.config import Settings
from reval_core.domain.alert_findings import Finding
from reval_core.domain.alerts import AlertRule
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.alerts import list_open_alerts
from reval_core.watch.rules import discrepancies, emptied, installation, records, sources, syncs
from reval_core.watch.rules.look import KeptAsTheyAre, Look, OpenAlert

Find = Callable[[Look], Iterable[Finding]]
RULES: Final[Mapping[AlertRule, Find]] = {
    AlertRule.BLOCKED: sources.find_blocks,
    AlertRule.CREDENTIALS_REFUSED: sources.find_refused_credentials,
    AlertRule.SYNC_FAILED: syncs.find_failed,
    AlertRule.ERROR_RATE: sources.find_error_rates,
    AlertRule.SYNC_PARTIAL: sources.find_partial,
    AlertRule.DATA_TOO_OLD: sources.find_old_data,
    AlertRule.SYNC_MISSED: syncs.find_missed,
    AlertRule.NO_LEADER: syncs.find_no_leader,
    AlertRule.SYNC_RUNS_LONG: syncs.find_running_long,
    AlertRule.SYNC_SLOW: syncs.find_slow,
    AlertRule.RECORD_SET_ASIDE: records.find_set_aside,
    AlertRule.CHECK_FOUND_DIFFERENCES: records.find_differences,
    AlertRule.DISCONNECTIONS_HELD: records.find_held,
    AlertRule.UNKNOWN_NOTICE_RISING: records.find_unknown_notice_rising,
    AlertRule.FIELD_EMPTIED: emptied.find_emptied,
    AlertRule.DISCREPANCIES_JUMPED: discrepancies.find_jumps,
    AlertRule.LIST_NEVER_FILLED: sources.find_never_filled,
    AlertRule.REPEATED_ERRORS: installation.find_repeated_errors,
    AlertRule.DISK_NEARLY_FULL: installation.find_full_disk,
    AlertRule.DATABASE_NEARLY_FULL: installation.find_full_database,
    AlertRule.MESSAGE_NOT_DELIVERED: installation.find_undelivered,
}
"""What finds each rule's alerts, in the order in which they are asked: what one has said, later ones do not repeat."""
_log = logging.getLogger(__name__)


class Found(NamedTuple):
    """What the rules find now, and which of them could not judge."""

    findings: Sequence[Finding]
    kept: frozenset[AlertRule]


def find_all(
    connection: Connection, settings: Settings, now: datetime, rules: Mapping[AlertRule, Find] = RULES
) -> Found:
    """Ask every rule. One that fails stops no other: its alerts stay as they are, and the log says why."""
    look = Look(connection, settings, now, _read_open(connection))
    findings: list[Finding] = []
    kept = set()
    for rule, find in rules.items():
        try:
            with connection.begin_nested():
                its = list(find(look))
        except KeptAsTheyAre:
            its = None
        except Exception:  # noqa: BLE001 - whatever it is, the other rules still have something to say
            _log.exception("the rule %s of the alerts failed; its alerts stay as they are", rule.value)
            its = None
        if its is None:
            kept.add(rule)
            look.note_kept(rule)
        else:
            findings += its
            look.note_found(rule, its)
    return Found(findings, frozenset(kept))


def _read_open(connection: Connection) -> dict[AlertRule, list[OpenAlert]]:
    before: dict[AlertRule, list[OpenAlert]] = {}
    for one in list_open_alerts(connection, EVERYONE):
        acknowledged_at = one.acknowledged.at if one.acknowledged else None
        known = OpenAlert(one.first_seen_at, one.last_seen_at, one.affected, acknowledged_at)
        before.setdefault(one.rule, []).append(known)
    return before
