"""The doctor's own element in the latest answer of the GMC that had one."""

from datetime import UTC, datetime

import pytest

from reval_core.db.database import Database
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import NotFound
from reval_core.queries.answers import LastAnswer, last_answer, list_answers, read_answer
from tests.builders import (
    MIDNIGHT,
    NORTH_EAST,
    THAMES_VALLEY,
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


def test_answers_of_every_body_concerned_are_offered_newest_first(database: Database) -> None:
    with database.writing() as connection:
        first, second = add_run(connection), add_run(connection)
        add_doctor(connection, "7000001", former_designated_body=THAMES_VALLEY)
        add_membership(connection, "55", "7000001", designated_body=NORTH_EAST)
        ours = [add_answer(connection, first, body, reply()) for body in (THAMES_VALLEY, NORTH_EAST)]
        ours.append(add_answer(connection, second, WESSEX, reply(), received_at=NEXT_NIGHT))
        add_answer(connection, second, "1-1RSSQ2H", reply())
        everyone = list_answers(connection, EVERYONE, "7000001")
        assert [one.id for one in everyone] == ours[::-1]
        assert list_answers(connection, EVERYONE, "7000001", limit=1) == everyone[:1]
        assert list_answers(connection, EVERYONE, "7000001", MIDNIGHT) == everyone[1:]
        assert list_answers(connection, Viewer("elsewhere", frozenset({"1-1RSSQ2H"})), "7000001") == []


def test_answer_says_what_it_has_of_the_doctor_or_that_it_lacks_them(database: Database) -> None:
    wanted = element("7000001", "Example")
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, "7000001")
        has = add_answer(connection, run, WESSEX, reply(element("7000002", "Other"), wanted))
        lacks = add_answer(connection, run, WESSEX, reply(element("7000002", "Other")))
        found = read_answer(connection, EVERYONE, "7000001", has)
        missing = read_answer(connection, EVERYONE, "7000001", lacks)
    assert (found.xml, found.problem, found.answer.id) == (wanted, None, has)
    assert found.texts is not None
    assert found.texts["DoctorLastName"] == "Example"
    assert found.texts["GMCReferenceNumber"] == "7000001"
    assert (missing.xml, missing.texts, missing.problem) == (None, None, None)


def test_answer_that_is_no_list_says_so(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, "7000001")
        blocked = add_answer(connection, run, WESSEX, b"<html>7000001 is forbidden</html>")
        found = read_answer(connection, EVERYONE, "7000001", blocked)
    assert (found.xml, found.texts) == (None, None)
    assert found.problem


def test_answer_of_a_body_that_is_no_concern_is_not_read(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, "7000001")
        theirs = add_answer(connection, run, NORTH_EAST, reply(element("7000001", "Example")))
        ours = add_answer(connection, run, WESSEX, reply(element("7000001", "Example")))
        for viewer, answer in ((EVERYONE, theirs), (EVERYONE, 99), (Viewer("x", frozenset({NORTH_EAST})), ours)):
            with pytest.raises(NotFound, match="not kept any more"):
                read_answer(connection, viewer, "7000001", answer)
