"""What must hold after any run, whatever was answered: all accounted for, nobody lost, nothing of anyone's mixed.

Worked out from the rows before and after and from the kept answers, not from how a run decides.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

import orjson
import zstandard
from sqlalchemy import Row

from reval_core.db.tables import check_difference, gmc_answer
from reval_core.domain.connections import as_sent
from reval_core.domain.doctor import GmcRecord, parse_gmc_number
from reval_core.domain.failures import FailureKind
from reval_core.domain.sources import TIS
from reval_core.domain.standing import Standing
from reval_core.domain.statuses import BodyStatus, RunStatus
from reval_core.errors import UpstreamError
from reval_core.gmc.excerpt import entries_xml
from reval_core.gmc.reply import Entry, read_doctor_list
from tests.hostile.checks import assert_storable, serials_in
from tests.hostile.stage import Snapshot, Stage
from tests.sync.scene import Outcome, assert_accounted_for

_OF_SOURCES: Final = {error.kind for error in UpstreamError.__subclasses__()}
_NOT_OURS: Final = ("return code 80", "return code 81")
_FROM_TIS: Final = {
    "programme_name", "programme_owner", "tis_designated_body", "membership_type", "membership_end_date", "is_left_out",
    "changed_at",
}  # fmt: skip


@dataclass(frozen=True)
class AcceptedList:
    """A body's list as it was kept: its entries, their exact texts, and those texts that were set aside."""

    entries: list[Entry]
    texts: list[str]
    aside: list[str]

    def taken(self) -> dict[str, Entry]:
        """The entries that were not set aside, by number."""
        left = Counter(self.aside)
        taken: dict[str, Entry] = {}
        for entry, text in zip(self.entries, self.texts, strict=True):
            if left[text]:
                left[text] -= 1
                continue
            number = parse_gmc_number(entry[0])
            assert number is not None, text
            assert number not in taken or as_sent(taken[number]) == as_sent(entry), text
            taken[number] = entry
        return taken


def check_run(stage: Stage, outcome: Outcome, before: Snapshot) -> dict[str, AcceptedList]:
    """Check all that must hold of a run and of what it left behind; returns the lists that were accepted."""
    after = stage.snapshot()
    assert not stage.rows(check_difference, check_difference.c.run_id == outcome.run.id)
    assert_outcome_in_words(outcome)
    assert_accounted_for(outcome)
    accepted = _accepted_lists(stage, outcome, after)
    _check_accounts(outcome, accepted)
    _check_everyone(stage, outcome, before, after, accepted)
    _check_memberships(outcome, before, after)
    return accepted


def assert_outcome_in_words(outcome: Outcome) -> None:
    """Check that the run ended by itself, with no fault of our own, and that each failure is told in words."""
    parts = outcome.parts.values()
    assert outcome.status in (RunStatus.SUCCEEDED, RunStatus.PARTIAL, RunStatus.FAILED)
    assert outcome.run.failure in (None, FailureKind.DISCONNECTIONS_HELD, *_OF_SOURCES), outcome.run.failure_detail
    assert {part.status for part in parts} <= {BodyStatus.SUCCEEDED, BodyStatus.FAILED}
    is_any_list_taken = any(part.status == BodyStatus.SUCCEEDED for part in parts if part.source != TIS)
    assert (outcome.status is RunStatus.FAILED) == (not is_any_list_taken)
    for part in parts:
        if part.status == BodyStatus.FAILED:
            assert part.failure in _OF_SOURCES
            assert part.failure_detail
            assert_storable(part.failure_detail, longest=600)
    assert outcome.run.differences == 0


def _accepted_lists(stage: Stage, outcome: Outcome, after: Snapshot) -> dict[str, AcceptedList]:
    accepted = {}
    for source, part in outcome.parts.items():
        if source != TIS and part.status == BodyStatus.SUCCEEDED:
            (answer,) = stage.rows(gmc_answer, gmc_answer.c.id == part.answer_id)
            raw = zstandard.decompress(answer.body)
            entries = read_doctor_list(raw).entries
            texts = entries_xml(raw, range(len(entries)))
            aside = [row.excerpt for row in after.set_aside if _is_of(row, source, outcome)]
            accepted[source] = AcceptedList(entries, list(texts.values()), aside)
    return accepted


def _is_of(aside: Row[Any], source: str, outcome: Outcome) -> bool:
    """Whether this was set aside by this run, from this source."""
    assert aside.reason
    assert_storable(aside.reason, longest=400)
    return bool(aside.source == source and aside.last_run_id == outcome.run.id and aside.resolved_at is None)


def _check_accounts(outcome: Outcome, accepted: dict[str, AcceptedList]) -> None:
    for source, one in accepted.items():
        part = outcome.parts[source]
        assert part.received == len(one.entries)
        assert part.set_aside == len(one.aside)
        assert not Counter(one.aside) - Counter(one.texts), "set aside with another text than was sent"
        assert part.created + part.changed + part.unchanged == len(one.taken())


def _check_everyone(
    stage: Stage, outcome: Outcome, before: Snapshot, after: Snapshot, accepted: dict[str, AcceptedList]
) -> None:
    listed = {number: (body, entry) for body, one in accepted.items() for number, entry in one.taken().items()}
    assert sum(len(one.taken()) for one in accepted.values()) == len(listed), "a doctor was taken from two lists"
    assert after.doctors.keys() == before.doctors.keys() | listed.keys()
    for number, row in after.doctors.items():
        assert row.standing in list(Standing)
        if number in listed:
            _check_listed(row, *listed[number])
        elif row.confirmed_answer_id and row.confirmed_answer_id != before.doctors[number].confirmed_answer_id:
            _check_found_by_second_look(stage, outcome, row)
        else:
            _check_unlisted(outcome, before.doctors[number], row, accepted)


def _check_listed(row: Row[Any], body: str, entry: Entry) -> None:
    """A doctor in an accepted list is shown in that body, with what that one entry says."""
    assert (row.designated_body, row.standing, row.as_sent) == (body, Standing.CONFIRMED, as_sent(entry))
    said = [str(value) for value in (row.first_name, row.last_name, row.doctor_status, row.sanction) if value]
    assert all(value in {text.strip() for text in entry} for value in said)
    assert serials_in(*map(str, record_of(row))) <= serials_in(*entry)


def _check_found_by_second_look(stage: Stage, outcome: Outcome, row: Row[Any]) -> None:
    """A doctor in no list, whom a later look found: shown with what that answer says."""
    (answer,) = stage.rows(gmc_answer, gmc_answer.c.id == row.confirmed_answer_id)
    if answer.run_id == outcome.run.id:
        assert (answer.is_second_look, answer.designated_body) == (True, row.designated_body)
        entries = read_doctor_list(zstandard.decompress(answer.body)).entries
        theirs = [entry for entry in entries if parse_gmc_number(entry[0]) == row.gmc_number]
        assert any(serials_in(*map(str, record_of(row))) <= serials_in(*entry) for entry in theirs)


def _check_unlisted(outcome: Outcome, before: Row[Any], after: Row[Any], accepted: dict[str, AcceptedList]) -> None:
    """A doctor in no accepted list stays as they were, but for a connection that may be gone and how sure we are."""
    is_list_new = before.designated_body in accepted
    may_differ = _FROM_TIS if outcome.stands(TIS, BodyStatus.SUCCEEDED) else set()
    if is_list_new:
        may_differ = may_differ | {
            *("designated_body", "former_designated_body", "standing", "confirmed_at", "confirmed_answer_id"),
            *("as_sent", "changed_at", "openly_changed_at"),
        }
    differing = {name for name, old, new in zip(before._fields, before, after, strict=True) if old != new}
    assert differing <= may_differ, differing
    if is_list_new and after.designated_body == before.designated_body:
        assert after.standing != Standing.CONFIRMED
    if after.designated_body != before.designated_body:
        assert after.designated_body is None
        assert after.former_designated_body == before.designated_body
        assert all(_cannot_hide_anyone(part) for part in outcome.parts.values() if part.source != TIS)


def _cannot_hide_anyone(part: Row[Any]) -> bool:
    """Whether a doctor can hardly be in this list: it was accepted, or the GMC says that it is not ours."""
    return bool(part.status == BodyStatus.SUCCEEDED or any(code in part.failure_detail for code in _NOT_OURS))


def _check_memberships(outcome: Outcome, before: Snapshot, after: Snapshot) -> None:
    part = outcome.parts[TIS]
    if part.status != BodyStatus.SUCCEEDED:
        assert after.memberships == before.memberships
        return
    aside = [row for row in after.set_aside if _is_of(row, TIS, outcome)]
    assert part.set_aside == len(aside)
    assert len(after.memberships) == part.received - len(aside) + part.kept
    for row in aside:
        orjson.loads(row.excerpt)
    for row in after.memberships:
        assert len(serials_in(*map(str, row))) <= 1, row


def record_of(row: Row[Any]) -> tuple[object, ...]:
    """What the GMC said of a doctor, and how sure we are."""
    return (*(getattr(row, name) for name in GmcRecord._fields), row.standing)
