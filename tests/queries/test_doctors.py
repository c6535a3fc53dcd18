"""One doctor's page: whatever little or much is known of them, and why they are shown as they are."""

from datetime import UTC, date, datetime

import pytest

from reval_core.db.database import Database
from reval_core.domain.standing import Standing
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import BadInput, NotFound
from reval_core.queries.doctors import DoctorPage, show_doctor
from tests.builders import (
    NORTH_EAST,
    WESSEX,
    add_anomaly,
    add_difference,
    add_discrepancy,
    add_doctor,
    add_event,
    add_hidden,
    add_hold,
    add_membership,
    add_run,
    add_set_aside,
    add_source,
)

AT_NORTH_EAST = Viewer("north east", frozenset({NORTH_EAST}))
AT_WESSEX = Viewer("wessex", frozenset({WESSEX}))
EARLIER = datetime(2026, 8, 1, 22, 30, tzinfo=UTC)


def page_of(database: Database, number: str, viewer: Viewer = EVERYONE) -> DoctorPage:
    with database.reading() as connection:
        return show_doctor(connection, viewer, number)


def test_connected_doctor_has_both_sides_and_the_reason(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_source(connection, WESSEX)
        add_source(connection, "TIS")
        add_doctor(connection, "7000001", under_notice="yes", sanction="None")
        add_membership(connection, "55", "7000001", programme_name="Past", end_date=date(2026, 1, 1))
        add_membership(connection, "55", "7000001", programme_name="Present", start_date=date(2024, 1, 1))
        add_discrepancy(connection, "visitor", "7000001", run)
    page = page_of(database, " 7000001 ")
    assert page.is_connected
    assert page.connection is not None
    assert page.record is not None
    assert (page.record.sanction, page.connection.designated_body) == ("None", WESSEX)
    assert [one.programme_name for one in page.memberships] == ["Past", "Present"]
    assert page.main_membership is not None
    assert page.main_membership.programme_name == "Present"
    assert len(page.discrepancies) == 1
    assert page.why == (
        "Connected to Wessex according to the GMC's answer of 5 August 2026 at 01:07. "
        "TIS says Wessex too, since 1 January 2024, so this is listed as visitor."
    )


def test_unconfirmed_connection_names_the_answer_it_rests_on(database: Database) -> None:
    with database.writing() as connection:
        add_source(
            connection,
            WESSEX,
            failure="blocked",
            failure_detail="The GMC's firewall refused us.",
            failed_at=datetime(2026, 8, 6, 0, 7, tzinfo=UTC),
        )
        add_doctor(connection, "7000001", standing="unconfirmed", confirmed_at=EARLIER, is_left_out=True)
    why = page_of(database, "7000001").why
    assert "as in the GMC's list received on 1 August 2026 at 23:30" in why
    assert Standing.UNCONFIRMED.meaning in why
    assert "No newer list could be taken on 6 August 2026 at 01:07. The GMC's firewall refused us." in why
    assert "leaves the doctor out of the working lists" in why


def test_disconnected_doctor_keeps_what_was_last_known(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(
            connection,
            "7000001",
            designated_body=None,
            former_designated_body=WESSEX,
            confirmed_at=EARLIER,
            submission_date=date(2026, 9, 1),
        )
    page = page_of(database, "7000001")
    assert not page.is_connected
    assert page.connection is not None
    assert page.connection.designated_body is None
    assert page.connection.submission_date == date(2026, 9, 1)
    assert page.former_designated_body == WESSEX
    assert "last in the GMC's list for Wessex received on 1 August 2026 at 23:30" in page.why


def test_doctor_whom_only_tis_knows_is_shown(database: Database) -> None:
    with database.writing() as connection:
        add_source(connection, "TIS")
        add_membership(connection, "55", "7000009", first_name="Ngozi", last_name="Okafor")
    page = page_of(database, "7000009")
    assert (page.first_name, page.last_name) == ("Ngozi", "Okafor")
    assert (page.is_connected, page.connection, page.record, page.standing) == (False, None, None, None)
    assert "has never listed this number" in page.why
    assert "comes from TIS received on 5 August 2026 at 01:07" in page.why


def test_doctor_known_only_from_an_entry_set_aside_is_shown(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_set_aside(connection, WESSEX, run, gmc_number="7000005")
    page = page_of(database, "7000005")
    assert (page.is_connected, page.first_name, page.main_membership) == (False, None, None)
    assert [entry.source for entry in page.set_aside] == [WESSEX]
    assert "An entry in the list for Wessex was set aside on 5 August 2026 at 01:07. A date cannot" in page.why


def test_doctor_whom_only_a_check_has_found_is_shown(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_difference(connection, run, "missing", "7000009", field="designated_body", sent=WESSEX)
        add_difference(connection, run, "missing", "7000008", field="designated_body", sent=WESSEX)
        add_membership(connection, "55", "7000008")
    page = page_of(database, "7000009", AT_WESSEX)
    assert (page.is_connected, len(page.differences)) == (False, 1)
    for number in ("7000009", "7000008"):
        assert "the GMC has sent this number" in page_of(database, number).why
    with pytest.raises(NotFound):
        page_of(database, "7000009", AT_NORTH_EAST)


def test_page_has_what_was_held_and_what_was_unusual(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, "7000001", standing="held")
        add_hold(connection, run, {"7000001": None})
        add_anomaly(connection, "7000001", run)
    page = page_of(database, "7000001")
    assert ([one.is_waiting for one in page.holds], [one.is_open for one in page.anomalies]) == ([True], [True])
    assert page.differences == []


def test_resolved_set_aside_stays_on_the_page_but_not_in_the_reason(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, "7000001")
        add_set_aside(connection, "TIS", run, gmc_number="7000001", resolved_at=EARLIER)
    page = page_of(database, "7000001")
    assert len(page.set_aside) == 1
    assert "set aside" not in page.why


def test_without_any_accepted_answer_no_moment_is_claimed(database: Database) -> None:
    with database.writing() as connection:
        add_membership(connection, "55", "7000009")
        add_doctor(connection, "7000001")
    assert "None" not in page_of(database, "7000001").why
    assert page_of(database, "7000009").why.endswith("What is shown comes from TIS.")
    with database.writing() as connection:
        add_doctor(connection, "7000002")
    assert page_of(database, "7000002").why.endswith("TIS has not answered yet.")


@pytest.mark.parametrize("typed", ["", "12", "70000012", "abcdefg", "7000 001", "٧٠٠٠٠٠١", "7000001\x00", "' OR 1=1"])
def test_what_is_no_gmc_number_is_refused_by_name(database: Database, typed: str) -> None:
    with pytest.raises(BadInput, match=r"is not a GMC number\. Give its seven digits"):
        page_of(database, typed)


def test_number_that_nobody_knows_is_not_found(database: Database) -> None:
    with pytest.raises(NotFound, match="7999999"):
        page_of(database, "7999999")


def test_viewer_of_another_body_does_not_find_the_doctor(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, "7000001")
        add_doctor(connection, "7000002", designated_body=None, former_designated_body=WESSEX)
        add_membership(connection, "55", "7000003")
        add_set_aside(connection, WESSEX, run, gmc_number="7000004")
        add_set_aside(connection, "TIS", run, gmc_number="7000006")
    for number in ("7000001", "7000002", "7000003", "7000004"):
        assert page_of(database, number, AT_WESSEX).gmc_number == number
        with pytest.raises(NotFound):
            page_of(database, number, AT_NORTH_EAST)
    with pytest.raises(NotFound):
        page_of(database, "7000006", AT_NORTH_EAST)


def test_body_that_a_doctor_left_for_another_no_longer_finds_them(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001", designated_body=WESSEX, former_designated_body=NORTH_EAST)
    with pytest.raises(NotFound):
        page_of(database, "7000001", AT_NORTH_EAST)


def test_owner_of_a_second_programme_finds_the_doctor(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000001", tis_designated_body=WESSEX)
        add_membership(connection, "55", "7000001", designated_body=WESSEX)
        add_membership(connection, "55", "7000001", designated_body=NORTH_EAST)
    assert len(page_of(database, "7000001", AT_NORTH_EAST).memberships) == 2


TODAY = date(2026, 8, 5)


@pytest.mark.parametrize(
    ("memberships", "said"),
    [
        ([], "TIS does not know this number."),
        (
            [{"designated_body": NORTH_EAST, "programme_owner": "North East"}],
            "TIS says North East since 6 August 2025.",
        ),
        ([{"start_date": None}], "TIS says Wessex too."),
        ([{"end_date": date(2026, 8, 4)}], "In TIS, the last programme, of Wessex, ended on 4 August 2026."),
        ([{"start_date": date(2026, 9, 2)}], "In TIS, a programme of Wessex begins on 2 September 2026."),
        ([{}, {"designated_body": NORTH_EAST, "fingerprint": "b"}], "TIS says Wessex and North East since"),
        (
            [dict.fromkeys(("programme_name", "programme_owner", "designated_body", "start_date", "end_date"))],
            "TIS knows the person, but no programme of theirs.",
        ),
    ],
    ids=["none", "other", "no date", "ended", "to come", "two owners", "no programme"],
)
def test_reason_says_what_tis_says_and_since_when(
    database: Database, memberships: list[dict[str, object]], said: str
) -> None:
    with database.writing() as connection:
        add_source(connection, WESSEX)
        add_source(connection, "TIS")
        add_doctor(connection, "7000001")
        for values in memberships:
            add_membership(connection, "55", "7000001", **values)
    assert said in page_of(database, "7000001").why


def test_reason_names_what_is_listed_and_for_whom_it_is_hidden(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_source(connection, "TIS")
        add_doctor(connection, "7000001")
        add_membership(connection, "55", "7000001")
        add_discrepancy(connection, "inactive", "7000001", run)
        add_discrepancy(connection, "visitor", "7000001", run)
        add_discrepancy(connection, "names_differ", "7000001", run, resolved_at=EARLIER)
        add_hidden(connection, "visitor", "7000001")
    with database.reading() as connection:
        why = show_doctor(connection, EVERYONE, "7000001", TODAY).why
    assert "so this is listed as " in why
    assert "inactive" in why
    assert "visitor (hidden for Wessex)" in why
    assert "names" not in why


def test_disconnected_doctor_is_told_since_when_and_by_which_sync(database: Database) -> None:
    with database.writing() as connection:
        run = add_run(connection)
        add_doctor(connection, "7000001", designated_body=None, former_designated_body=WESSEX)
        add_event(connection, "7000001", "designated_body", old=WESSEX, new=None, at=EARLIER, run_id=run)
    why = page_of(database, "7000001").why
    assert why.startswith(f"Not connected since 1 August 2026 at 23:30 (sync {run}): the doctor was last in")
