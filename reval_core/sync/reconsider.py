"""Whose discrepancies a run looks at anew: everyone for whom something changed or a date passed; all when in doubt.

For everyone else, the same rules on the same facts would find the same again.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, delete, insert

from reval_core.db.tables import reconciliation
from reval_core.domain.discrepancies import RULES_VERSION, find_discrepancies
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.membership import Membership, group_by_number
from reval_core.domain.sources import TIS
from reval_core.sync import held, plan


@dataclass(frozen=True, slots=True)
class Scope:
    """The GMC numbers, and the people in TIS, to look at; `numbers` `None`: everyone."""

    numbers: frozenset[str] | None
    people: frozenset[str]


@dataclass(slots=True)
class Reconsidered:
    """What follows for those looked at: their memberships, summaries that change (old, new), discrepancies by unit."""

    today: date
    by_number: Mapping[str, list[Membership]]
    summaries: dict[str, tuple[held.Summary, held.Summary]]
    discrepancies: dict[str, plan.DiscrepancyChanges]

    def summary_of(self, record: GmcRecord) -> held.Summary:
        """What lists show of TIS beside this doctor."""
        return plan.summarise(self.by_number.get(record.gmc_number, ()), self.today, record.designated_body)


def choose_scope(
    connection: Connection,
    today: date,
    heard_sources: Iterable[str],
    changed_numbers: Iterable[str],
    touched: Iterable[Membership],
) -> Scope:
    """Whom to look at. `heard_sources` are all heard from, this run included; `touched` the memberships that differ."""
    last = held.load_reconciled(connection)
    same_rules = last is not None and last.rules_version == RULES_VERSION
    if last is None or not same_rules or last.heard_sources != _as_text(heard_sources) or today < last.day:
        return Scope(None, frozenset())
    numbers, people = set(changed_numbers), set()
    turning = held.load_turning(connection, last.day, today) if last.day < today else ()
    for person, number in (*turning, *((one.tcs_person_id, one.gmc_number) for one in touched)):
        people.add(person)
        if number is not None:
            numbers.add(number)
    return Scope(frozenset(numbers), frozenset(people))


def reconsider(
    connection: Connection,
    scope: Scope,
    today: date,
    heard_sources: Iterable[str],
    records: Mapping[str, GmcRecord],
    unread_numbers: Collection[str],
    units: Mapping[str, str],
) -> Reconsidered:
    """Find the discrepancies and summaries of those in scope, as they will be after the run.

    `records` are the doctors that this run changes, as they will be, `unread_numbers` those set aside after it; the
    memberships are read as the run has just written them. Until TIS has been heard from, nobody can disagree with it.
    """
    heard = set(heard_sources)
    known = held.load_records(connection, scope.numbers)
    after = known | {number: records[number] for number in records if scope.numbers is None or number in scope.numbers}
    by_number, unnumbered = _memberships(connection, scope)
    found = find_discrepancies(after, by_number, unnumbered, today, heard, unread_numbers) if TIS in heard else ()
    still_open = held.load_open_discrepancies(connection, scope.numbers, scope.people)
    reconsidered = Reconsidered(today, by_number, {}, plan.compare_discrepancies(still_open, found, units))
    for number, before in held.load_summaries(connection, scope.numbers).items():
        summary = reconsidered.summary_of(after[number])
        if summary != before:
            reconsidered.summaries[number] = (before, summary)
    return reconsidered


def put_in_doubt(connection: Connection) -> None:
    """From the first change of a run until its end, not every discrepancy is up to date."""
    connection.execute(delete(reconciliation))


def put_beyond_doubt(connection: Connection, run_id: int, today: date, heard_sources: Iterable[str]) -> None:
    """Every discrepancy is up to date, for this day, by today's rules."""
    state = {"day": today, "rules_version": RULES_VERSION, "heard_sources": _as_text(heard_sources)}
    connection.execute(insert(reconciliation).values(run_id=run_id, **state))


def _memberships(connection: Connection, scope: Scope) -> tuple[dict[str, list[Membership]], list[Membership]]:
    if scope.numbers is None:
        return group_by_number(held.load_memberships(connection, None))
    by_number, _ = group_by_number(held.load_memberships(connection, scope.numbers))
    _, unnumbered = group_by_number(held.load_memberships_of_people(connection, scope.people))
    return by_number, unnumbered


def _as_text(sources: Iterable[str]) -> str:
    return ",".join(sorted(sources))
