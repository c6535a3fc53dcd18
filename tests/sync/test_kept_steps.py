"""Each sync is one trace, whose steps are kept with it: whom it asked, when, and what failed; of the latest only."""

from reval_core.db.tables import span, sync_run, upstream_request
from reval_core.domain.references import spell_trace
from reval_core.domain.statuses import RunStatus
from reval_core.simulator.faults import FaultKind
from reval_core.sync.kept_steps import RUNS_KEPT
from tests.builders import WESSEX, add_run
from tests.sync.scene import Scene


def test_sync_is_one_trace_from_its_bodies_down_to_each_request(scene: Scene) -> None:
    outcome = scene.sync()
    [run] = scene.rows(sync_run, sync_run.c.id == outcome.run.id)
    steps = scene.rows(span, span.c.run_id == outcome.run.id)
    assert {step.trace_id for step in steps} == {run.trace_id}
    assert spell_trace(run.trace_id) is not None
    names = {step.span_id: step.name for step in steps}
    parents = {(step.name, names.get(step.parent_id)) for step in steps}
    assert {
        ("run", None),
        ("gather", "run"),
        ("body", "gather"),
        ("request", "body"),
        ("parse", "body"),
        ("decide", "run"),
        ("apply", "run"),
        ("check", "run"),
    } <= parents
    asked = {step.source for step in steps if step.name == "request"}
    assert asked == {step.source for step in steps if step.name == "apply"} == {*scene.bodies, "TIS"}
    assert {row.trace_id for row in scene.rows(upstream_request)} == {run.trace_id}


def test_request_that_failed_is_kept_as_failed(synced: Scene) -> None:
    synced.fault(FaultKind.BLOCKED, WESSEX)
    outcome = synced.sync(attempts=1)
    steps = synced.rows(span, span.c.run_id == outcome.run.id, span.c.failure.is_not(None))
    assert ("request", WESSEX, "blocked") in {(step.name, step.source, step.failure) for step in steps}


def test_steps_of_old_syncs_are_dropped(scene: Scene) -> None:
    first = scene.sync().run.id
    with scene.database.writing() as connection:
        for _ in range(RUNS_KEPT - 2):
            add_run(connection)
    second = scene.sync().run.id
    assert {row.run_id for row in scene.rows(span)} == {first, second}
    third = scene.sync().run.id
    assert {row.run_id for row in scene.rows(span)} == {second, third}


def test_sync_does_not_fail_because_its_steps_cannot_be_kept(scene: Scene) -> None:
    with scene.database.writing() as connection:
        connection.exec_driver_sql("DROP TABLE span")
    assert scene.sync().run.status == RunStatus.SUCCEEDED
