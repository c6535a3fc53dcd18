"""Every page in every state that can be reached, in both colours, wide and narrow: nobody is shut out of any."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from _pytest.mark import ParameterSet
from playwright.sync_api import Page, expect
from sqlalchemy import delete, insert

from reval_core.config import settings_without_environment
from reval_core.db.database import Database
from reval_core.db.tables import breaker, incident, notification, planned_sync, upstream_request
from reval_core.domain.access import AccessKind
from reval_core.domain.breaker import GMC
from reval_core.domain.sources import TIS
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.services.access import record_access
from reval_core.services.schedule import pause_schedule, resume_schedule
from reval_core.watch.alerts import watch
from tests.browser.conftest import Dashboard
from tests.browser.dashboard import run_dashboard
from tests.browser.looking import LOOKS, judge
from tests.builders import WESSEX, open_database
from tests.pages.stored import (
    AGREED,
    DISCONNECTED,
    ELSEWHERE,
    HELD,
    HOSTILE,
    NOBODY,
    ONLY_IN_TIS,
    SET_ASIDE,
    finish_run,
    start_run,
)
from tests.pages.upstream import give_a_rest

INCIDENT: Final = "E-AAAA-2222"
THEN: Final = f"{datetime.now(UTC) - timedelta(hours=5):%Y-%m-%dT%H:%M}"


@dataclass(frozen=True)
class State:
    """A state of a screen: its address, something that shows that it is there, and what is done there first."""

    name: str
    path: str
    sign: str
    act: Callable[[Page], None] | None = None


def press(name: str) -> Callable[[Page], None]:
    """Press a button, which opens something."""
    return lambda page: page.get_by_role("button", name=name).first.click()


def open_all(page: Page) -> None:
    """Open everything that can be folded out."""
    folded = page.locator("details:not([open]) > summary")
    for _ in range(folded.count()):
        folded.first.click()
    expect(folded).to_have_count(0)


def choose_two(page: Page) -> None:
    """Choose two rows, as a person does."""
    expect(page.locator("body")).to_have_attribute("data-clicks", "heard")
    for place in (0, 1):
        page.locator("tbody input").nth(place).check()
    expect(page.get_by_text("Chosen:")).to_contain_text(";")


WITH_DATA: Final = [
    State("overview", "/", "Designated bodies"),
    State("overview-sync-now", "/", "Designated bodies", press("Sync now")),
    State("overview-set-aside", "/?list=set-aside", "Entries that could not be used"),
    State("overview-unusual", "/?list=unusual", "Unusual, but applied"),
    State("connections", "/connections", "1 to 50 of"),
    State("connections-more-filters", "/connections?body=Wessex", "Remove all filters", open_all),
    State("connections-none-match", "/connections?q=zzz", "No connected doctor matches"),
    State("connections-earlier-moment", "/connections", "1 to 50 of", press("Show an earlier moment")),
    State("connections-then", f"/connections?as-of={THEN}", "This is the past"),
    State("discrepancies", "/discrepancies?group=connect", "Okafor"),
    State("discrepancies-order", "/discrepancies?group=connect", "Okafor", open_all),
    State("discrepancies-chosen", "/discrepancies?group=correct", "Tick a discrepancy", choose_two),
    State("discrepancies-none-match", "/discrepancies?group=connect&q=zzz", "No open discrepancy matches here"),
    State("discrepancies-hidden-none", "/discrepancies?group=hidden", "Nothing is hidden"),
    State("doctor", f"/doctor?gmc={AGREED}", "What happened, newest first"),
    State("doctor-open", f"/doctor?gmc={HOSTILE}", "What happened, newest first", open_all),
    State("doctor-ask", f"/doctor?gmc={AGREED}", "What happened, newest first", press("Ask the GMC again")),
    State("doctor-summary", f"/doctor?gmc={ELSEWHERE}", "What happened, newest first", press("Copy a summary")),
    State("doctor-earlier-moment", f"/doctor?gmc={AGREED}", "What happened", press("Show an earlier moment")),
    State("doctor-then", f"/doctor?gmc={AGREED}&as-of={THEN}", "This is the past"),
    State("doctor-set-aside", f"/doctor?gmc={SET_ASIDE}", "What happened, newest first", open_all),
    State("doctor-held", f"/doctor?gmc={HELD[0]}", "What happened, newest first"),
    State("doctor-disconnected", f"/doctor?gmc={DISCONNECTED}", "Not connected"),
    State("doctor-only-in-tis", f"/doctor?gmc={ONLY_IN_TIS}", "What happened, newest first"),
    State("doctor-unknown", f"/doctor?gmc={NOBODY}", "Nothing was found"),
    State("holds", "/holds", "Held since"),
    State("holds-asking", "/holds", "Held since", press("Reject for South London")),
    State("alerts", "/alerts", "Whom it concerns"),
    State("alerts-acknowledging", "/alerts", "Whom it concerns", press("Acknowledge")),
    State("operations", "/operations", "Messages about alerts"),
    State("operations-pausing", "/operations", "Messages about alerts", press("Pause the schedule")),
    State("access", f"/access?q={AGREED}", "was in the list"),
    State("access-none-match", "/access?q=zzz", "Nothing on record matches"),
    State("alert", "/alerts?id=1", "All alerts"),
    State("alert-unknown", "/alerts?id=99", "There is no alert 99"),
    State("runs", "/runs", "2 syncs"),
    State("runs-none-match", "/runs?status=Cancelled", "No sync ended like that"),
    State("run", "/run?id=2", "What each list brought", open_all),
    State("run-failed-part", "/run?id=2&source=1-1RSSPZ7", "East Midlands: "),
    State("run-unknown", "/run?id=99", "99"),
    State("health", "/health", "Last 30 days", open_all),
    State("find", "/find?text=a", "matching"),
    State("find-none", "/find?text=zzz", "Nobody was found"),
    State("find-nothing-typed", "/find", "Type a name"),
    State("incident", f"/incident?reference={INCIDENT}", "Failing step"),
    State("incident-unknown", "/incident?reference=E-2222-2222", "E-2222-2222"),
    State("unknown-address", "/nonsense", "There is no page at this address"),
]
COVERED_ELSEWHERE: Final = frozenset(
    "overview alerts alert-unknown "
    "connections discrepancies doctor runs run find holds holds-asking health doctor-earlier-moment "
    "discrepancies-order discrepancies-hidden-none doctor-set-aside doctor-only-in-tis overview-unusual "
    "run-failed-part run-unknown find-none find-nothing-typed incident-unknown".split()
)
"""Much like what is looked at here or by other tests each time: `make test-deep` looks at these too."""
EVERY_PAGE: Final = {
    "overview": "/",
    "connections": "/connections",
    "discrepancies": "/discrepancies",
    "holds": "/holds",
    "alerts": "/alerts",
    "operations": "/operations",
    "access": "/access",
    "runs": "/runs",
    "health": "/health",
    "doctor": f"/doctor?gmc={AGREED}",
    "find": "/find?text=a",
    "run": "/run?id=1",
    "incident": f"/incident?reference={INCIDENT}",
}


def list_states() -> Iterator[ParameterSet]:
    """All states, those that are covered elsewhere marked as slow."""
    for state in WITH_DATA:
        marks = [pytest.mark.slow] if state.name in COVERED_ELSEWHERE else []
        yield pytest.param(state, id=state.name, marks=marks)


@pytest.fixture(scope="module")
def states(dashboard: Dashboard) -> Dashboard:
    """The filled dashboard, on which somebody has met a failure, after every rule of the alerts was asked."""
    add_incident(dashboard.database)
    add_looks(dashboard.database, datetime.now(UTC))
    watch(dashboard.database, settings_without_environment(), datetime.now(UTC))
    return dashboard


def add_incident(database: Database) -> None:
    """A failure that somebody met an hour ago, and one a little later."""
    row = {"person": "Sam Field", "failure": "timed_out", "detail": "It took too long.", "step": "pages/overview.py"}
    at = datetime.now(UTC) - timedelta(hours=1)
    with database.writing() as connection:
        for reference, place in ((INCIDENT, "Overview, /"), ("E-AAAA-3333", "Sync history, /runs?page=2")):
            connection.execute(insert(incident), row | {"reference": reference, "at": at, "place": place})


def add_looks(database: Database, now: datetime) -> None:
    """Somebody who opened a doctor, and then took a list with them."""
    sam = Viewer("sam.field@example.org")
    record_access(database, sam, now, AccessKind.OPENED_DOCTOR, gmc_number=AGREED)
    filters = "Current connections. Filters: Designated body: Wessex; under notice Yes"
    record_access(database, sam, now, AccessKind.EXPORTED, detail=filters, doctors=[AGREED, ELSEWHERE])


def reach(page: Page, dashboard: Dashboard, state: State) -> None:
    """Go to a state, as far as its sign, in a wide window."""
    page.set_viewport_size({"width": LOOKS[0][1], "height": 900})
    page.goto(dashboard.address + state.path)
    expect(page.get_by_text(state.sign).first).to_be_visible()
    expect(page.locator("[data-test-script-state=notRunning]")).to_be_visible()
    if state.act:
        state.act(page)


@pytest.mark.parametrize("state", list(list_states()))
def test_page_with_data(page: Page, states: Dashboard, state: State) -> None:
    reach(page, states, state)
    judge(page, state.name)


def test_sync_under_way(page: Page, states: Dashboard) -> None:
    run_id = start_run(states.database, datetime.now(UTC))
    try:
        for name, path in {"overview": "/", "runs": "/runs", "run": f"/run?id={run_id}"}.items():
            reach(page, states, State(name, path, "1 of 13 lists done"))
            judge(page, f"{name}-under-way")
    finally:
        finish_run(states.database, run_id, datetime.now(UTC))


def test_schedule_that_is_paused_while_the_gmc_blocks_us(page: Page, states: Dashboard) -> None:
    give_a_rest(states.database, GMC)
    now = datetime.now(UTC)
    pause_schedule(states.database, EVERYONE, now, "The GMC is moving to a new address.", now + timedelta(days=1))
    add_what_is_watched(states.database, now)
    try:
        reach(page, states, State("operations", "/operations?days=Last+7+days", "The GMC is being given a rest"))
        judge(page, "operations-paused")
        reach(page, states, State("overview", "/", "The schedule is paused until"))
        judge(page, "overview-paused")
    finally:
        resume_schedule(states.database, EVERYONE, datetime.now(UTC))
        with states.database.writing() as connection:
            connection.execute(delete(breaker))


def add_what_is_watched(database: Database, now: datetime) -> None:
    """Requests that were answered and that were not, planned syncs that began and were missed, and a message."""
    failed = {"failure": "blocked", "failure_detail": "The GMC or its firewall blocked our request (status 403)."}
    asked = {"run_id": 2, "attempt": 1, "milliseconds": 1_840, "failure": None, "failure_detail": None}
    due = {"kind": "nightly", "noticed_at": now, "outcome": "started", "reason": None}
    missed = {"kind": "refresh", "outcome": "missed", "reason": "No server was running when it was due."}
    said = {"made_at": now, "channel": "slack", "title": "Blocked by the GMC", "text": "It blocked us.", "alerts": "{}"}
    with database.writing() as connection:
        for hours, source in enumerate((WESSEX, WESSEX, TIS), 1):
            row = asked | {"asked_at": now - timedelta(hours=hours), "source": source}
            connection.execute(insert(upstream_request), [row, row | failed] if hours == 1 else [row])
        for days, planned in enumerate((due, due | missed), 1):
            connection.execute(insert(planned_sync), planned | {"due_at": now - timedelta(days=days)})
        connection.execute(insert(notification), said | {"status": "waiting", "attempts": 0, "next_attempt_at": now})


@pytest.fixture(scope="module")
def new_installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dashboard]:
    """A server on an empty database, whose first sync, which it starts by itself, can reach nobody."""
    folder = tmp_path_factory.mktemp("empty")
    url = f"sqlite:///{folder / 'shown.sqlite3'}"
    database = open_database(url)
    with run_dashboard(url, folder / "log", runs_schedule=True) as address:
        yield Dashboard(address, database, folder / "log")
    database.close()


def test_nothing_there_yet(page: Page, new_installation: Dashboard) -> None:
    for name, path in EVERY_PAGE.items():
        reach(page, new_installation, State(name, path, "No data yet"))
        judge(page, f"{name}-empty")


@pytest.fixture(scope="module")
def broken_installation(new_installation: Dashboard) -> Dashboard:
    """The same, after what every page asks for has gone from the database."""
    with new_installation.database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE source_state")
    return new_installation


def test_database_that_cannot_be_read(page: Page, broken_installation: Dashboard) -> None:
    for name, path in EVERY_PAGE.items():
        reach(page, broken_installation, State(name, path, "The database cannot be reached"))
        judge(page, f"{name}-without-database")
