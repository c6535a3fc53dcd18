"""The check after a run: silent on whatever a run leaves behind, and naming each doctor altered behind its back."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final, NamedTuple

import pytest
import zstandard
from sqlalchemy import Table, delete, insert, select, update

from reval_core.db.tables import audit_event, check_difference, doctor, gmc_answer, set_aside, sync_run
from reval_core.domain.failures import FailureKind
from reval_core.domain.standing import Standing
from reval_core.domain.statuses import RunStatus
from reval_core.errors import SyncCancelled
from reval_core.simulator.faults import FaultKind
from reval_core.simulator.world import PlannedMove
from reval_core.sync.check import CheckResult, check_stored
from reval_core.sync.check_staging import VALUES
from tests.builders import NORTH_EAST, THAMES_VALLEY, WESSEX
from tests.sync.scene import BODIES, Scene, latest_run_open_again, state_of

NUMBER: Final = "7999999"
"""Nobody's."""


class Found(NamedTuple):
    """One difference as it is stored."""

    designated_body: str
    gmc_number: str | None
    kind: str
    field: str | None = None
    sent: str | None = None
    shown: str | None = None


def check(scene: Scene) -> tuple[CheckResult, list[Found]]:
    """Check once more, under the latest run; returns what this check found beside its result."""
    columns = [check_difference.c[name] for name in Found._fields]
    before = [row.id for row in scene.rows(check_difference)]
    with latest_run_open_again(scene) as run:
        result = check_stored(run)
    with scene.database.reading() as connection:
        added = select(*columns).where(check_difference.c.id.not_in(before)).order_by(check_difference.c.id)
        found = [Found._make(row) for row in connection.execute(added)]
    assert result.differences == len(found)
    return result, found


def assert_silent(scene: Scene) -> None:
    result, found = check(scene)
    assert (found, result.bodies_unchecked) == ([], ())
    assert result.checked_doctors == len({(body, number) for body in BODIES for number in scene.listed(body) if number})


def alter(scene: Scene, gmc_number: str, **values: Any) -> None:
    """Alter a doctor's row behind the product's back."""
    write(scene, update(doctor).where(doctor.c.gmc_number == gmc_number).values(**values))


def drop(scene: Scene, table: Table, *conditions: Any) -> None:
    write(scene, delete(table).where(*conditions))


def write(scene: Scene, statement: Any) -> None:
    with scene.database.writing() as connection:
        connection.execute(statement)


def rewrite_answer(scene: Scene, body: str, change: Callable[[str], str]) -> None:
    """Alter a body's accepted answer behind the product's back."""
    its_answer = gmc_answer.c.id == scene.source(body).accepted_answer_id
    (row,) = scene.rows(gmc_answer, its_answer)
    raw = change(zstandard.decompress(row.body).decode()).encode()
    write(scene, update(gmc_answer).where(its_answer).values(body=zstandard.compress(raw)))


def element_of(text: str, gmc_number: str) -> str:
    start = text.index(f"<GetDoctorsForDBResponse_Doctor><GMCReferenceNumber>{gmc_number}<")
    end = "</GetDoctorsForDBResponse_Doctor>"
    return text[start : text.index(end, start) + len(end)]


def test_what_a_sync_leaves_has_no_difference(synced: Scene) -> None:
    assert_silent(synced)
    outcome = synced.sync()
    assert (outcome.status, outcome.run.differences) == (RunStatus.SUCCEEDED, 0)
    assert outcome.run.checked_doctors == sum(len(synced.listed(body)) for body in BODIES)
    assert outcome.run.checked_at == synced.clock()


def test_nothing_synced_yet_is_nothing_to_check(scene: Scene) -> None:
    scene.fault(FaultKind.BLOCKED)
    scene.sync()
    assert check(scene) == (CheckResult(0, 0, ()), [])


def test_each_altered_value_is_named_and_put_right(synced: Scene) -> None:
    before = synced.rows(doctor)
    altered = dict(zip(VALUES, synced.listed(WESSEX), strict=False))
    expected = []
    for name, number in altered.items():
        sent = getattr(synced.doctor(number), name)
        shown = date(1999, 12, 31) if name in ("submission_date", "date_added") else "altered"
        alter(synced, number, **{name: shown})
        expected.append(Found(WESSEX, number, "value_differs", name, str(sent) if sent else None, str(shown)))

    assert sorted(check(synced)[1]) == sorted(expected)

    assert {synced.doctor(number).as_sent for number in altered.values()} == {None}
    outcome = synced.sync()
    assert (outcome.status, outcome.run.differences) == (RunStatus.SUCCEEDED, 0)
    assert [row[:14] for row in synced.rows(doctor)] == [row[:14] for row in before]
    events = synced.events(audit_event.c.run_id == outcome.run.id, audit_event.c.source == "gmc")
    assert {(event.gmc_number, event.field) for event in events} == {(one, name) for name, one in altered.items()}


def test_altered_doctor_is_told_by_the_run_and_put_right_by_the_next(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    before = synced.doctor(number)
    alter(synced, number, last_name=None, sanction="Warning")

    outcome = synced.sync()

    assert (outcome.status, outcome.run.failure) == (RunStatus.PARTIAL, FailureKind.DIFFERENCES_FOUND)
    assert outcome.run.differences == 2
    assert [(row.field, row.shown) for row in synced.rows(check_difference)] == [
        ("last_name", None),
        ("sanction", "Warning"),
    ]
    assert synced.sync().status is RunStatus.SUCCEEDED
    assert synced.doctor(number)[:14] == before[:14]


def test_deleted_doctor_is_missing_until_the_next_sync(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    drop(synced, doctor, doctor.c.gmc_number == number)
    assert check(synced)[1] == [Found(WESSEX, number, "missing", "designated_body", WESSEX)]
    assert synced.sync().run.created == 1
    assert_silent(synced)


def test_doctor_disconnected_behind_the_back_is_missing(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    alter(synced, number, designated_body=None)
    assert check(synced)[1] == [Found(WESSEX, number, "missing", "designated_body", WESSEX)]
    synced.sync()
    assert_silent(synced)


@pytest.mark.parametrize("body", [WESSEX, "1-NOBODY"])
def test_doctor_connected_behind_the_back_is_unexpected(synced: Scene, body: str) -> None:
    copied = synced.doctor(synced.listed(WESSEX)[0])._asdict()
    write(synced, insert(doctor).values(copied | {"gmc_number": NUMBER, "designated_body": body}))
    assert check(synced)[1] == [Found(body, NUMBER, "unexpected", "designated_body", None, body)]
    if body == WESSEX:
        assert synced.sync().run.disconnected == 1
        assert_silent(synced)


@pytest.mark.parametrize("has_other_answer", [False, True])
def test_doctors_moved_behind_the_back_are_named(synced: Scene, has_other_answer: bool) -> None:
    there, here = synced.listed(NORTH_EAST)[0], synced.listed(WESSEX)[0]
    other_answer = synced.source(THAMES_VALLEY).accepted_answer_id if has_other_answer else None
    alter(synced, there, designated_body=WESSEX, confirmed_answer_id=other_answer)
    alter(synced, here, designated_body=NORTH_EAST, confirmed_answer_id=other_answer)

    found = check(synced)[1]

    unexpected = {(one.designated_body, one.gmc_number) for one in found if one.kind == "unexpected"}
    assert unexpected == {(WESSEX, there), (NORTH_EAST, here)}
    # Of whom the last word comes from a later answer, nothing is missing in the earlier.
    assert all((one.kind, one.sent) == ("missing", one.designated_body) for one in found if one.kind != "unexpected")
    synced.sync()
    synced.sync()
    assert_silent(synced)


def test_entries_that_cannot_be_read_are_accounted_for(synced: Scene) -> None:
    for number, (field, text) in zip(
        synced.listed(WESSEX),
        [("SubmissionDate", "31/02/2024"), ("DateAdded", "1/2/2026"), ("GMCReferenceNumber", "71234"),
         ("GMCReferenceNumber", None)],
        strict=False,
    ):  # fmt: skip
        synced.alter(number, field, text)
    assert synced.sync().run.set_aside == 4
    assert check(synced) == (CheckResult(_count_numbers(synced), 0, ()), [])

    drop(synced, set_aside)

    numbered = synced.listed(WESSEX)[:2]
    assert set(check(synced)[1]) == {Found(WESSEX, number, "miscounted", None, "1", "0") for number in numbered} | {
        Found(WESSEX, None, "miscounted", None, "2", "0")
    }
    assert synced.sync().run.differences == 0


def test_entry_set_aside_that_nobody_sent_is_miscounted(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    synced.alter(number, "SubmissionDate", "31/02/2024")
    synced.sync()
    (row,) = synced.rows(set_aside)
    copies: list[dict[str, Any]] = [{"gmc_number": NUMBER, "id": 11}, {"gmc_number": None, "id": 12}, {"id": 13}]
    for copy in copies:
        write(synced, insert(set_aside).values(row._asdict() | copy))
    assert set(check(synced)[1]) == {
        Found(WESSEX, NUMBER, "miscounted", None, "0", "1"),
        Found(WESSEX, None, "miscounted", None, "0", "1"),
        Found(WESSEX, number, "miscounted", None, "1", "2"),
    }


def test_number_listed_twice_is_shown_once_and_set_aside_once(synced: Scene) -> None:
    first, second, third, fourth = synced.listed(WESSEX)[:4]
    synced.alter(second, "GMCReferenceNumber", first)
    synced.alter(third, "GMCReferenceNumber", fourth)  # stands before the one whose number it has
    synced.sync()
    assert check(synced)[1] == []

    drop(synced, set_aside, set_aside.c.gmc_number == first)
    alter(synced, fourth, breach="altered")

    miscounted, differs = sorted(check(synced)[1], key=lambda one: one.kind)
    assert miscounted == Found(WESSEX, first, "miscounted", None, "2", "1")
    assert differs[:4] == (WESSEX, fourth, "value_differs", "breach")
    assert synced.sync().run.differences == 0


@pytest.mark.parametrize("word", ["Perhaps", "on-HOLD", " yes ", "?", "", "Yes1", None])
def test_any_word_for_under_notice_is_understood_alike(synced: Scene, word: str | None) -> None:
    synced.alter(synced.listed(WESSEX)[0], "UnderNotice", word)
    assert synced.sync().run.differences == 0


def test_doctor_in_two_lists_of_a_run_is_accounted_for(synced: Scene) -> None:
    moves = {synced.listed(body)[0]: body for body in BODIES}
    for number, body in moves.items():
        for other in BODIES:
            if other != body:
                synced.simulator.world.plan_move(PlannedMove(number, other, after_list_of=body))
    for _ in range(3):
        assert synced.sync(parallel_requests=1).run.differences == 0


def test_doctors_moving_between_partial_syncs_are_accounted_for(synced: Scene) -> None:
    number, other = synced.listed(WESSEX)[:2]
    for body in (NORTH_EAST, THAMES_VALLEY, WESSEX, NORTH_EAST):
        synced.simulator.world.move(number, body)
        synced.alter(number, "Breach", body)
        assert synced.sync(bodies=(body,)).run.differences == 0
        assert synced.doctor(number).designated_body == body
    synced.simulator.world.move(other, None)
    synced.simulator.world.move(number, None)
    for body in BODIES:
        assert synced.sync(bodies=(body,)).run.differences == 0
    assert synced.doctor(number).designated_body is None


def test_doctor_found_by_a_second_look_is_accounted_for(synced: Scene) -> None:
    """Their new body's list was not asked for, and so does not have them yet."""
    number = synced.listed(WESSEX)[0]
    synced.simulator.world.move(number, NORTH_EAST)
    synced.sync(bodies=(WESSEX,))
    assert synced.doctor(number).designated_body == NORTH_EAST
    assert check(synced)[1] == []

    unexpected = Found(NORTH_EAST, number, "unexpected", "designated_body", None, NORTH_EAST)
    for answer_id in (None, synced.source(WESSEX).accepted_answer_id, synced.source(NORTH_EAST).accepted_answer_id):
        alter(synced, number, confirmed_answer_id=answer_id)
        assert check(synced)[1][-1] == unexpected


def test_doctors_marked_as_not_confirmed_are_no_difference(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    synced.simulator.world.move(number, None)
    synced.fault(FaultKind.BLOCKED, NORTH_EAST, times=1)
    assert synced.sync().run.differences == 0
    assert synced.doctor(number).standing == Standing.UNCONFIRMED

    synced.clock.advance(hours=1)
    synced.fault(FaultKind.EMPTY_LIST, THAMES_VALLEY)
    outcome = synced.sync()
    assert (outcome.run.withheld, outcome.run.differences) == (len(synced.listed(THAMES_VALLEY)), 0)


def test_rewritten_answer_is_read_anew_and_with_care(synced: Scene) -> None:
    twice, gone, malformed = synced.listed(WESSEX)[:3]

    def change(text: str) -> str:
        entry = element_of(text, gone)
        text = text.replace(entry, entry.replace(gone, NUMBER))
        entry = element_of(text, malformed)
        text = text.replace(entry, entry.replace("<Breach>", "<Sanction>First</Sanction><Breach>"))
        entry = element_of(text, twice)
        return text.replace(entry, entry + entry)

    rewrite_answer(synced, WESSEX, change)
    assert set(check(synced)[1]) == {
        Found(WESSEX, NUMBER, "missing", "designated_body", WESSEX),
        Found(WESSEX, gone, "unexpected", "designated_body", None, WESSEX),
        Found(WESSEX, malformed, "miscounted", None, "1", "0"),
        Found(WESSEX, twice, "miscounted", None, "2", "1"),
    }


@pytest.mark.parametrize("spoil", [None, b"no zstandard", zstandard.compress(b"<html/>")])
def test_body_without_a_readable_answer_is_not_checked(synced: Scene, spoil: bytes | None) -> None:
    its_answer = gmc_answer.c.id == synced.source(WESSEX).accepted_answer_id
    statement: Any = delete(gmc_answer) if spoil is None else update(gmc_answer).values(body=spoil)
    write(synced, statement.where(its_answer))
    alter(synced, synced.listed(WESSEX)[0], sanction="altered")

    result, found = check(synced)

    assert (result.bodies_unchecked, found) == ((WESSEX,), [Found(WESSEX, None, "unreadable")])
    assert result.checked_doctors == len(synced.listed(NORTH_EAST)) + len(synced.listed(THAMES_VALLEY))
    assert synced.sync().run.differences > 0
    assert synced.sync().status is RunStatus.SUCCEEDED


def test_cancelled_check_leaves_nothing_behind(synced: Scene) -> None:
    alter(synced, synced.listed(WESSEX)[0], sanction="altered")
    before = state_of(synced.database)
    write(synced, update(sync_run).values(cancel_requested_at=synced.clock(), cancel_requested_by="Ada"))
    with pytest.raises(SyncCancelled):
        check(synced)
    assert (state_of(synced.database), synced.rows(check_difference)) == (before, [])
    write(synced, update(sync_run).values(cancel_requested_at=None))
    assert len(check(synced)[1]) == 1


def _count_numbers(scene: Scene) -> int:
    return len({number for body in BODIES for number in scene.listed(body) if number and len(number) == 7})
