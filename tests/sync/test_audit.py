"""Every field that changed leaves one event: from what to what, by which source and run, when, on whose behalf."""

import json

from reval_core.db.tables import audit_event
from reval_core.domain.statuses import RunStatus
from tests.builders import NORTH_EAST, WESSEX
from tests.sync.scene import ACTOR, Scene

GMC_FIELDS = [
    ("DoctorFirstName", "Zoë", "first_name", "Zoë"),
    ("DoctorLastName", "O’Neill", "last_name", "O’Neill"),
    ("SubmissionDate", "29/02/2028", "submission_date", "2028-02-29"),
    ("DoctorStatus", "Suspended", "doctor_status", "Suspended"),
    ("Breach", "Yes, one", "breach", "Yes, one"),
    ("DateAdded", "03/01/2026", "date_added", "2026-01-03"),
    ("Investigation", "Open", "investigation", "Open"),
    ("PreliminaryInvestigation", "Open", "preliminary_investigation", "Open"),
    ("Sanction", "Warning", "sanction", "Warning"),
]
TIS_FIELDS = [
    ("programmeName", "Surgery", "programme_name", "Surgery"),
    ("programmeMembershipType", "Military", "membership_type", "MILITARY"),
    ("placementGrade", "279", "placement_grade", "279"),
    ("curriculumEndDate", "2031-12-31", "curriculum_end_date", "2031-12-31"),
    ("status", "inactive", "status", "INACTIVE"),
]


def test_each_changed_gmc_field_has_one_event(synced: Scene) -> None:
    numbers = synced.listed(WESSEX)[: len(GMC_FIELDS)]
    expected = []
    for number, (field, text, column, value) in zip(numbers, GMC_FIELDS, strict=True):
        old = getattr(synced.doctor(number), column)
        expected.append((number, column, None if old is None else str(old), value))
        synced.alter(number, field, text)
    synced.clock.advance(hours=1)

    run = synced.sync().run

    events = synced.events(audit_event.c.run_id == run.id)
    assert sorted((event.gmc_number, event.field, event.old, event.new) for event in events) == sorted(expected)
    assert {(event.source, event.at, event.actor) for event in events} == {("gmc", synced.clock(), ACTOR)}
    assert run.changed == len(GMC_FIELDS)


def test_each_changed_tis_field_has_one_event(synced: Scene) -> None:
    numbers = [number for number in synced.listed(WESSEX) if _memberships(synced, number) == 1][: len(TIS_FIELDS)]
    for number, (field, text, _, _) in zip(numbers, TIS_FIELDS, strict=True):
        synced.alter(number, field, text)
    synced.clock.advance(hours=1)

    run = synced.sync().run

    events = synced.events(audit_event.c.run_id == run.id, audit_event.c.source == "tis")
    assert sorted((event.gmc_number, event.field, event.new) for event in events) == sorted(
        (number, column, value) for number, (_, _, column, value) in zip(numbers, TIS_FIELDS, strict=True)
    )
    assert {(event.source, event.at, event.actor) for event in events} == {("tis", synced.clock(), ACTOR)}
    assert all(event.tcs_person_id and event.old is not None for event in events)


def test_under_notice_changes_are_recorded(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    seen = []
    for text in ("Perhaps", "Yes", "On Hold", "No", "", None, "Yes"):
        synced.alter(number, "UnderNotice", text)
        run = synced.sync().run
        seen.append({event.field: (event.old, event.new) for event in synced.events(audit_event.c.run_id == run.id)})

    assert seen[0]["under_notice_text"] == (None, "Perhaps")
    assert seen[1:] == [
        {"under_notice": (None, "yes"), "under_notice_text": ("Perhaps", None)},
        {"under_notice": ("yes", "on_hold")},
        {"under_notice": ("on_hold", "no")},
        {"under_notice": ("no", None)},
        {},  # left out means as little as empty
        {"under_notice": (None, "yes")},
    ]


def test_unknown_word_for_under_notice_is_kept(synced: Scene) -> None:
    first, second = synced.listed(WESSEX)[:2]
    synced.alter(first, "UnderNotice", "Ask again later")
    synced.alter(second, "Sanction", "Warning")

    outcome = synced.sync()

    assert outcome.status is RunStatus.SUCCEEDED
    kept = synced.doctor(first)
    assert (kept.under_notice, kept.under_notice_text) == (None, "Ask again later")
    assert synced.doctor(second).sanction == "Warning"


def test_a_move_a_departure_and_a_return_are_recorded(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    seen = []
    for body in (NORTH_EAST, None, WESSEX):
        synced.simulator.world.move(number, body)
        synced.clock.advance(hours=1)
        run = synced.sync().run
        seen.append((run.moved, run.disconnected, synced.doctor(number).former_designated_body))

    events = synced.events(audit_event.c.gmc_number == number, audit_event.c.field == "designated_body")
    assert [(event.old, event.new) for event in events] == [(WESSEX, NORTH_EAST), (NORTH_EAST, None), (None, WESSEX)]
    assert seen == [(1, 0, None), (0, 1, NORTH_EAST), (0, 0, None)]
    assert synced.doctor(number).designated_body == WESSEX


def test_only_the_spelling_of_the_wire_changes_nothing(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    before = synced.doctor(number)
    synced.alter(number, "DoctorFirstName", f"  {before.first_name} ")
    synced.alter(number, "UnderNotice", {"yes": "YES", "no": "no", "on_hold": "on hold"}.get(before.under_notice, " "))

    run = synced.sync().run

    assert (run.changed, run.unchanged) == (0, run.received)
    assert synced.events(audit_event.c.run_id == run.id) == []
    assert synced.doctor(number)[:13] == before[:13]


def test_a_newcomer_is_recorded_with_all_that_was_said(synced: Scene) -> None:
    before = {number for body in synced.bodies for number in synced.listed(body)}
    synced.next_day(30)
    run = synced.sync().run

    of_this_run = audit_event.c.run_id == run.id, audit_event.c.source == "gmc"
    created = synced.events(*of_this_run, audit_event.c.field == "created")
    assert len(created) == run.created > 0
    for event in created:
        said = json.loads(event.new)
        assert said["gmc_number"] == event.gmc_number not in before
        assert said["designated_body"] == synced.doctor(event.gmc_number).designated_body


def _memberships(scene: Scene, number: str) -> int:
    return len(scene.simulator.world.people.memberships_of(number))
