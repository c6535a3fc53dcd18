"""Reading who saw what: by doctor (alone and in lists), by person, kind and time; what an office's operator sees."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection

from reval_core.db.database import Database
from reval_core.db.packed_numbers import is_packed_in, pack_numbers, unpack_numbers
from reval_core.domain.access import AccessKind
from reval_core.domain.permissions import Role
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import NoPermission
from reval_core.queries.access import AccessFilter, AccessRecord, list_access
from reval_core.queries.paging import Page
from reval_core.services.access import add_access
from tests.builders import NORTH_EAST, WESSEX, add_doctor, add_membership
from tests.queries.test_query_plans import plans_of

NOW = datetime(2026, 8, 5, 9, 30, tzinfo=UTC)
ADA = Viewer("ada@example.org")
BEN = Viewer("Ben@example.org")
OURS, IN_TIS, THEIRS, NOBODY = "7000001", "7000002", "7000003", "7999999"
AT_WESSEX = Viewer("wessex@example.org", frozenset({WESSEX}))


@pytest.fixture
def filled(database: Database) -> Database:
    """What Ada and Ben did with doctors of Wessex and North East, a minute after the other."""
    with database.writing() as connection:
        add_doctor(connection, OURS)
        add_membership(connection, "55", IN_TIS)
        add_doctor(connection, THEIRS, designated_body=NORTH_EAST)
        steps: list[tuple[Viewer, AccessKind, dict[str, Any]]] = [
            (ADA, AccessKind.SIGNED_IN, {"detail": "Groups: support", "address": "192.0.2.1"}),
            (ADA, AccessKind.OPENED_DOCTOR, {"gmc_number": OURS}),
            (ADA, AccessKind.OPENED_DOCTOR, {"gmc_number": THEIRS}),
            (BEN, AccessKind.EXPORTED, {"detail": "Filters: name “Smith”", "doctors": [OURS, THEIRS]}),
            (BEN, AccessKind.OPENED_DOCTOR, {"gmc_number": IN_TIS, "detail": "As of then"}),
            (BEN, AccessKind.FOUND_NO_DOCTOR, {"gmc_number": NOBODY}),
            (BEN, AccessKind.EXPORTED, {"doctors": [THEIRS]}),
            (AT_WESSEX, AccessKind.FOUND_NO_DOCTOR, {"gmc_number": THEIRS}),
        ]
        for minute, (person, kind, more) in enumerate(steps, 1):
            add_access(connection, person, NOW + timedelta(minutes=minute), kind, **more)
    return database


def read(database: Database, viewer: Viewer = EVERYONE, **wanted: Any) -> Page[AccessRecord]:
    with database.reading() as connection:
        return list_access(connection, viewer, AccessFilter(**wanted))


def ids(database: Database, viewer: Viewer = EVERYONE, **wanted: Any) -> list[int]:
    return [record.id for record in read(database, viewer, **wanted).rows]


def test_everything_is_listed_the_newest_first(filled: Database) -> None:
    found = read(filled)
    assert (found.total, [record.id for record in found.rows]) == (8, [8, 7, 6, 5, 4, 3, 2, 1])
    first = found.rows[-1]
    assert (first.at, first.person, first.kind) == (NOW + timedelta(minutes=1), ADA.name, AccessKind.SIGNED_IN)
    assert (first.detail, first.address, first.doctor_count) == ("Groups: support", "192.0.2.1", None)


def test_doctor_is_found_alone_and_in_lists(filled: Database) -> None:
    found = read(filled, gmc_number=OURS).rows
    assert [(one.id, one.person, one.is_in_list, one.doctor_count) for one in found] == [
        (4, BEN.name, True, 2),
        (2, ADA.name, False, None),
    ]
    assert ids(filled, gmc_number=NOBODY) == [6]
    assert ids(filled, gmc_number="7000009") == []


@pytest.mark.parametrize("typed", ["ben", "BEN@", " Ben@example.org "])
def test_person_is_found_by_the_beginning_in_any_case(filled: Database, typed: str) -> None:
    assert ids(filled, person=typed) == [7, 6, 5, 4]


@pytest.mark.parametrize("typed", ["en@", "%", "_", "ben\x00"])
def test_person_is_not_found_by_anything_else(filled: Database, typed: str) -> None:
    assert ids(filled, person=typed) == []


def test_filters_narrow_together(filled: Database) -> None:
    exports = frozenset({AccessKind.EXPORTED})
    assert ids(filled, kinds=exports) == [7, 4]
    assert ids(filled, kinds=exports, gmc_number=OURS) == [4]
    assert ids(filled, kinds=frozenset({AccessKind.OPENED_DOCTOR}), gmc_number=OURS) == [2]
    assert ids(filled, person="ada", gmc_number=OURS) == [2]
    assert ids(filled, since=NOW + timedelta(minutes=3), until=NOW + timedelta(minutes=5)) == [4, 3]
    assert ids(filled, gmc_number=THEIRS, since=NOW + timedelta(minutes=4), until=NOW + timedelta(minutes=8)) == [7, 4]


@pytest.mark.parametrize("wanted", [AccessFilter(), AccessFilter(gmc_number=THEIRS)])
def test_pages_follow_each_other_and_end(filled: Database, wanted: AccessFilter) -> None:
    with filled.reading() as connection:
        whole = [one.id for one in list_access(connection, EVERYONE, wanted).rows]
        parts = [list_access(connection, EVERYONE, wanted, number, 3) for number in (1, 2, 3, 99)]
    last = parts[0].pages
    assert [one.id for part in parts[:last] for one in part.rows] == whole
    assert (parts[3].number, parts[3].total) == (last, len(whole))


@pytest.mark.parametrize("role", [Role.VIEWER, Role.ADMIN])
def test_only_operators_may_read_them(filled: Database, role: Role) -> None:
    with pytest.raises(NoPermission, match="see who looked at what"):
        read(filled, Viewer("Somebody", role=role))


def test_operator_of_one_office_sees_what_concerns_its_doctors_and_what_they_did(filled: Database) -> None:
    assert ids(filled, AT_WESSEX) == [8, 5, 2]
    assert ids(filled, AT_WESSEX, person="ada") == [2]
    assert ids(filled, AT_WESSEX, gmc_number=THEIRS) == [8]
    assert ids(filled, AT_WESSEX, gmc_number=NOBODY) == []


def test_operator_of_one_office_learns_nothing_else_of_a_list_with_their_doctor(filled: Database) -> None:
    listed, opened = read(filled, AT_WESSEX, gmc_number=OURS).rows
    assert (listed.id, listed.person, listed.is_in_list, listed.detail) == (4, BEN.name, True, None)
    assert opened.id == 2


def test_packed_numbers_are_all_there_and_no_others() -> None:
    numbers = ["0000001", "7000001", "7000001", "9999999"]
    packed = pack_numbers(numbers)
    assert list(unpack_numbers(packed)) == sorted(set(numbers))
    assert [is_packed_in(packed, number) for number in ("0000001", "9999999", "7000002", "0000000")] == [
        True, True, False, False,
    ]  # fmt: skip
    assert not is_packed_in(pack_numbers([]), "7000001")


def test_filter_says_what_it_asks_for() -> None:
    assert AccessFilter().say() == "everything"
    kinds = frozenset({AccessKind.EXPORTED})
    said = AccessFilter(OURS, " Ada", kinds, NOW, NOW + timedelta(days=1)).say()
    assert said == (
        "doctor 7000001; person “Ada”; exported a list; from 5 August 2026 at 10:30; before 6 August 2026 at 10:30"
    )


WANTED = {
    "doctor": AccessFilter(OURS),
    "person": AccessFilter(person="Person 12"),
    "kind": AccessFilter(kinds=frozenset({AccessKind.EXPORTED})),
    "time": AccessFilter(since=NOW, until=NOW + timedelta(hours=1)),
    "all of them": AccessFilter(
        OURS, "Person 12", frozenset({AccessKind.EXPORTED}), NOW, NOW + timedelta(hours=1)
    ),
}  # fmt: skip


@pytest.mark.parametrize("viewer", [EVERYONE, AT_WESSEX], ids=["of all", "of one office"])
@pytest.mark.parametrize("wanted", WANTED.values(), ids=WANTED.keys())
def test_no_filter_reads_the_whole_table(filled: Database, wanted: AccessFilter, viewer: Viewer) -> None:
    def ask(connection: Connection) -> object:
        return list_access(connection, viewer, wanted)

    if not filled.is_sqlite:  # whose plans are those that need no statistics
        return
    steps = plans_of(filled, ask)
    assert [step for step in steps if "access_event" in step]
    assert not [step for step in steps if step.startswith("SCAN access_event") and "USING" not in step]
