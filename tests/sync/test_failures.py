"""A source that fails keeps its last good data and its age; the others proceed, and the failure is told in words."""

import pytest
import zstandard

from reval_core.db.tables import doctor, gmc_answer, membership
from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.failures import FailureKind
from reval_core.domain.statuses import BodyStatus, RunStatus
from reval_core.simulator.delivery import BLOCKED_PAGE
from reval_core.simulator.faults import FaultKind
from tests.builders import NORTH_EAST, THAMES_VALLEY, WESSEX
from tests.sync.scene import BODIES, QUICK, Scene, assert_accounted_for, state_of

GOOD, *FAILING = NAMES
FAULTS = dict(
    zip(
        FAILING,
        [
            (FaultKind.BLOCKED, "403", FailureKind.BLOCKED, "firewall blocked our request"),
            (FaultKind.BLOCKED, "429", FailureKind.BLOCKED, "firewall blocked our request"),
            (FaultKind.TIMEOUT, "", FailureKind.TIMED_OUT, "did not answer within 0.3 seconds"),
            (FaultKind.SLOW, "5", FailureKind.TIMED_OUT, "did not complete its answer within 0.6 seconds"),
            (FaultKind.GATEWAY_TIMEOUT, "", FailureKind.TIMED_OUT, "gateway"),
            (FaultKind.RESET, "", FailureKind.CANNOT_CONNECT, "broke off the connection"),
            (FaultKind.HTML, "", FailureKind.BLOCKED, "web page instead of data"),
            (FaultKind.TRUNCATED, "", FailureKind.UNREADABLE, "cannot be read"),
            (
                FaultKind.RETURN_CODE,
                "98",
                FailureKind.REFUSED,
                "return code 98: there was an internal error",
            ),
            (FaultKind.RETURN_CODE, "99", FailureKind.REFUSED, "return code 99: the user name, the password"),
            (FaultKind.RETURN_CODE, "80", FailureKind.REFUSED, "return code 80: the designated body code"),
            (FaultKind.RETURN_CODE, "81", FailureKind.REFUSED, "return code 81: our account has no access"),
        ],
        strict=True,
    )
)
OF_TIS = [
    (FaultKind.BLOCKED, FailureKind.BLOCKED, "firewall blocked our request"),
    (FaultKind.TIMEOUT, FailureKind.TIMED_OUT, "did not answer within 0.3 seconds"),
    (FaultKind.RESET, FailureKind.CANNOT_CONNECT, "broke off the connection"),
    (FaultKind.HTML, FailureKind.BLOCKED, "web page instead of data"),
    (FaultKind.TRUNCATED, FailureKind.UNREADABLE, "cannot be read"),
]


def test_each_body_that_fails_keeps_its_data_and_age(scene: Scene) -> None:
    """Twelve bodies fail, each in its own way and at its own time, since many together would be given a rest."""
    scene.bodies = tuple(NAMES)
    scene.sync()
    kept = scene.rows(doctor, doctor.c.designated_body != GOOD)
    ages = {body: scene.source(body) for body in FAILING}
    for body in NAMES:
        scene.alter(scene.listed(body)[0], "Sanction", "Warning")

    for body, (kind, value, failure, words) in FAULTS.items():
        scene.fault(kind, body, value=value)
        scene.clock.advance(hours=4)
        outcome = scene.sync(bodies=(body,), **QUICK)

        part, after = outcome.parts[body], scene.source(body)
        assert (outcome.status, outcome.failed()) == (RunStatus.FAILED, {body})
        assert part.failure == after.failure == failure, body
        assert words in part.failure_detail
        assert after[:5] == ages[body][:5]
        assert (after.failed_at, after.failed_run_id) == (scene.clock(), outcome.run.id)
        assert_accounted_for(outcome)

    assert scene.sync(bodies=(GOOD,)).status is RunStatus.SUCCEEDED
    assert scene.rows(doctor, doctor.c.designated_body != GOOD) == kept
    assert [row.designated_body for row in scene.rows(doctor, doctor.c.sanction == "Warning")] == [GOOD]


def test_unlisted_return_code_is_shown_as_it_is(synced: Scene) -> None:
    synced.fault(FaultKind.RETURN_CODE, WESSEX, value="777")
    part = synced.sync().parts[WESSEX]
    assert part.failure == FailureKind.REFUSED
    assert "return code 777, which is not in the GMC's list" in part.failure_detail


@pytest.mark.parametrize(("kind", "failure", "words"), OF_TIS)
def test_failed_tis_keeps_its_memberships(synced: Scene, kind: FaultKind, failure: FailureKind, words: str) -> None:
    before, kept = state_of(synced.database), synced.rows(membership)
    synced.alter(synced.listed(WESSEX)[0], "programmeName", "Surgery")
    synced.alter(synced.listed(WESSEX)[0], "Sanction", "Warning")
    synced.fault(kind, service="tis")

    outcome = synced.sync(**QUICK)

    assert (outcome.status, outcome.failed()) == (RunStatus.PARTIAL, {"TIS"})
    assert (outcome.parts["TIS"].failure, synced.source("TIS").failure) == (failure, failure)
    assert words in outcome.parts["TIS"].failure_detail
    assert synced.rows(membership) == kept
    assert state_of(synced.database).discrepancies == before.discrepancies
    assert synced.doctor(synced.listed(WESSEX)[0]).sanction == "Warning"


def test_tis_that_breaks_off_halfway_counts_as_nothing(synced: Scene) -> None:
    kept = synced.rows(membership)
    synced.next_day(20)
    synced.fault(FaultKind.RESET, service="tis", page=3)

    outcome = synced.sync(tis_page_size=100)

    assert (outcome.status, outcome.failed()) == (RunStatus.PARTIAL, {"TIS"})
    assert synced.rows(membership) == kept
    assert outcome.run.changed > 0


def test_everything_failing_is_a_failed_run_that_changes_nothing(synced: Scene) -> None:
    before, rows, events = state_of(synced.database), synced.rows(doctor), synced.events()
    synced.next_day()
    synced.fault(FaultKind.BLOCKED)
    synced.fault(FaultKind.BLOCKED, service="tis")

    outcome = synced.sync()

    assert outcome.status is RunStatus.FAILED
    assert outcome.failed() == {*BODIES, "TIS"}
    assert outcome.run.failure == FailureKind.BLOCKED
    assert "blocked" in outcome.run.failure_detail
    assert (state_of(synced.database), synced.rows(doctor), synced.events()) == (before, rows, events)


def test_first_sync_without_any_list_stores_no_doctor(scene: Scene) -> None:
    scene.fault(FaultKind.RESET)
    assert scene.sync().status is RunStatus.FAILED
    assert scene.rows(doctor) == []
    assert "ready_for_connection" not in {fact[0] for fact in state_of(scene.database).discrepancies}


def test_body_never_heard_from_opens_no_ready_for_connection(scene: Scene) -> None:
    scene.fault(FaultKind.BLOCKED, WESSEX)
    outcome = scene.sync()
    facts = state_of(scene.database).discrepancies
    assert outcome.status is RunStatus.PARTIAL
    assert not [fact for fact in facts if fact[0] == "ready_for_connection" and fact[4] == WESSEX]
    assert [fact for fact in facts if fact[0] == "ready_for_connection" and fact[4] in (NORTH_EAST, THAMES_VALLEY)]


def test_recovery_clears_the_failure_and_catches_up(synced: Scene) -> None:
    synced.alter(synced.listed(WESSEX)[0], "Sanction", "Warning")
    synced.fault(FaultKind.GATEWAY_TIMEOUT, WESSEX, times=1)
    synced.sync()
    synced.clock.advance(hours=1)

    outcome = synced.sync()

    assert outcome.status is RunStatus.SUCCEEDED
    assert synced.doctor(synced.listed(WESSEX)[0]).sanction == "Warning"
    assert (synced.source(WESSEX).accepted_at, synced.source(WESSEX).failure) == (synced.clock(), None)


def test_blocked_body_is_asked_once_only(synced: Scene) -> None:
    synced.fault(FaultKind.BLOCKED, WESSEX, times=2)
    synced.simulator.world.move(synced.listed(NORTH_EAST)[0], None)  # gives reason for a second look
    synced.sync()
    assert [fault["times"] for fault in synced.simulator.simulator.faults.in_force()] == [1]


def test_what_stood_in_the_place_of_a_list_is_kept(synced: Scene) -> None:
    synced.fault(FaultKind.BLOCKED, WESSEX)
    outcome = synced.sync()
    (kept,) = synced.rows(gmc_answer, gmc_answer.c.id == outcome.parts[WESSEX].answer_id)
    assert zstandard.decompress(kept.body) == BLOCKED_PAGE


def test_service_that_is_not_there_is_a_failed_run(synced: Scene) -> None:
    outcome = synced.sync(gmc_url="http://127.0.0.1:9", tis_url="http://127.0.0.1:9")
    assert outcome.status is RunStatus.FAILED
    assert {part.failure for part in outcome.parts.values()} == {FailureKind.CANNOT_CONNECT}
    assert {part.status for part in outcome.parts.values()} == {BodyStatus.FAILED}


def test_short_list_disconnects_only_who_is_nowhere(synced: Scene) -> None:
    everyone = synced.listed(WESSEX)
    synced.fault(FaultKind.SHORT_LIST, WESSEX, value="0.9")
    outcome = synced.sync()
    gone = {row.gmc_number for row in synced.rows(doctor, doctor.c.former_designated_body == WESSEX)}
    assert gone == set(everyone[int(len(everyone) * 0.9) :])
    assert outcome.run.disconnected == outcome.parts[WESSEX].disconnected == len(gone)
    assert_accounted_for(outcome)


@pytest.mark.parametrize("kind", [FaultKind.EMPTY_LIST, FaultKind.SHORT_LIST])
def test_much_too_short_answer_of_tis_is_not_believed(synced: Scene, kind: FaultKind) -> None:
    before = state_of(synced.database)
    synced.fault(kind, service="tis")

    outcome = synced.sync()

    assert (outcome.status, outcome.failed()) == (RunStatus.PARTIAL, {"TIS"})
    assert outcome.parts["TIS"].failure == FailureKind.IMPLAUSIBLE
    assert "were held" in outcome.parts["TIS"].failure_detail
    assert state_of(synced.database) == before


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("gmcReferenceNumber", "UNKNOWN", "without a usable GMC number"),
        ("tcsDesignatedBody", "", "without a programme owner"),
        ("programmeMembershipType", "", "without a membership type"),
    ],
)
def test_answer_of_tis_that_lost_what_is_compared_is_not_believed(
    synced: Scene, monkeypatch: pytest.MonkeyPatch, field: str, value: str, said: str
) -> None:
    before, world = state_of(synced.database), synced.simulator.world
    owner = {"programmeOwner": value} if field == "tcsDesignatedBody" else {}
    rows = [row | owner | {field: value} for row in world.memberships(0, world.count_memberships())]
    monkeypatch.setattr(world, "memberships", lambda first, count: rows[first : first + count])
    outcome = synced.sync()
    assert outcome.parts["TIS"].failure == FailureKind.IMPLAUSIBLE
    assert said in outcome.parts["TIS"].failure_detail
    assert state_of(synced.database) == before


def test_pages_between_which_memberships_moved_are_not_believed(synced: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    before, world = state_of(synced.database), synced.simulator.world
    rows = world.memberships(0, world.count_memberships())
    moved = [*rows[:100], *rows[60:100], *rows[140:]]
    assert len(moved) == len(rows)
    monkeypatch.setattr(world, "memberships", lambda first, count: moved[first : first + count])
    outcome = synced.sync()
    assert outcome.parts["TIS"].failure == FailureKind.IMPLAUSIBLE
    assert "40 memberships twice, and 40 not at all" in outcome.parts["TIS"].failure_detail
    assert state_of(synced.database) == before


def test_short_answer_of_tis_is_accepted_by_setting(synced: Scene) -> None:
    synced.fault(FaultKind.SHORT_LIST, service="tis")
    assert synced.sync(tis_may_lose_percent=100).failed() == set()


def test_tis_may_send_everything_twice_and_once_again(synced: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    world, before = synced.simulator.world, state_of(synced.database)
    twice = world.memberships(0, world.count_memberships()) * 2
    with monkeypatch.context() as patch:
        patch.setattr(world, "count_memberships", lambda: len(twice))
        patch.setattr(world, "memberships", lambda first, count: twice[first : first + count])
        assert synced.sync().failed() == set()
    assert synced.sync().failed() == set()
    assert state_of(synced.database).memberships == before.memberships
