"""The doctor's own element in the latest answer of the GMC that had one."""

from datetime import UTC, datetime

from reval_core.db.database import Database
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.answers import LastAnswer, last_answer
from tests.builders import (
    MIDNIGHT,
    NORTH_EAST,
    WESSEX,
    add_answer,
    add_doctor,
    add_membership,
    add_run,
    add_set_aside,
    add_source,
)

NEXT_NIGHT = datetime(2026, 8, 6, 0, 7, tzinfo=UTC)


def element(number: str, name: str) -> str:
    return (
        "<GetDoctorsForDBResponse_Doctor>"
        f"<GMCReferenceNumber>{number}</GMCReferenceNumber>\n  <DoctorLastName>{name}</DoctorLastName>"
        "</GetDoctorsForDBResponse_Doctor>"
    )


def reply(*elements: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>'
        '<GetDoctorsForDBResponse xmlns="https://webcache.gmc-uk.org/GMCWebServices/"><GetDoctorsForDBResult>'
        f"<Doctors>{''.join(elements)}</Doctors><ReturnCode>0</ReturnCode>"
        "</GetDoctorsForDBResult></GetDoctorsForDBResponse></soap:Body></soap:Envelope>"
    ).encode()


def answer_about(database: Database, number: str, viewer: Viewer = EVERYONE) -> LastAnswer | None:
    with database.reading() as connection:
        return last_answer(connection, viewer, number)


def test_connected_doctor_is_cut_from_the_latest_accepted_answer(database: Database) -> None:
    wanted = element("7000001", "O&apos;Néill")
    with database.writing() as connection:
        run = add_run(connection)
        raw = reply(element("7000002", "Other"), wanted)
        add_source(connection, WESSEX, accepted_answer_id=add_answer(connection, run, WESSEX, raw))
        add_doctor(connection, "7000001")
    assert answer_about(database, "7000001") == LastAnswer(run, MIDNIGHT, WESSEX, wanted)


def test_disconnected_doctor_has_the_last_answer_that_had_them(database: Database) -> None:
    wanted = element("7000001", "Example")
    with database.writing() as connection:
        run, later = add_run(connection), add_run(connection)
        old = add_answer(connection, run, WESSEX, reply(wanted))
        add_source(connection, WESSEX, accepted_answer_id=add_answer(connection, later, WESSEX, reply()))
        add_doctor(connection, "7000001", designated_body=None, former_designated_body=WESSEX, confirmed_answer_id=old)
    answer = answer_about(database, "7000001")
    assert answer is not None
    assert (answer.run_id, answer.xml) == (run, wanted)


def test_entry_set_aside_later_is_what_the_gmc_said_last(database: Database) -> None:
    with database.writing() as connection:
        run, later = add_run(connection), add_run(connection)
        old = add_answer(connection, run, WESSEX, reply(element("7000001", "Example")))
        new = add_answer(connection, later, WESSEX, reply("<broken/>"), received_at=NEXT_NIGHT)
        add_source(connection, WESSEX, accepted_answer_id=new)
        add_doctor(connection, "7000001", standing="set_aside", confirmed_at=MIDNIGHT, confirmed_answer_id=old)
        add_set_aside(connection, WESSEX, later, gmc_number="7000001", excerpt="<broken/>")
        add_set_aside(connection, "TIS", later, gmc_number="7000001", excerpt="{}")
    assert answer_about(database, "7000001") == LastAnswer(later, NEXT_NIGHT, WESSEX, "<broken/>")


def test_repetition_set_aside_does_not_hide_the_entry_used(database: Database) -> None:
    wanted = element("7000001", "Example")
    with database.writing() as connection:
        run = add_run(connection)
        raw = reply(wanted, element("7000001", "Repeated"))
        add_source(connection, WESSEX, accepted_answer_id=add_answer(connection, run, WESSEX, raw))
        add_doctor(connection, "7000001")
        add_set_aside(connection, WESSEX, run, gmc_number="7000001", excerpt=element("7000001", "Repeated"))
    answer = answer_about(database, "7000001")
    assert answer is not None
    assert answer.xml == wanted


def test_doctor_known_only_from_an_entry_set_aside_has_it(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_set_aside(connection, WESSEX, run, gmc_number="7000001", excerpt="<broken/>")
    assert answer_about(database, "7000001") == LastAnswer(run, MIDNIGHT, WESSEX, "<broken/>")


def test_answer_no_longer_kept_is_none(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001", designated_body=None, confirmed_answer_id=999)
        add_doctor(connection, "7000002")
        add_membership(connection, "55", "7000003")
    for number in ("7000001", "7000002", "7000003", "7999999"):
        assert answer_about(database, number) is None


def test_viewer_of_another_body_gets_no_answer(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        raw = reply(element("7000001", "Example"))
        add_source(connection, WESSEX, accepted_answer_id=add_answer(connection, run, WESSEX, raw))
        add_doctor(connection, "7000001")
        add_set_aside(connection, WESSEX, run, gmc_number="7000002")
    elsewhere = Viewer("north east", frozenset({NORTH_EAST}))
    assert answer_about(database, "7000001", elsewhere) is None
    assert answer_about(database, "7000002", elsewhere) is None
