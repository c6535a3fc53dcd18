"""A first sync stores what the world holds, exactly; a second one finds nothing to do."""

from collections import Counter

from reval_core.db.tables import audit_event, doctor, membership, source_state
from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.statuses import BodyStatus, RunStatus
from reval_core.simulator.faults import FaultKind
from tests.builders import NORTH_EAST, WESSEX
from tests.sync.expected import expected_doctors, expected_memberships
from tests.sync.scene import ACTOR, BODIES, Scene, assert_accounted_for, state_of


def test_first_sync_stores_everyone_listed_exactly(scene: Scene) -> None:
    scene.bodies = tuple(NAMES)
    outcome = scene.sync()

    expected = expected_doctors(scene.simulator.world, NAMES)
    columns = next(iter(expected.values())).keys()
    stored = {row.gmc_number: {name: getattr(row, name) for name in columns} for row in scene.rows(doctor)}
    assert len(expected) > 300
    assert stored == expected
    assert outcome.status is RunStatus.SUCCEEDED
    assert outcome.run.received == outcome.run.created == len(expected)
    assert_accounted_for(outcome)


def test_first_sync_stores_every_membership_exactly(scene: Scene) -> None:
    outcome = scene.sync()

    expected = expected_memberships(scene.simulator.world)
    columns = [name for name, _ in next(iter(expected))]
    stored = [tuple((name, getattr(row, name)) for name in columns) for row in scene.rows(membership)]
    assert Counter(stored) == expected
    assert outcome.parts["TIS"].received == outcome.parts["TIS"].created == expected.total()


def test_first_sync_confirms_everyone_at_their_list(synced: Scene) -> None:
    assert {(row.standing, row.confirmed_at, row.changed_at) for row in synced.rows(doctor)} == {
        ("confirmed", None, synced.clock())
    }
    for body in BODIES:
        source = synced.source(body)
        assert source.accepted_at == synced.clock()
        assert source.received == len(synced.listed(body))
        assert source.accepted_answer_id == synced.latest().parts[body].answer_id


def test_first_sync_creates_with_one_event_each(synced: Scene) -> None:
    created = synced.events(audit_event.c.source == "gmc")

    assert Counter(event.gmc_number for event in created) == Counter(row.gmc_number for row in synced.rows(doctor))
    assert {(event.field, event.old, event.run_id, event.at, event.actor) for event in created} == {
        ("created", None, synced.latest().run.id, synced.clock(), ACTOR)
    }


def test_second_sync_changes_nothing_and_says_so(synced: Scene) -> None:
    before, rows, events = state_of(synced.database), synced.rows(doctor), synced.events()
    synced.clock.advance(hours=1)

    outcome = synced.sync()

    assert outcome.status is RunStatus.SUCCEEDED
    assert (outcome.run.created, outcome.run.changed, outcome.run.moved, outcome.run.disconnected) == (0, 0, 0, 0)
    assert outcome.run.unchanged == outcome.run.received == len(rows)
    assert state_of(synced.database) == before
    assert synced.rows(doctor) == rows
    assert synced.events() == events
    assert_accounted_for(outcome)


def test_second_sync_renews_the_age_of_every_source(synced: Scene) -> None:
    synced.clock.advance(hours=1)
    run = synced.sync().run

    assert {(row.accepted_at, row.accepted_run_id) for row in synced.rows(source_state)} == {(synced.clock(), run.id)}


def test_sync_of_one_body_leaves_the_others(synced: Scene) -> None:
    for body in BODIES:
        synced.alter(synced.listed(body)[0], "Sanction", "Warning")
    before = synced.source(NORTH_EAST)
    synced.clock.advance(hours=1)

    outcome = synced.sync(bodies=(WESSEX,))

    assert set(outcome.parts) == {WESSEX, "TIS"}
    assert outcome.run.scope == WESSEX
    assert [row.designated_body for row in synced.rows(doctor, doctor.c.sanction == "Warning")] == [WESSEX]
    assert synced.source(NORTH_EAST) == before


def test_sync_of_one_body_finds_who_left_for_another(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    synced.simulator.world.move(number, NORTH_EAST)

    outcome = synced.sync(bodies=(WESSEX,))

    assert synced.doctor(number).designated_body == NORTH_EAST
    assert (outcome.run.moved, outcome.run.disconnected) == (1, 0)


def test_run_records_who_asked_and_when(scene: Scene) -> None:
    outcome = scene.sync()

    run = outcome.run
    assert (run.trigger, run.actor, run.scope) == ("manual", ACTOR, None)
    assert run.started_at == run.finished_at == scene.clock()
    assert set(outcome.parts) == {*BODIES, "TIS"}
    assert {part.status for part in outcome.parts.values()} == {BodyStatus.SUCCEEDED}


def test_first_sync_without_tis_opens_no_discrepancy(scene: Scene) -> None:
    scene.fault(FaultKind.BLOCKED, service="tis")
    scene.sync()
    assert state_of(scene.database).discrepancies == set()
    assert len(state_of(scene.database).doctors) > 0
