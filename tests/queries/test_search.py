"""Finding people by what someone typed, in the GMC's lists and in TIS."""

import pytest

from reval_core.db.database import Database
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.connections import ConnectionFilter, list_connections
from reval_core.queries.search import find_doctors
from tests.builders import NORTH_EAST, WESSEX, add_doctor, add_membership

AT_NORTH_EAST = Viewer("north east", frozenset({NORTH_EAST}))


@pytest.fixture
def database_with_people(database: Database) -> Database:
    with database.writing() as connection:
        add_doctor(connection, "7000001", first_name="Anna", last_name="de Vries")
        add_doctor(connection, "7000002", first_name="Siân", last_name="O'Néill")
        add_doctor(connection, "7000003", first_name="Mary Jane", last_name="Smith-Jones")
        add_doctor(connection, "7100004", first_name="Vera", last_name="Adams")
        add_doctor(connection, "7100005", first_name="100%", last_name="_")
    return database


def found(database: Database, text: str, viewer: Viewer = EVERYONE) -> list[str]:
    with database.reading() as connection:
        return sorted(one.gmc_number or "" for one in find_doctors(connection, viewer, text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7000001", ["7000001"]),
        ("  7000001 ", ["7000001"]),
        ("71", ["7100004", "7100005"]),
        ("70000011", []),
        ("devr", ["7000001"]),
        ("de Vries", ["7000001"]),
        ("DE VRIES, anna", ["7000001"]),
        ("Anna de Vries", ["7000001"]),
        ("de vries an", ["7000001"]),
        ("oneill", ["7000002"]),
        ("O’NEILL", ["7000002"]),
        ("sian o'n", ["7000002"]),
        ("Smith-Jones", ["7000003"]),
        ("mary jane", ["7000003"]),
        ("smithjones mary", ["7000003"]),
        ("ve", ["7100004"]),
        ("ries", []),
        ("100%", ["7100005"]),
    ],
)
def test_number_or_name_is_found_by_its_beginning(
    database_with_people: Database, text: str, expected: list[str]
) -> None:
    assert found(database_with_people, text) == expected
    with database_with_people.reading() as connection:
        listed = list_connections(connection, EVERYONE, ConnectionFilter(search=text)).rows
    assert sorted(one.gmc_number for one in listed) == expected


@pytest.mark.parametrize(
    "text",
    [
        "%",
        "_",
        "'",
        '"; DROP TABLE doctor; --',
        "' OR 1=1 --",
        "\x00",
        "7000001\x00",
        "a\x00%",
        "\ud800",
        "\U0010ffff",
        "٧٠٠٠٠٠١",
        "\\",
        "x" * 100_000,
        "a " * 5_000,
        "🩺",
    ],
)
def test_strange_text_is_harmless(database_with_people: Database, text: str) -> None:
    found(database_with_people, text, AT_NORTH_EAST)
    with database_with_people.reading() as connection:
        list_connections(connection, EVERYONE, ConnectionFilter(search=text))
    assert found(database_with_people, "devries") == ["7000001"]


@pytest.mark.parametrize("text", ["", "   ", "%", "''"])
def test_text_without_letter_or_digit_finds_nobody(database_with_people: Database, text: str) -> None:
    assert found(database_with_people, text) == []


def test_doctor_whom_only_tis_knows_is_found(database: Database) -> None:
    with database.writing() as connection:
        add_membership(connection, "55", "7000009", last_name="Okafor")
    with database.reading() as connection:
        (person,) = find_doctors(connection, EVERYONE, "oka")
    assert (person.gmc_number, person.tcs_person_id, person.last_name) == ("7000009", "55", "Okafor")
    assert (person.is_connected, person.designated_body, person.tis_designated_body) == (False, None, WESSEX)


def test_person_without_number_is_found_by_name_and_person_number(database: Database) -> None:
    with database.writing() as connection:
        add_membership(connection, "4711", None, last_name="Okafor")
    with database.reading() as connection:
        for text in ("Okafor", "4711"):
            (person,) = find_doctors(connection, EVERYONE, text)
            assert (person.gmc_number, person.tcs_person_id) == (None, "4711")


def test_doctor_is_found_by_the_name_that_tis_has(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001", last_name="Married")
        add_membership(connection, "55", "7000001", last_name="Maiden")
    with database.reading() as connection:
        (person,) = find_doctors(connection, EVERYONE, "maiden")
    assert (person.gmc_number, person.last_name, person.is_connected) == ("7000001", "Married", True)


def test_doctor_known_to_both_is_found_once(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001")
        add_membership(connection, "55", "7000001")
        add_membership(connection, "55", "7000001", programme_name="Another")
    assert found(database, "example") == ["7000001"]


def test_no_more_are_found_than_asked_for(database: Database) -> None:
    with database.writing() as connection:
        for number in range(7000001, 7000031):
            add_doctor(connection, str(number))
    with database.reading() as connection:
        assert len(find_doctors(connection, EVERYONE, "example")) == 20
        assert len(find_doctors(connection, EVERYONE, "example", limit=5)) == 5


def test_viewer_of_another_body_finds_nobody(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001")
        add_doctor(connection, "7000002", designated_body=None, former_designated_body=WESSEX)
        add_membership(connection, "55", "7000003")
        add_membership(connection, "56", None)
    assert found(database, "example", AT_NORTH_EAST) == []
    assert len(found(database, "example", Viewer("wessex", frozenset({WESSEX})))) == 4


def test_owner_in_tis_finds_doctor_connected_elsewhere(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001", tis_designated_body=NORTH_EAST)
        add_doctor(connection, "7000002", tis_designated_body=WESSEX)
        add_membership(connection, "55", "7000002", designated_body=WESSEX)
        add_membership(connection, "55", "7000002", designated_body=NORTH_EAST)
    assert found(database, "example", AT_NORTH_EAST) == ["7000001", "7000002"]
