"""The page of one doctor: connected, not updated, disconnected, known to one side only, or to nobody."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from reval_core.db.database import Database
from reval_core.db.tables import doctor
from tests.builders import add_answer, add_difference, add_event, add_membership, add_run, add_set_aside
from tests.pages.opening import check, open_page, read_text
from tests.pages.stored import (
    AGREED,
    DISCONNECTED,
    ELSEWHERE,
    MILITARY,
    NOBODY,
    ONLY_IN_TIS,
    PUT_RIGHT,
    SET_ASIDE,
    UNKNOWN_NOTICE,
    WESSEX,
    answer_with,
)


def words_of_gmc(visit: AppTest) -> list[str]:
    """What the page shows of the GMC's own words, beside the summary, which is plain text."""
    return [code.value for code in visit.code if code.language == "xml"]


def spoken(visit: AppTest) -> str:
    """The text of the page, on one line."""
    return " ".join(read_text(visit).split())


def test_page_says_why_before_anything_else(filled: Database) -> None:
    shown = read_text(open_page("doctor", gmc=AGREED))
    assert shown.index("according to the GMC's answer of") < shown.index("Submission due")


def test_reason_says_what_tis_says_and_as_what_it_is_listed(filled: Database) -> None:
    shown = spoken(open_page("doctor", gmc=ELSEWHERE))
    assert "TIS says East Midlands since" in shown
    assert "so this is listed as connected elsewhere." in shown


def test_gmcs_own_words_are_there_unchanged(filled: Database) -> None:
    visit = open_page("doctor", gmc=AGREED)
    assert f"<GMCReferenceNumber>{AGREED}</GMCReferenceNumber>" in words_of_gmc(visit)[0]


def test_each_change_names_its_sync(filled: Database) -> None:
    shown = read_text(open_page("doctor", gmc=AGREED))
    assert "East Midlands" in shown
    assert "Sync 2" in shown


def test_open_discrepancy_has_explanation_and_action(filled: Database) -> None:
    shown = read_text(open_page("doctor", gmc=ELSEWHERE))
    assert "Connected elsewhere" in shown
    assert "What to do: East Midlands adds the connection" in shown


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (AGREED, "As far as is known, the GMC and TIS agree about this doctor."),
        (DISCONNECTED, "There is nothing to compare: TIS does not know this doctor."),
        (ONLY_IN_TIS, "There is nothing to compare: only TIS speaks of this doctor."),
        (SET_ASIDE, "There is none by what is shown here. But the GMC’s latest entry could not be used"),
    ],
)
def test_without_open_discrepancies_it_says_how_far_both_agree(filled: Database, number: str, said: str) -> None:
    assert said in read_text(open_page("doctor", gmc=number))


def test_nobody_is_said_to_agree_whom_the_check_calls_wrong(filled: Database) -> None:
    with filled.writing() as connection:
        run_id = add_run(connection, checked_at=datetime.now(UTC), checked_doctors=9, differences=1)
        add_difference(connection, run_id, "value_differs", AGREED, field="submission_date", sent="2026-08-05")
    shown = read_text(open_page("doctor", gmc=AGREED))
    assert "No discrepancy is known. But what is shown here is not what the GMC sent" in shown
    assert "agree about this doctor" not in shown


def test_unknown_under_notice_is_said_to_be_unknown(filled: Database) -> None:
    assert "Unknown (the GMC says “Paused”)" in read_text(open_page("doctor", gmc=UNKNOWN_NOTICE))


def test_entry_set_aside_is_shown_with_its_reason(filled: Database) -> None:
    visit = open_page("doctor", gmc=SET_ASIDE)
    assert "A date cannot be understood" in read_text(visit)
    assert any("<entry/>" in code.value for code in visit.code)


def test_fields_beside_an_entry_set_aside_say_from_which_entry_they_are(filled: Database) -> None:
    confirmed = datetime(2026, 11, 9, 0, 5, tzinfo=UTC)
    with filled.writing() as connection:
        connection.execute(update(doctor).where(doctor.c.gmc_number == SET_ASIDE).values(confirmed_at=confirmed))
    shown = read_text(open_page("doctor", gmc=SET_ASIDE))
    assert "What is shown of the GMC’s data, from its entry of 9 Nov 2026, 00:05" in shown
    assert "All that the GMC last said" not in shown


def test_number_sent_but_never_usable_was_not_never_listed(filled: Database) -> None:
    with filled.writing() as connection:
        add_set_aside(connection, WESSEX, 2, gmc_number=ONLY_IN_TIS)
    shown = read_text(open_page("doctor", gmc=ONLY_IN_TIS))
    assert "never in an entry that could be used" in shown
    assert "has never listed this number" not in shown


def test_address_without_a_number_says_what_to_type(filled: Database) -> None:
    shown = read_text(open_page("doctor"))
    assert "This address names no doctor" in shown
    assert "/doctor?gmc=7000001" in shown


def test_resolved_entry_tells_when_by_whom_and_why(filled: Database) -> None:
    shown = read_text(open_page("doctor", gmc=PUT_RIGHT))
    assert "From North West, since resolved" in shown
    assert "sync 2 (scheduler)" in " ".join(shown.split())
    assert "The latest list no longer has this entry." in shown


def test_difference_of_an_earlier_check_is_history(filled: Database) -> None:
    shown = read_text(open_page("doctor", gmc=PUT_RIGHT))
    assert "What the checks found" in shown
    assert "Submission date: the GMC's list of Wessex says" in shown
    assert "is not what the GMC sent" not in shown


def test_difference_of_the_latest_check_stands_out(filled: Database) -> None:
    with filled.writing() as connection:
        run_id = add_run(connection, checked_at=datetime.now(UTC), checked_doctors=9, differences=1)
        add_difference(connection, run_id, "missing", NOBODY, field="designated_body", sent=WESSEX)
    shown = read_text(open_page("doctor", gmc=NOBODY))
    assert "What is shown here is not what the GMC sent" in shown
    assert "The GMC's list of Wessex has this doctor" in shown
    assert "start one now" in shown
    assert "The check found 1 difference" in read_text(open_page("overview"))


def test_unusual_entry_is_explained(filled: Database) -> None:
    shown = read_text(open_page("doctor", gmc=UNKNOWN_NOTICE))
    assert "says “Paused” for under notice, which is not known here" in shown
    assert "In the latest list" in shown


def test_doctor_left_out_of_lists_is_marked(filled: Database) -> None:
    assert "Left out of the working lists" in read_text(open_page("doctor", gmc=MILITARY))


def test_disconnected_doctor_keeps_last_words(filled: Database) -> None:
    visit = open_page("doctor", gmc=DISCONNECTED)
    assert "Not connected" in read_text(visit)
    assert "Last connected to" in read_text(visit)
    assert DISCONNECTED in words_of_gmc(visit)[0]


def test_doctor_whom_only_tis_knows_has_a_page(filled: Database) -> None:
    shown = read_text(open_page("doctor", gmc=ONLY_IN_TIS))
    assert "Harun Aksoy" in shown
    assert "has never listed this number" in shown


def test_number_that_nobody_knows_is_explained(filled: Database) -> None:
    shown = read_text(open_page("doctor", gmc=NOBODY))
    assert "Nothing was found" in shown
    assert NOBODY in shown
    assert "Check its seven digits" in shown
    assert "Find a doctor" in shown


def test_both_sides_say_in_words_where_they_differ(filled: Database) -> None:
    assert "They differ" in read_text(open_page("doctor", gmc=ELSEWHERE))
    assert "They differ" not in read_text(open_page("doctor", gmc=AGREED))
    assert "Only TIS" in read_text(open_page("doctor", gmc=ONLY_IN_TIS))


def test_another_night_can_be_read_and_compared(filled: Database) -> None:
    with filled.writing() as connection:
        long_ago = datetime.now(UTC) - timedelta(days=3)
        run_id = add_run(connection, started_at=long_ago)
        sent = answer_with(AGREED).replace(b"<DoctorLastName>", b"<DoctorLastName>Once ")
        add_answer(connection, run_id, WESSEX, sent, received_at=long_ago)
        add_answer(connection, run_id, WESSEX, answer_with(DISCONNECTED), received_at=long_ago, is_second_look=True)
    visit = open_page("doctor", gmc=AGREED)
    assert len(words_of_gmc(visit)) == 1
    compare, answer = visit.selectbox(key="compare"), visit.selectbox(key="answer")
    older = next(one for one in compare.options if f"Wessex (sync {run_id})" in one)
    lacking = next(one for one in answer.options if f"asked again (sync {run_id})" in one)
    check(compare.set_value(older).run())
    assert "DoctorLastName" in read_text(visit)
    assert "Once" in words_of_gmc(visit)[1]
    check(visit.selectbox(key="answer").set_value(lacking).run())
    assert "This answer does not have the doctor" in read_text(visit)
    assert "no fields to compare" in read_text(visit)


def test_answers_without_a_difference_are_shown_once(filled: Database) -> None:
    with filled.writing() as connection:
        long_ago = datetime.now(UTC) - timedelta(days=3)
        run_id = add_run(connection, started_at=long_ago)
        add_answer(connection, run_id, WESSEX, answer_with(AGREED), received_at=long_ago)
    visit = open_page("doctor", gmc=AGREED)
    older = next(one for one in visit.selectbox(key="compare").options if f"Wessex (sync {run_id})" in one)
    check(visit.selectbox(key="compare").set_value(older).run())
    assert "The two answers say the same of this doctor, word for word" in read_text(visit)
    assert len(words_of_gmc(visit)) == 1


def test_dates_side_by_side_are_named_the_missing_ones_too(filled: Database) -> None:
    shown = spoken(open_page("doctor", gmc=AGREED))
    assert "Connected on: not given Submission due" in shown
    assert "Programme from" in shown
    assert "Until" not in shown


def test_many_events_are_cut_short_until_asked_for(filled: Database) -> None:
    with filled.writing() as connection:
        for minute in range(500):
            at = datetime.now(UTC) - timedelta(days=1, minutes=minute)
            add_event(connection, AGREED, "sanction", old=str(minute), new=str(minute + 1), at=at)
    visit = open_page("doctor", gmc=AGREED)
    assert "The latest 50 of" in read_text(visit)
    check(visit.toggle(key="all").set_value(True).run())
    assert "The latest 50 of" not in read_text(visit)
    assert "Sanction: 500, before: 499" in read_text(visit)


def test_mark_that_went_is_named(filled: Database) -> None:
    with filled.writing() as connection:
        add_event(connection, AGREED, "standing", source="reval", old="set_aside", new="confirmed", run_id=1)
    assert "No longer marked “Not updated”" in read_text(open_page("doctor", gmc=AGREED))


def test_timeline_can_be_narrowed_to_a_kind(filled: Database) -> None:
    visit = open_page("doctor", gmc=SET_ASIDE, events="Skipped or failed")
    shown = read_text(visit)
    assert "An entry in the list of North West was set aside" in shown
    assert "1 entry" in shown


def test_doctor_with_many_programmes_has_them_all(filled: Database) -> None:
    with filled.writing() as connection:
        for count in range(40):
            add_membership(connection, "9", AGREED, programme_name=f"Programme {count}", fingerprint=str(count))
    shown = read_text(open_page("doctor", gmc=AGREED))
    assert all(f"Programme {count}" in shown for count in range(40))


def test_summary_names_nobody_unless_asked_to(filled: Database) -> None:
    visit = open_page("doctor", gmc=ELSEWHERE)
    summary = visit.code[0].value
    for words in (
        f"Doctor {ELSEWHERE}",
        "according to the GMC's answer",
        "GMC: connected to Wessex",
        "TIS: East Midlands",
        "Connected elsewhere (since",
        "Latest events:",
        f"Page: /doctor?gmc={ELSEWHERE}",
        "TIS: as of",
    ):
        assert words in summary
    assert "Okafor" not in summary
    check(visit.toggle(key="summary-named").set_value(True).run())
    assert "Chidi Okafor" in visit.code[0].value


def test_summary_has_an_address_that_can_be_opened_from_a_ticket(
    filled: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVAL_PUBLIC_URL", "https://reval.example/")
    then = (datetime.now(UTC) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    assert f"Page: https://reval.example/doctor?gmc={AGREED}\n" in open_page("doctor", gmc=AGREED).code[0].value
    visit = open_page("doctor", gmc=AGREED, **{"as-of": then})
    assert f"Page: https://reval.example/doctor?gmc={AGREED}&as-of={then.replace(':', '%3A')}\n" in visit.code[0].value
