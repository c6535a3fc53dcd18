"""What was shown after each sync of troubled weeks is shown again, word for word, to whoever asks for that moment."""

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

import pytest
from sqlalchemy import Connection, select, union

from reval_core.db.tables import doctor, membership, set_aside
from reval_core.domain.holds import HoldStatus
from reval_core.domain.uk_time import uk_date
from reval_core.domain.viewer import EVERYONE
from reval_core.errors import NotFound
from reval_core.queries.answers import last_answer
from reval_core.queries.connections import ConnectionFilter, count_left_out, iterate_connections
from reval_core.queries.discrepancies import DiscrepancyFilter, list_discrepancies
from reval_core.queries.doctors import show_doctor
from reval_core.queries.events import list_events
from reval_core.queries.freshness import list_freshness
from reval_core.queries.holds import list_holds
from reval_core.queries.past import open_past, rebuild_bodies, rebuild_doctor
from reval_core.services.hiding import hide_discrepancies, show_again
from reval_core.services.holds import approve_hold, reject_hold
from reval_core.simulator.faults import FaultKind
from reval_core.simulator.world import PlannedMove
from tests.builders import WESSEX
from tests.sync.scene import BODIES, QUICK, Scene

SETTINGS: Final[dict[str, Any]] = {**QUICK, "raw_answer_days": 1_000, "hold_over_doctors": 2}
GMC_WORDS = {
    "DoctorLastName": ("Ng", "O’Brien-Śmith", "LEE", ""),
    "SubmissionDate": ("01/02/2027", "", "31/02/2024"),
    "UnderNotice": ("Yes", "No", "On Hold", "", "Perhaps"),
    "Sanction": ("Conditions", ""),
    "DateAdded": ("yesterday", "01/12/2025"),
    "GMCReferenceNumber": ("71234",),
}
TIS_WORDS = {
    "programmeOwner": ("Wessex", "North East", "Elsewhere"),
    "programmeMembershipEndDate": ("2026-01-12", "2026-01-20", "2030-01-01"),
    "curriculumEndDate": ("2026-03-01", ""),
    "programmeName": ("Renamed", "Renamed again"),
    "status": ("INACTIVE", "current"),
    "programmeMembershipType": ("VISITOR", "MILITARY"),
    "doctorLastName": ("Somebody Else",),
    "gmcReferenceNumber": ("UNKNOWN", "4000000", "4000001"),
}
FAILING = (FaultKind.BLOCKED, FaultKind.RESET, FaultKind.HTML, FaultKind.TRUNCATED, FaultKind.RETURN_CODE)


@dataclass(frozen=True)
class Remembered:
    """All that was shown at a moment."""

    moment: datetime
    lists: dict[str, Any]
    doctors: dict[str, dict[str, Any] | None]


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 8))])
def test_every_moment_is_shown_again_as_it_was(scene: Scene, seed: int) -> None:
    rng = Random(seed)
    scene.sync(**SETTINGS)
    remembered, next_change = [remember(scene, rng)], []
    for _ in range(12):
        _let_days_pass(scene, rng)
        _let_something_fail(scene, rng)
        next_change.append(scene.clock())
        scene.sync(parallel_requests=rng.choice((1, 2, 3)), **SETTINGS)
        scene.lift_faults()
        _let_someone_decide(scene, rng)
        remembered.append(remember(scene, rng))

    with scene.database.reading() as connection:
        for then, changed_at in zip(remembered, next_change, strict=False):
            assert_shown_again(connection, then, then.moment)
            assert_shown_again(connection, then, changed_at - timedelta(seconds=1))
        assert_shown_again(connection, remembered[-1], scene.clock() + timedelta(days=30))


def remember(scene: Scene, rng: Random) -> Remembered:
    """Note what is shown now: every list, and some doctors, known or not known yet."""
    with scene.database.reading() as connection:
        known = union(*(select(table.c.gmc_number) for table in (doctor, membership, set_aside)))
        numbers = sorted({*connection.scalars(known)} - {None})
        chosen = [*rng.sample(numbers, 10), "4000000", "4000001"]
        pages = {one: page_of(connection, one, scene.clock()) for one in chosen}
        return Remembered(scene.clock(), lists_of(connection), pages)


def assert_shown_again(connection: Connection, then: Remembered, moment: datetime) -> None:
    with open_past(rebuild_bodies(connection, EVERYONE, moment, None)) as past:
        assert lists_of(past) == then.lists
    for number, shown in then.doctors.items():
        with open_past(rebuild_doctor(connection, EVERYONE, moment, number)) as past:
            assert page_of(past, number, moment) == shown, (moment, number)


def lists_of(connection: Connection) -> dict[str, Any]:
    everyone = ConnectionFilter(left_out=None)
    return {
        "connections": list(iterate_connections(connection, EVERYONE, everyone)),
        "left out": count_left_out(connection, EVERYONE, everyone),
        "freshness": list_freshness(connection, EVERYONE, BODIES),
    }


def page_of(connection: Connection, number: str, moment: datetime) -> dict[str, Any] | None:
    try:
        page = show_doctor(connection, EVERYONE, number, uk_date(moment))
    except NotFound:
        return None
    beside = {query.__name__: query(connection, EVERYONE, number) for query in (list_events, last_answer)}
    return {field.name: getattr(page, field.name) for field in fields(page)} | beside


def _let_days_pass(scene: Scene, rng: Random) -> None:
    scene.next_day(rng.randint(0, 3))
    scene.clock.advance(minutes=1)
    if rng.random() < 0.2:
        scene.simulator.world.clear_alterations()
    for words, count in ((GMC_WORDS, 12), (TIS_WORDS, 12)):
        for number in rng.sample(_everyone(scene), count):
            field = rng.choice(sorted(words))
            scene.alter(number, field, rng.choice(words[field]))
    for number in rng.sample(_everyone(scene), 4):
        scene.simulator.world.move(number, rng.choice((*BODIES, None)))
    for number in rng.sample(_everyone(scene), 3):
        scene.simulator.world.plan_move(PlannedMove(number, rng.choice((*BODIES, None)), rng.choice(BODIES)))


def _let_something_fail(scene: Scene, rng: Random) -> None:
    for body in rng.sample(BODIES, rng.choice((0, 0, 1, 2))):
        scene.fault(rng.choice((*FAILING, FaultKind.SHORT_LIST)), body)
    if rng.random() < 0.3:
        scene.fault(rng.choice((FaultKind.BLOCKED, FaultKind.TRUNCATED)), service="tis")


def _let_someone_decide(scene: Scene, rng: Random) -> None:
    with scene.database.reading() as connection:
        waiting = list_holds(connection, EVERYONE, [HoldStatus.WAITING]).rows
    for listed in waiting:
        decide = rng.choice((approve_hold, reject_hold, None, None))
        scene.clock.advance(seconds=10)
        if decide:
            decide(scene.database, EVERYONE, scene.clock(), listed.hold.id, "Known")
    for hide in (True, False):
        with scene.database.reading() as connection:
            wanted = DiscrepancyFilter(bodies=frozenset({WESSEX}), hidden=not hide)
            rows = list_discrepancies(connection, EVERYONE, wanted, uk_date(scene.clock())).rows
        chosen = [row.discrepancy.key for row in rng.sample(rows, min(3, len(rows)))]
        scene.clock.advance(seconds=10)
        if hide:
            hide_discrepancies(scene.database, EVERYONE, scene.clock(), chosen, WESSEX, "On leave")
        else:
            show_again(scene.database, EVERYONE, scene.clock(), chosen[:1], WESSEX)


def _everyone(scene: Scene) -> list[str]:
    return [number for body in BODIES for number in scene.listed(body) if len(number) == 7 and number.isdigit()]
