"""What the rules about the values in the lists find: fields that are empty, numbers that are none; whom they name."""

from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import Connection, update

from reval_core.db.database import Database
from reval_core.db.tables import doctor, source_state
from reval_core.domain.alerts import AlertRule
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.queries.alerts import list_open_alerts
from reval_core.watch.alerts import watch
from reval_core.watch.rules.all_rules import find_all
from tests.builders import NORTH_EAST, WESSEX, add_doctor, add_event, add_run_part, add_set_aside
from tests.watch.alert_stage import NIGHT, NOW, SETTINGS, add_whole_run, find, sources_of

LATER: Final = NIGHT + timedelta(minutes=30)


def add_emptied(
    connection: Connection, field: str, doctors: int, received: int, body: str = WESSEX, first: int = 7_000_000
) -> int:
    """A sync in which the GMC no longer said this of so many doctors of a body; its number."""
    run_id = add_whole_run(connection, LATER)
    add_run_part(connection, run_id, body, received=received, changed=doctors, applied_at=LATER)
    connection.execute(update(source_state).where(source_state.c.source == body).values(received=received))
    for number in range(first, first + doctors):
        known: dict[str, Any] = {"last_name": "Example", "submission_date": None, field: None}
        add_doctor(connection, str(number), designated_body=body, **known)
        add_event(connection, str(number), field, run_id=run_id, at=LATER, old="x")
    return run_id


@pytest.mark.parametrize(("field", "said"), [("last_name", "Last name is"), ("submission_date", "Submission date is")])
def test_field_that_is_suddenly_empty_is_told_with_its_body_and_doctors(calm: Database, field: str, said: str) -> None:
    with calm.writing() as connection:
        run_id = add_emptied(connection, field, 6, 279)
    found = find(calm)[AlertRule.FIELD_EMPTIED]
    assert found.title == f"{said} suddenly empty for 6 doctors of Wessex"
    label = field.replace("_", " ")
    assert found.affected[0].why == f"Empty now, of 279 doctors in the latest list: {label} (6)."
    assert [one.gmc_number for one in found.affected[1:]] == [str(7_000_000 + number) for number in range(6)]
    assert found.affected[1].why == f"The GMC no longer says their {label}."
    assert found.reference == f"SYNC-{run_id}"


@pytest.mark.parametrize(("doctors", "received"), [(4, 10), (79, 8_000)])
def test_field_that_is_empty_for_few_is_not_told(calm: Database, doctors: int, received: int) -> None:
    with calm.writing() as connection:
        add_emptied(connection, "submission_date", doctors, received)
    assert find(calm) == {}


def test_field_that_is_empty_here_and_there_in_all_lists_is_told(calm: Database) -> None:
    with calm.writing() as connection:
        for place, body in enumerate((WESSEX, NORTH_EAST)):
            add_emptied(connection, "last_name", 4, 100, body, first=7_000_000 + 100 * place)
    assert sources_of(find(calm)[AlertRule.FIELD_EMPTIED]) >= {WESSEX, NORTH_EAST}


def test_field_that_is_empty_is_told_for_as_long_as_it_lasts(calm: Database) -> None:
    with calm.writing() as connection:
        add_emptied(connection, "last_name", 6, 279)
    watch(calm, SETTINGS, NOW)
    much_later = NOW + timedelta(days=40)
    with calm.writing() as connection:
        add_whole_run(connection, much_later - timedelta(hours=2))
    assert AlertRule.FIELD_EMPTIED in find(calm, much_later)
    with calm.writing() as connection:
        connection.execute(update(doctor).values(last_name="Example"))
        add_whole_run(connection, much_later - timedelta(hours=1))
    assert AlertRule.FIELD_EMPTIED not in find(calm, much_later)


def test_field_that_is_empty_is_looked_at_anew_only_after_a_sync(calm: Database) -> None:
    with calm.writing() as connection:
        add_emptied(connection, "last_name", 6, 279)
    watch(calm, SETTINGS, NOW)
    with calm.reading() as connection:
        assert find_all(connection, SETTINGS, NOW).kept == {AlertRule.FIELD_EMPTIED}


def test_sensitive_field_is_told_in_general_and_only_to_those_who_may_know(calm: Database) -> None:
    with calm.writing() as connection:
        add_emptied(connection, "sanction", 6, 279)
    watch(calm, SETTINGS, NOW)
    with calm.reading() as connection:
        (told,) = [one for one in list_open_alerts(connection, EVERYONE) if one.rule is AlertRule.FIELD_EMPTIED]
        others = list_open_alerts(connection, Viewer("Sam", is_trusted_with_sensitive=False))
    assert "anction" not in told.title
    assert [one.why for one in told.affected] == ["Sanction: empty now for many doctors in the latest list."]
    assert others == []


def test_those_for_whom_notice_became_unknown_are_named_and_not_those_of_old(calm: Database) -> None:
    with calm.writing() as connection:
        for at, unknown in ((NIGHT - timedelta(days=1), 13), (NIGHT, 25)):
            values = {"received": 279, "unknown_notice": unknown, "applied_at": at}
            add_run_part(connection, add_whole_run(connection, at), WESSEX, **values)
        for number, at in ((7_000_001, NIGHT - timedelta(days=20)), (7_000_002, NIGHT)):
            add_doctor(connection, str(number), under_notice=None)
            add_event(connection, str(number), "under_notice", at=at, old="no")
    found = find(calm)[AlertRule.UNKNOWN_NOTICE_RISING]
    body, one = found.affected
    assert (body.source, found.affected_count) == (WESSEX, 25)
    assert one.gmc_number == "7000002"
    assert one.why == "The GMC does not say whether they are under notice since 5 August 2026 at 00:07."


@pytest.mark.parametrize(
    ("first_names", "number"), [(["Dimitra"], "7182810"), (["Dimitra"] * 2, None), (["Eva"], None)]
)
def test_entry_without_a_usable_number_names_the_doctor_of_its_name(
    calm: Database, first_names: list[str], number: str | None
) -> None:
    excerpt = "<g:Doctor><g:DoctorFirstName>Dimitra</g:DoctorFirstName><DoctorLastName>O&#39;Neill</DoctorLastName>"
    with calm.writing() as connection:
        for place, first in enumerate(first_names):
            names = {"first_name": first, "last_name": "O'Neill", "standing": "set_aside"}
            add_doctor(connection, str(7_182_810 + place), **names)
        add_set_aside(connection, WESSEX, 1, excerpt=excerpt, reason="“718281O” is not a GMC number.")
    (one,) = find(calm)[AlertRule.RECORD_SET_ASIDE].affected
    assert (one.gmc_number, one.designated_body) == (number, WESSEX)
    assert ("By its name" in one.why) is (number is not None)


def test_body_that_has_never_had_a_doctor_is_told(calm: Database) -> None:
    with calm.writing() as connection:
        connection.execute(update(source_state).where(source_state.c.source == WESSEX).values(received=0))
    found = find(calm)[AlertRule.LIST_NEVER_FILLED]
    assert found.title == "Wessex has never had a doctor"
    assert [one.designated_body for one in found.affected] == [WESSEX]


@pytest.mark.parametrize("is_there", [True, False])
def test_list_that_is_empty_now_and_was_not_before_is_another_matter(calm: Database, is_there: bool) -> None:
    with calm.writing() as connection:
        connection.execute(update(source_state).where(source_state.c.source == WESSEX).values(received=0))
        if is_there:
            add_doctor(connection, "7000001")
        else:
            add_event(connection, "7000001", "designated_body", old=WESSEX)
    assert AlertRule.LIST_NEVER_FILLED not in find(calm)
