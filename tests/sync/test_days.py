"""As days pass, syncing only what changed ends where a fresh database, synced on the same day, would end."""

from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from sqlalchemy import func, select

from reval_core.db.tables import doctor
from reval_core.domain.statuses import RunStatus
from reval_core.simulator.faults import FaultKind
from reval_core.simulator.world import PlannedMove
from tests.sync.scene import BODIES, QUICK, Scene, assert_accounted_for, fresh_copy, state_of

READABLE = {
    "DoctorLastName": ("Ng", "O’Brien-Śmith", "LEE", ""),
    "SubmissionDate": ("01/02/2027", "", " 28/02/2026 "),
    "UnderNotice": ("Yes", "No", "On Hold", "", "yes", "Perhaps"),
    "Sanction": ("Conditions", ""),
    "programmeOwner": ("Wessex", "North East", "Elsewhere"),
    "programmeMembershipEndDate": ("2026-01-08", "2026-01-11T00:00:00", "2030-01-01"),
    "status": ("INACTIVE", "current"),
    "programmeMembershipType": ("VISITOR", "MILITARY"),
    "doctorLastName": ("Somebody Else",),
    "gmcReferenceNumber": ("UNKNOWN", "4000000"),
}
UNREADABLE = {
    "SubmissionDate": "31/02/2024",
    "GMCReferenceNumber": "71234",
    "DateAdded": "yesterday",
}
UNASKED: Final[dict[str, Any]] = {"hold_over_doctors": 10_000}
"""After days of trouble many leave at once, which would wait for a person."""
FAILING = (FaultKind.BLOCKED, FaultKind.RESET, FaultKind.HTML, FaultKind.TRUNCATED, FaultKind.RETURN_CODE)


@pytest.mark.parametrize("days", [1, 30])
def test_days_that_passed_are_caught_up_with(synced: Scene, tmp_path: Path, days: int) -> None:
    synced.next_day(days)

    assert_accounted_for(synced.sync())

    assert_same_as_fresh(synced, tmp_path)


def test_day_after_day_equals_all_at_once(synced: Scene, tmp_path: Path) -> None:
    for _ in range(5):
        synced.next_day()
        assert_accounted_for(synced.sync())

    assert_same_as_fresh(synced, tmp_path)


def test_day_without_news_still_moves_what_turns_on_dates(synced: Scene, tmp_path: Path) -> None:
    before = state_of(synced.database).discrepancies
    synced.clock.advance(days=200)

    outcome = synced.sync()

    assert outcome.run.discrepancies_opened > 0
    assert state_of(synced.database).discrepancies != before
    assert_same_as_fresh(synced, tmp_path)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 12))])
def test_troubled_days_end_where_calm_ones_would(synced: Scene, tmp_path: Path, seed: int) -> None:
    rng = Random(seed)
    for day in range(6):
        _let_a_day_happen(synced, rng)
        _let_something_fail(synced, rng)
        assert_accounted_for(synced.sync(parallel_requests=rng.choice((1, 2, 3)), **UNASKED, **QUICK))
        assert _connected_twice(synced) == 0
        if day % 3 == 2:
            _let_it_be_calm(synced)
            assert synced.sync(**UNASKED).status is RunStatus.SUCCEEDED
            assert_same_as_fresh(synced, tmp_path)


def assert_same_as_fresh(scene: Scene, folder: Path) -> None:
    with fresh_copy(scene, folder) as fresh:
        assert fresh.sync().status is RunStatus.SUCCEEDED
        expected, actual = state_of(fresh.database), state_of(scene.database)
    assert actual.doctors == expected.doctors
    assert actual.memberships == expected.memberships
    assert actual.discrepancies == expected.discrepancies


def _let_a_day_happen(scene: Scene, rng: Random) -> None:
    scene.next_day(rng.randint(0, 3))
    scene.clock.advance(minutes=1)
    for number in rng.sample(_everyone(scene), 12):
        field = rng.choice(sorted(READABLE))
        scene.alter(number, field, rng.choice(READABLE[field]))
    for number in rng.sample(_everyone(scene), 4):
        scene.simulator.world.move(number, rng.choice((*BODIES, None)))
    for number in rng.sample(_everyone(scene), 3):
        scene.simulator.world.plan_move(PlannedMove(number, rng.choice((*BODIES, None)), rng.choice(BODIES)))


def _let_something_fail(scene: Scene, rng: Random) -> None:
    for number in rng.sample(_everyone(scene), 2):
        field = rng.choice(sorted(UNREADABLE))
        scene.alter(number, field, UNREADABLE[field])
    for body in rng.sample(BODIES, rng.choice((0, 0, 1, 2))):
        scene.fault(rng.choice(FAILING), body)
    if rng.random() < 0.3:
        scene.fault(rng.choice((FaultKind.BLOCKED, FaultKind.TRUNCATED)), service="tis")


def _let_it_be_calm(scene: Scene) -> None:
    scene.lift_faults()
    scene.simulator.world.clear_alterations()
    scene.clock.advance(hours=4)  # whatever was given a rest may be asked again


def _everyone(scene: Scene) -> list[str]:
    return [number for body in BODIES for number in scene.listed(body) if len(number) == 7 and number.isdigit()]


def _connected_twice(scene: Scene) -> int:
    """How many are in more rows than one: the key forbids it, and the rows of all bodies must still add up."""
    with scene.database.reading() as connection:
        rows = connection.scalar(select(func.count()).where(doctor.c.designated_body.is_not(None)))
        people = connection.scalar(
            select(func.count(func.distinct(doctor.c.gmc_number))).where(doctor.c.designated_body.is_not(None))
        )
    return int(rows or 0) - int(people or 0)
