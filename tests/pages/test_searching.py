"""Nobody can try one name or number after another: after some within a minute, nothing more is looked up."""

import pytest

from pages._ui.searching import require_calm
from reval_core.db.database import Database
from tests.pages.opening import open_page, read_text
from tests.pages.test_find import type_into_find_box


@pytest.fixture
def hasty(filled: Database, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Two searches a minute, counted for this test alone."""
    monkeypatch.setenv("REVAL_SEARCHES_PER_MINUTE", "2")
    monkeypatch.setattr("pages._ui.searching.SEARCH", f"search of {request.node.name}")


@pytest.mark.usefixtures("hasty")
def test_third_search_within_a_minute_is_not_looked_up() -> None:
    assert "1 person matching “smith”" in read_text(open_page("find", text="smith"))
    assert "matching" in read_text(open_page("find", text="a"))
    refused = read_text(open_page("find", text="ng"))
    assert "That was very quick" in refused
    assert "Wait a minute" in refused
    assert "No usable one" not in refused


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("number", ["7000001", "7999999"])
def test_doctors_opened_one_after_another_count_too(number: str) -> None:
    assert "Amelia" in read_text(open_page("doctor", gmc="7000001"))
    open_page("doctor", gmc="7000003")
    refused = read_text(open_page("doctor", gmc=number))
    assert "That was very quick" in refused
    assert "Amelia" not in refused


@pytest.mark.usefixtures("hasty")
def test_box_beside_every_page_counts_too() -> None:
    type_into_find_box("smith")
    type_into_find_box("evans")
    assert "That was very quick" in read_text(type_into_find_box("gill"))


@pytest.mark.usefixtures("hasty")
def test_list_drawn_again_is_no_new_search() -> None:
    visit = open_page("connections", q="smith")
    for _ in range(4):
        visit.run()
    assert "That was very quick" not in read_text(visit)


def test_nothing_typed_is_no_search() -> None:
    for _ in range(100):
        require_calm("")
