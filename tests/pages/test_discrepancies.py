"""The list of discrepancies: its groups, what each row says, what narrows it, hiding and showing again."""

from datetime import UTC, datetime

import pytest
from streamlit.testing.v1 import AppTest

from reval_core.db.database import Database
from reval_core.domain.discrepancies import DiscrepancyGroup
from reval_core.domain.uk_time import uk_date
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.discrepancies import DiscrepancyFilter, ListedDiscrepancy, list_discrepancies
from reval_core.services.hiding import hide_discrepancies
from tests.builders import add_discrepancy
from tests.pages.opening import check, open_page, read_html, read_text
from tests.pages.stored import AGREED, EAST_MIDLANDS, ELSEWHERE, HOSTILE, WESSEX

KEY = ("connected_elsewhere", ELSEWHERE)
ADDRESS = " ".join(KEY)


def hidden_in(database: Database) -> list[ListedDiscrepancy]:
    with database.reading() as connection:
        wanted = DiscrepancyFilter(hidden=True)
        return list_discrepancies(connection, EVERYONE, wanted, uk_date(datetime.now(UTC))).rows


def hide(database: Database, *bodies: str, reason: str = "On leave.") -> None:
    for body in bodies:
        hide_discrepancies(database, EVERYONE, datetime.now(UTC), [KEY], body, reason)


def press_hide(visit: AppTest, reason: str) -> AppTest:
    visit.text_input(key="reason-for-hiding").set_value(reason)
    return check(visit.button(key="confirm-hiding").click().run())


def tabs_of(visit: AppTest) -> str:
    return next(body for body in read_html(visit) if "rv-tabs" in body)


def test_each_row_says_what_was_found_and_what_to_do(filled: Database) -> None:
    shown = read_text(open_page("discrepancies"))
    assert "Connected elsewhere Wessex East Midlands" in " ".join(shown.split())
    assert "East Midlands adds the connection" in shown


def test_every_group_is_a_link_with_its_count(filled: Database) -> None:
    hide(filled, WESSEX)
    tabs = tabs_of(open_page("discrepancies", q="", body="Wessex"))
    for group in DiscrepancyGroup:
        assert f"group={group.value}&amp;body=Wessex" in tabs
    counts = [part.partition("<")[0] for part in tabs.split('rv-count">')[1:]]
    assert counts == ["0", "0", "1", "0", "1"]
    assert tabs.count('aria-current="page"') == 1


def test_group_in_the_address_is_the_one_shown(filled: Database) -> None:
    shown = read_text(open_page("discrepancies", group="correct"))
    assert "Isla" in shown
    assert "Okafor" not in shown
    assert "Nothing to review" in read_text(open_page("discrepancies", group="review"))
    assert "Okafor" in read_text(open_page("discrepancies", group="nonsense"))


def test_kind_in_the_address_narrows_the_list(filled: Database) -> None:
    shown = read_text(open_page("discrepancies", kind="Names differ"))
    assert "1 discrepancy" in shown
    assert "Okafor" not in shown


def test_search_leads_to_the_group_that_has_something(filled: Database) -> None:
    assert "TIS person 555" in read_text(open_page("discrepancies", q="isla"))
    shown = read_text(open_page("discrepancies", q="isla", group="connect"))
    assert "No open discrepancy matches here" in shown


def test_kind_of_which_there_is_none_shows_nothing(filled: Database) -> None:
    shown = read_text(open_page("discrepancies", kind="Visitor"))
    assert "No open discrepancy matches here" in shown
    assert "Okafor" not in shown


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ({"by": "Nobody"}, "“Nobody” is not a designated body"),
        ({"body": "Nowhere"}, "“Nowhere” is not a designated body"),
        ({"kind": "Oddity"}, "“Oddity” is not a kind in “To connect”"),
        ({"group": "connect", "kind": "Visitor"}, "“Visitor” is not a kind in “To connect”"),
    ],
)
def test_value_that_does_not_exist_finds_nobody(filled: Database, address: dict[str, str], said: str) -> None:
    visit = open_page("discrepancies", **address)
    assert said in read_text(visit)
    assert "No open discrepancy matches here" in read_text(visit)
    assert not any("<table" in body for body in read_html(visit))


def test_choice_that_there_is_not_is_left_out_and_said(filled: Database) -> None:
    shown = read_text(open_page("discrepancies", sort="luck", group="luck"))
    assert "“luck” is not a choice of “Sort by”, and was left out." in shown
    assert "“luck” is not a choice of “What is to be done”, and was left out." in shown
    assert "Okafor" in shown


def test_count_and_filters_stand_above_the_list(filled: Database) -> None:
    bodies = read_html(open_page("discrepancies", by="East Midlands"))
    said = next(place for place, body in enumerate(bodies) if "1 discrepancy · Only: to be done by East" in body)
    assert said < next(place for place, body in enumerate(bodies) if "<table" in body)


def test_person_without_number_has_no_link(filled: Database) -> None:
    shown = read_text(open_page("discrepancies", kind="No usable GMC number"))
    assert "TIS person 555" in shown


def test_body_of_either_side_finds_a_discrepancy(filled: Database) -> None:
    assert "Okafor" in read_text(open_page("discrepancies", body="East Midlands"))
    assert "Okafor" in read_text(open_page("discrepancies", body="Wessex"))


def test_row_chosen_in_the_address_is_hidden_by_one_press(filled: Database) -> None:
    visit = open_page("discrepancies", body="Wessex", choose=ADDRESS)
    assert "Hide 1 discrepancy for Wessex" in read_text(visit)
    shown = read_text(press_hide(visit, "On leave."))
    assert "1 discrepancy is hidden for Wessex" in shown
    assert "Okafor" not in shown
    ((hiding,),) = [one.hidings for one in hidden_in(filled)]
    assert (hiding.designated_body, hiding.reason, hiding.until) == (WESSEX, "On leave.", None)


def test_what_is_hidden_for_one_body_says_so_to_the_other(filled: Database) -> None:
    hide(filled, WESSEX)
    assert "Hidden for Wessex" in read_text(open_page("discrepancies", group="connect"))
    assert "Hidden for Wessex" not in read_text(open_page("discrepancies", group="connect", body="East Midlands"))


def test_hiding_without_a_reason_is_refused(filled: Database) -> None:
    visit = press_hide(open_page("discrepancies", body="Wessex", choose=ADDRESS), "  ")
    assert "Nothing was hidden" in read_text(visit)
    assert "A reason is missing" in read_text(visit)
    assert hidden_in(filled) == []


def test_several_are_hidden_together(filled: Database) -> None:
    with filled.writing() as connection:
        add_discrepancy(connection, "not_in_tis", AGREED, 2)
    chosen = [f"names_differ {HOSTILE}", f"not_in_tis {AGREED}", "visitor 7999999"]
    visit = open_page("discrepancies", group="correct", choose=chosen)
    assert tabs_of(visit).count("checked") == 0
    assert sum(body.count(" checked>") for body in read_html(visit)) == 2
    assert "Hide 2 discrepancies for Wessex" in read_text(visit)
    press_hide(visit, "Known.")
    assert len(hidden_in(filled)) == 2


def test_hidden_ones_tell_who_why_and_until_when_and_are_shown_again(filled: Database) -> None:
    hide(filled, WESSEX, EAST_MIDLANDS)
    shown = read_text(open_page("discrepancies", group="hidden"))
    for words in ("On leave.", "command line", "No end", "Okafor", "Tick what is to be shown again"):
        assert words in shown
    visit = open_page("discrepancies", group="hidden", choose=f"{ADDRESS} {WESSEX}")
    assert "Show 1 discrepancy again for Wessex" in read_text(visit)
    visit = check(visit.button(key="confirm-showing").click().run())
    assert "1 discrepancy is shown again for Wessex" in read_text(visit)
    assert [one.hidings[0].designated_body for one in hidden_in(filled)] == [EAST_MIDLANDS]


def test_doctors_page_tells_of_hiding_and_its_history(filled: Database) -> None:
    hide(filled, WESSEX, reason="<b>On</b> leave.")
    visit = open_page("doctor", gmc=ELSEWHERE)
    shown = read_text(visit)
    assert "Hidden for Wessex without an end, by command line" in shown
    assert "Connected elsewhere, for Wessex: <b>On</b> leave." in shown
    assert "Shown" in shown
    assert "Hidden" in shown


@pytest.mark.parametrize("sort", ["Programme owner", "What was found", "What to do", "Reason", "Hidden until"])
@pytest.mark.parametrize("group", ["connect", "hidden"])
def test_every_column_sorts(filled: Database, group: str, sort: str) -> None:
    hide(filled, WESSEX)
    visit = open_page("discrepancies", group=group, sort=sort)
    table = next(body for body in read_html(visit) if "<table" in body)
    is_offered = getattr(visit.selectbox(key="sort").value, "label", None) == sort
    assert (f'data-sort="{sort}">{sort}</a> <span' in table) == (is_offered and sort in table)


def test_overview_does_not_count_what_is_hidden(filled: Database) -> None:
    assert "Connected elsewhere" in read_text(open_page("overview"))
    hide(filled, WESSEX, EAST_MIDLANDS)
    assert "Connected elsewhere" not in read_text(open_page("overview"))
