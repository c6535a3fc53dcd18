"""What fails is given a rest, for every process and in every sync; then it is tried gently, and all is made good."""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

import pytest

from reval_core.db.database import Database
from reval_core.db.tables import breaker, sync_request, upstream_request
from reval_core.domain.breaker import GMC
from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.failures import FailureKind
from reval_core.domain.sources import TIS
from reval_core.domain.statuses import RunStatus, Trigger
from reval_core.queries.upstream import due_for_recovery
from reval_core.simulator.faults import FaultKind
from reval_core.sync.run import run_sync
from tests.builders import NORTH_EAST, THAMES_VALLEY, WESSEX, add_request
from tests.servers.awkward import http, serve
from tests.sync.processes import sync_in_process
from tests.sync.scene import ACTOR, BODIES, Outcome, Scene

ONE_BY_ONE: Final[dict[str, Any]] = {"parallel_requests": 1}
ALL: Final = (*BODIES, TIS)


def sources_asked(scene: Scene, outcome: Outcome) -> Counter[str]:
    """How often each source was asked in a run, by the record of requests."""
    rows = scene.rows(upstream_request, upstream_request.c.run_id == outcome.run.id)
    return Counter(row.source for row in rows if row.source != TIS)


def state_of_breakers(scene: Scene) -> dict[str, str]:
    return {row.scope: row.state for row in scene.rows(breaker)}


@pytest.fixture
def blocked(synced: Scene) -> Scene:
    """The GMC blocks us, and one sync has found out."""
    synced.bodies = tuple(NAMES)
    synced.fault(FaultKind.BLOCKED)
    synced.clock.advance(hours=1)
    outcome = synced.sync(**ONE_BY_ONE)
    assert sources_asked(synced, outcome).total() == 2
    return synced


def test_block_stops_the_asking_and_each_list_says_so(blocked: Scene) -> None:
    outcome = blocked.latest()
    assert outcome.status is RunStatus.FAILED
    assert {outcome.parts[body].failure for body in NAMES} == {FailureKind.BLOCKED}
    unasked = [part for part in outcome.parts.values() if part.source != TIS and part.asked_at is None]
    assert len(unasked) == len(NAMES) - 2
    for part in unasked:
        assert part.failure_detail.startswith("The GMC was not asked for the list of ")
        assert part.failure_detail.endswith(
            "The GMC is given a rest until 5 January 2026 at 01:20: our requests are being blocked."
        )


def test_nobody_is_asked_during_the_rest_by_any_process(blocked: Scene) -> None:
    blocked.lift_faults()
    blocked.clock.advance(minutes=14)
    with sync_in_process(blocked) as process:
        assert process.wait(30) == 0
    outcome = blocked.latest()
    assert outcome.failed() == set(NAMES)
    assert sources_asked(blocked, outcome).total() == 0
    assert outcome.parts[TIS].failure is None


def test_after_the_rest_one_request_finds_out_that_it_goes_on(blocked: Scene) -> None:
    rests = []
    for _ in range(6):
        (whole,) = blocked.rows(breaker, breaker.c.scope == GMC)
        rests.append(whole.next_attempt_at - blocked.clock())
        blocked.clock.moment = whole.next_attempt_at
        outcome = blocked.sync(parallel_requests=4)
        assert sources_asked(blocked, outcome).total() == 1
        assert outcome.failed() == set(NAMES)
    assert rests == [timedelta(minutes=minutes) for minutes in (15, 30, 60, 120, 240, 240)]


@pytest.mark.parametrize("parallel_requests", [1, 4])
def test_when_the_block_is_over_one_request_lets_all_the_others_follow(blocked: Scene, parallel_requests: int) -> None:
    blocked.lift_faults()
    blocked.clock.advance(minutes=15)
    outcome = blocked.sync(parallel_requests=parallel_requests)
    assert outcome.status is RunStatus.SUCCEEDED
    assert sources_asked(blocked, outcome) == Counter(list(NAMES))
    assert set(state_of_breakers(blocked).values()) == {"closed"}


def test_forced_sync_asks_at_once_and_stops_at_a_new_block(blocked: Scene) -> None:
    assert sources_asked(blocked, forced(blocked)).total() == 1
    blocked.lift_faults()
    outcome = forced(blocked)
    assert (outcome.status, sources_asked(blocked, outcome)) == (RunStatus.SUCCEEDED, Counter(list(NAMES)))


@pytest.mark.parametrize(
    ("status", "asked_for", "rest"), [(503, 3600, 1.0), (503, 99_999_999_999, 4.0), (429, 90_000, 4.0)]
)
def test_list_is_left_alone_as_long_as_the_gmc_asks_but_hours_at_most(
    synced: Scene, status: int, asked_for: int, rest: float
) -> None:
    with serve(http(status, Retry_After=str(asked_for))) as away:
        synced.sync(bodies=(WESSEX,), gmc_url=away.url, attempts=1)
        synced.clock.advance(hours=rest, minutes=-1)
        assert due_now(synced) == ()
        synced.sync(bodies=(WESSEX,), gmc_url=away.url)
        assert len(away.requests) == 1
    synced.clock.advance(minutes=1)
    assert due_now(synced) == (WESSEX,)
    assert synced.sync(bodies=(WESSEX,)).status is RunStatus.SUCCEEDED


def due_now(scene: Scene) -> tuple[str, ...]:
    """The lists that are asked for again now, without anybody's asking for it."""
    with scene.database.reading() as connection:
        return due_for_recovery(connection, scene.bodies, scene.clock()).bodies


def test_request_that_is_forced_makes_its_sync_so(blocked: Scene) -> None:
    blocked.lift_faults()
    with blocked.database.writing() as connection:
        asked = add_request(connection, is_forced=True)
    assert forced(blocked, is_forced=False, request_id=asked).status is RunStatus.SUCCEEDED
    assert blocked.rows(sync_request)[0].run_id == blocked.latest().run.id


def forced(scene: Scene, **more: Any) -> Outcome:
    wanted: dict[str, Any] = {"is_forced": True} | more
    run_id = run_sync(scene.settings(), scene.database, trigger=Trigger.MANUAL, actor=ACTOR, now=scene.clock, **wanted)
    return scene.outcome(run_id)


@pytest.mark.parametrize(("kind", "value"), [(FaultKind.BLOCKED, "429"), (FaultKind.RETURN_CODE, "99")])
def test_what_is_about_us_stops_everything_at_once(synced: Scene, kind: FaultKind, value: str) -> None:
    synced.fault(kind, value=value)
    outcome = synced.sync(attempts=3, **ONE_BY_ONE)
    assert sources_asked(synced, outcome) == Counter([WESSEX])
    assert outcome.failed() == set(BODIES)
    assert {part.failure for source, part in outcome.parts.items() if source != TIS} == {outcome.run.failure}


def test_one_blocked_body_costs_the_others_nothing(synced: Scene) -> None:
    synced.fault(FaultKind.BLOCKED, NORTH_EAST)
    assert synced.sync(**ONE_BY_ONE).failed() == {NORTH_EAST}
    assert state_of_breakers(synced)[NORTH_EAST] == "open"
    assert state_of_breakers(synced).get(GMC, "closed") == "closed"
    again = synced.sync(**ONE_BY_ONE)
    assert (again.failed(), sources_asked(synced, again)) == ({NORTH_EAST}, Counter([WESSEX, THAMES_VALLEY]))


def test_second_body_that_is_blocked_in_a_later_sync_counts_too(synced: Scene) -> None:
    synced.fault(FaultKind.BLOCKED)
    for body in (WESSEX, NORTH_EAST):
        synced.clock.advance(minutes=1)
        synced.sync(bodies=(body,))
    assert state_of_breakers(synced)[GMC] == "open"


def test_service_out_of_reach_is_given_up_after_three_bodies(synced: Scene) -> None:
    synced.bodies = tuple(NAMES)
    synced.fault(FaultKind.GATEWAY_TIMEOUT)
    outcome = synced.sync(**ONE_BY_ONE)
    assert sources_asked(synced, outcome).total() == 3
    assert {outcome.parts[body].failure for body in NAMES} == {FailureKind.TIMED_OUT}


def test_list_that_is_refused_three_times_rests_and_still_hides_nobody(synced: Scene) -> None:
    synced.fault(FaultKind.RETURN_CODE, NORTH_EAST, value="81")
    for _ in range(3):
        assert synced.sync().failed() == {NORTH_EAST}
    number = synced.listed(WESSEX)[0]
    synced.simulator.world.move(number, None)
    outcome = synced.sync()
    assert NORTH_EAST not in sources_asked(synced, outcome)
    assert "return code 81" in outcome.parts[NORTH_EAST].failure_detail
    assert synced.doctor(number).designated_body is None


def test_tis_that_blocks_us_is_left_alone_and_found_again(synced: Scene) -> None:
    synced.fault(FaultKind.BLOCKED, service="tis")
    synced.sync()
    synced.lift_faults()
    assert "TIS was not asked. TIS has been given a rest since" in synced.sync().parts[TIS].failure_detail
    synced.clock.advance(minutes=15)
    assert synced.sync().status is RunStatus.SUCCEEDED


def test_tis_that_is_not_believed_is_not_given_a_rest(synced: Scene) -> None:
    synced.fault(FaultKind.EMPTY_LIST, service="tis")
    for _ in range(4):
        assert synced.sync().parts[TIS].failure == FailureKind.IMPLAUSIBLE
    assert TIS not in state_of_breakers(synced)


def test_list_that_is_garbled_once_is_taken_at_the_second_attempt(synced: Scene) -> None:
    synced.fault(FaultKind.TRUNCATED, WESSEX, times=1)
    outcome = synced.sync(attempts=3)
    assert outcome.status is RunStatus.SUCCEEDED
    rows = synced.rows(upstream_request, upstream_request.c.run_id == outcome.run.id)
    of_wessex = [(row.attempt, row.failure, row.http_status) for row in rows if row.source == WESSEX]
    assert of_wessex == [(1, FailureKind.UNREADABLE, 200), (2, None, 200)]
    assert {row.source for row in rows} == set(ALL)
    assert all(row.trace_id == rows[0].trace_id for row in rows)


def test_requests_of_the_last_minute_count_whoever_made_them(synced: Scene) -> None:
    """Three were made by the first sync; the clock of a scene stands still."""
    synced.clock.advance(seconds=58)
    outcome = synced.sync(requests_per_minute=4)
    assert outcome.status is RunStatus.SUCCEEDED
    assert "gather: wait for a turn" in outcome.run.stage_milliseconds
    asked = [row.milliseconds for row in synced.rows(upstream_request)]
    assert max(asked) < 1_000


def test_requests_are_forgotten_after_a_month(synced: Scene) -> None:
    synced.clock.advance(days=31)
    outcome = synced.sync()
    assert {row.run_id for row in synced.rows(upstream_request)} == {outcome.run.id}


def test_failed_request_is_seen_by_others(synced: Scene, other_view: Database) -> None:
    synced.fault(FaultKind.RESET, WESSEX)
    synced.sync()
    with other_view.reading() as connection:
        failures = connection.execute(upstream_request.select().where(upstream_request.c.failure.is_not(None))).all()
    assert [(row.source, row.failure) for row in failures] == [(WESSEX, FailureKind.CANNOT_CONNECT)]


@pytest.fixture
def other_view(synced: Scene) -> Iterator[Database]:
    """The same database as another process sees it."""
    database = Database(synced.database.url.render_as_string(hide_password=False))
    yield database
    database.close()
