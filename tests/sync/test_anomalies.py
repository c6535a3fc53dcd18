"""What is unusual about an entry is kept and ends by itself, and costs nobody their place."""

from reval_core.db.tables import anomaly
from reval_core.domain.anomalies import AnomalyKind
from reval_core.domain.statuses import RunStatus
from reval_core.simulator.world import PlannedMove
from tests.builders import NORTH_EAST, THAMES_VALLEY, WESSEX
from tests.sync.scene import Scene


def test_unknown_word_is_an_anomaly_and_sets_nobody_aside(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    synced.alter(number, "UnderNotice", "Perhaps")

    outcome = synced.sync()

    held = synced.doctor(number)
    assert (held.under_notice, held.under_notice_text, held.standing) == (None, "Perhaps", "confirmed")
    assert (outcome.status, outcome.run.set_aside, outcome.run.anomalies) == (RunStatus.SUCCEEDED, 0, 1)
    (found,) = synced.rows(anomaly)
    assert (found.kind, found.source, found.gmc_number) == (AnomalyKind.UNKNOWN_NOTICE, WESSEX, number)
    assert (found.detail, found.resolved_at) == ("Perhaps", None)


def test_anomaly_that_stays_keeps_its_first_sighting(synced: Scene) -> None:
    synced.alter(synced.listed(WESSEX)[0], "UnderNotice", "Perhaps")
    first = synced.sync().run
    synced.clock.advance(days=1)
    last = synced.sync().run
    (found,) = synced.rows(anomaly)
    assert (found.first_run_id, found.last_run_id, found.last_seen_at) == (first.id, last.id, synced.clock())


def test_anomaly_ends_when_the_word_is_known_again(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    synced.alter(number, "UnderNotice", "Perhaps")
    synced.sync()
    synced.alter(number, "UnderNotice", "Yes")
    run = synced.sync().run
    (found,) = synced.rows(anomaly)
    assert (found.resolved_run_id, run.anomalies) == (run.id, 0)


def test_unknown_because_missing_is_no_anomaly(synced: Scene) -> None:
    for number, value in zip(synced.listed(WESSEX), (None, "", "  "), strict=False):
        synced.alter(number, "UnderNotice", value)
    assert synced.sync().run.anomalies == 0


def test_doctor_in_two_lists_is_an_anomaly_of_the_earlier(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    synced.simulator.world.plan_move(PlannedMove(number, NORTH_EAST, after_list_of=WESSEX))

    outcome = synced.sync(parallel_requests=1)

    assert synced.doctor(number).designated_body == NORTH_EAST
    (found,) = synced.rows(anomaly)
    assert (found.kind, found.source, found.gmc_number) == (AnomalyKind.IN_TWO_LISTS, WESSEX, number)
    assert (found.detail, outcome.run.anomalies) == (NORTH_EAST, 1)
    assert outcome.status is RunStatus.SUCCEEDED
    later = synced.sync()
    assert (later.run.anomalies, synced.rows(anomaly)[0].resolved_run_id) == (0, later.run.id)


def test_failed_list_leaves_its_anomalies_open(synced: Scene) -> None:
    synced.alter(synced.listed(WESSEX)[0], "UnderNotice", "Perhaps")
    synced.sync()
    synced.sync(bodies=(THAMES_VALLEY,))
    assert [found.resolved_at for found in synced.rows(anomaly)] == [None]
