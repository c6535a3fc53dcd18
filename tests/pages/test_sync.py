"""Syncs on screens: asking for one, watching it, cancelling it, and its history."""

from datetime import UTC, datetime

from sqlalchemy import select

from reval_core.db.database import Database
from reval_core.db.tables import sync_request
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.runs import pending_requests, running_run
from tests.builders import add_difference, add_run
from tests.pages.opening import check, open_page, read_html, read_text
from tests.pages.stored import AGREED, EAST_MIDLANDS, PUT_RIGHT, SET_ASIDE, UNKNOWN_NOTICE, finish_run, start_run
from tests.pages.upstream import give_a_rest


def test_run_shows_the_sums_of_each_body(filled: Database) -> None:
    shown = read_text(open_page("run", id="2"))
    assert "Done in part" in shown
    assert "No answer came in time" in shown
    assert "received = created + changed + unchanged + set aside" in shown


def test_run_names_who_started_it_if_it_was_a_person(filled: Database) -> None:
    assert "By hand, Sam Field" in read_text(open_page("run", id="2"))
    shown = read_text(open_page("run", id="1"))
    assert "Nightly schedule" in shown
    assert "scheduler" not in shown


def test_history_can_be_narrowed_to_a_status(filled: Database) -> None:
    shown = read_text(open_page("runs", status="Done in part"))
    assert "1 sync" in shown
    assert "Nightly schedule" not in shown


def test_sync_is_asked_for_after_a_confirmation(filled: Database) -> None:
    visit = open_page("overview")
    assert "in the environment “local”" in read_text(visit)
    check(visit.button(key="start-sync").click().run())
    with filled.reading() as connection:
        assert len(pending_requests(connection, EVERYONE)) == 1
    assert "A sync has been asked for" in read_text(visit)


def test_one_body_can_be_synced_alone(filled: Database) -> None:
    visit = open_page("overview")
    visit.selectbox(key="sync-what").set_value("1-1RUZUSF").run()
    check(visit.button(key="start-sync").click().run())
    with filled.reading() as connection:
        assert pending_requests(connection, EVERYONE)[0].scope == ("1-1RUZUSF",)


def test_running_sync_is_shown_list_by_list(filled: Database) -> None:
    start_run(filled, datetime.now(UTC))
    shown = read_text(open_page("overview"))
    assert "A sync began" in shown
    assert "Asking" in shown
    assert "Sync now" not in shown


def test_pressing_while_a_sync_runs_shows_that_one(filled: Database) -> None:
    visit = open_page("overview")
    start_run(filled, datetime.now(UTC))
    assert "A sync began" in read_text(check(visit.button(key="start-sync").click().run()))


def test_cancelling_is_recorded_and_said(filled: Database) -> None:
    start_run(filled, datetime.now(UTC))
    visit = open_page("overview")
    check(visit.button(key="cancel-sync").click().run())
    with filled.reading() as connection:
        run = running_run(connection, EVERYONE)
    assert run is not None
    assert run.cancel_requested_by == "local user"
    assert "It is being cancelled" in read_text(visit)


def test_cancelling_what_has_ended_shows_the_outcome(filled: Database) -> None:
    run_id = start_run(filled, datetime.now(UTC))
    visit = open_page("overview")
    finish_run(filled, run_id, datetime.now(UTC))
    shown = read_text(check(visit.button(key="cancel-sync").click().run()))
    assert "Succeeded" in shown


def test_run_says_what_its_check_found(filled: Database) -> None:
    assert "116 doctors checked against the GMC’s stored answers" in read_text(open_page("run", id="2"))
    with filled.writing() as connection:
        run_id = add_run(connection, status="cancelled")
    assert "was not checked after this sync" in read_text(open_page("run", id=str(run_id)))


def test_run_names_each_difference_with_what_was_sent_and_shown(filled: Database) -> None:
    visit = open_page("run", id="1")
    shown = read_text(visit)
    assert "126 doctors checked against the GMC’s stored answers" in shown
    assert "1 difference." in shown
    assert "Details differ" in shown
    assert "5 Aug 2026" in shown
    assert any(f'href="/doctor?gmc={PUT_RIGHT}"' in body for body in read_html(visit))


def test_many_differences_are_cut_into_pages(filled: Database) -> None:
    with filled.writing() as connection:
        run_id = add_run(connection, checked_at=datetime.now(UTC), checked_doctors=9, differences=120)
        for count in range(120):
            add_difference(connection, run_id, "unexpected", str(7_100_000 + count), field="designated_body")
        add_difference(connection, run_id, "unreadable", None)
    assert "1 to 50 of 121 differences" in read_text(open_page("run", id=str(run_id)))
    assert "The list itself" in read_text(open_page("run", id=str(run_id)))


def test_check_of_nothing_claims_nothing(empty: Database) -> None:
    with empty.writing() as connection:
        run_id = add_run(connection, status="failed", checked_at=datetime.now(UTC), checked_doctors=0)
    assert "There was nothing to check" in read_text(open_page("run", id=str(run_id)))


def test_run_names_the_entries_that_it_could_not_use(filled: Database) -> None:
    visit = open_page("run", id="2")
    assert "A date cannot be understood" in read_text(visit)
    assert any(f'href="/doctor?gmc={SET_ASIDE}"' in body for body in read_html(visit))
    assert any(f'href="/doctor?gmc={UNKNOWN_NOTICE}"' in body for body in read_html(visit))


def test_error_text_of_a_run_stays_off_the_screen(filled: Database) -> None:
    with filled.writing() as connection:
        run_id = add_run(connection, status="failed", failure="internal", failure_detail="TypeError('read_list()')")
    shown = read_text(open_page("run", id=str(run_id)))
    assert "Something unexpected happened" in shown
    assert "read_list" not in shown


def test_run_lists_what_it_changed_and_leads_to_whom(filled: Database) -> None:
    visit = open_page("run", id="2")
    (changes,) = (body for body in read_html(visit) if "Changes: " in body)
    assert f'href="/doctor?gmc={AGREED}"' in changes
    assert "East Midlands" in changes
    visit = check(visit.selectbox(key="field").set_value("under_notice").run())
    (changes,) = (body for body in read_html(visit) if "Changes: " in body)
    assert "Changes: 1 change" in changes
    assert "East Midlands" not in changes


def test_run_without_changes_says_so(filled: Database) -> None:
    assert "Nothing: everything was as it had been before" in read_text(open_page("run", id="1"))


def test_reference_of_a_failed_list_leads_to_what_failed(filled: Database) -> None:
    shown = read_text(open_page("run", id="2", source=EAST_MIDLANDS))
    assert "East Midlands: no answer came in time" in shown
    assert shown.count(f"SYNC-2-{EAST_MIDLANDS}") == 1
    assert shown.lower().count("no answer came in time") == 1
    assert read_text(open_page("run", id="2", source="nonsense")).count(f"SYNC-2-{EAST_MIDLANDS}") == 1


def test_list_that_failed_has_no_numbers_and_says_why_below(filled: Database) -> None:
    (sums,) = (body for body in read_html(open_page("run", id="2")) if "Sums for each designated body" in body)
    (row,) = (row for row in sums.split("<tr") if "East Midlands" in row)
    assert row.count("rv-none") == 10
    assert "Taken" in sums
    shown = read_text(open_page("run", id="2"))
    assert "The GMC did not answer within 30 seconds." in shown


def test_cancelled_sync_says_once_that_nothing_is_half_done(filled: Database) -> None:
    told = {"failure": "cancelled", "failure_detail": "Ada stopped the sync. Nothing is half done."}
    with filled.writing() as connection:
        run_id = add_run(connection, status="cancelled", **told)
    shown = read_text(open_page("run", id=str(run_id)))
    assert "Ada stopped the sync." in shown
    assert shown.count("Nothing is half done.") == 1


def test_sync_of_what_rests_says_when_it_will_be_asked_again(filled: Database) -> None:
    give_a_rest(filled, "GMC")
    visit = open_page("overview")
    shown = read_text(visit)
    assert "The GMC is being given a rest" in shown
    assert "Our requests are being blocked. The next attempt is possible" in shown
    assert "in 15 minutes" in shown
    assert not [button for button in visit.button if button.key == "start-sync"]


def test_whoever_may_asks_all_the_same_after_a_warning(filled: Database) -> None:
    give_a_rest(filled, "GMC")
    visit = open_page("overview")
    assert "each further request can make the block last longer" in read_text(visit)
    assert visit.button(key="start-anyway").disabled
    visit.checkbox(key="start-anyway-sure").check().run()
    check(visit.button(key="start-anyway").click().run())
    with filled.reading() as connection:
        assert len(pending_requests(connection, EVERYONE)) == 1
        assert connection.scalar(select(sync_request.c.is_forced)) is True


def test_pressing_too_late_asks_nobody(filled: Database) -> None:
    visit = open_page("overview")
    give_a_rest(filled, "GMC")
    assert "The GMC is being given a rest" in read_text(check(visit.button(key="start-sync").click().run()))
    with filled.reading() as connection:
        assert pending_requests(connection, EVERYONE) == []
