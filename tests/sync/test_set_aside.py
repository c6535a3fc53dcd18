"""An entry that cannot be applied is set aside with its exact text, costs nobody else, and is resolved in time."""

import orjson
import pytest
from lxml import etree

from reval_core.db.tables import audit_event, discrepancy, doctor, membership, set_aside
from reval_core.domain.standing import Standing
from reval_core.domain.statuses import RunStatus
from reval_core.gmc.schema import DOCTOR_FIELDS, qualified
from tests.builders import NORTH_EAST, WESSEX
from tests.sync.scene import ACTOR, Scene, assert_accounted_for, state_of

UNREADABLE = [
    ("SubmissionDate", "31/02/2024", "“31/02/2024” is not a day that exists", True),
    ("DateAdded", "1/2/2026", "not written as day/month/year", True),
    ("GMCReferenceNumber", "71234", "“71234” is not a GMC number", False),
    ("GMCReferenceNumber", "GMC<7&", "“GMC<7&” is not a GMC number", False),
    ("GMCReferenceNumber", None, "has no GMC number", False),
]


@pytest.mark.parametrize(("field", "text", "reason", "has_number"), UNREADABLE)
def test_unreadable_entry_keeps_the_doctor_as_before(
    synced: Scene, field: str, text: str | None, reason: str, has_number: bool
) -> None:
    number, other = synced.listed(WESSEX)[:2]
    before, confirmed_at, answer = synced.doctor(number), synced.clock(), synced.source(WESSEX).accepted_answer_id
    synced.alter(number, "DoctorFirstName", before.first_name)
    synced.alter(number, field, text)
    synced.alter(other, "Sanction", "Warning")
    synced.clock.advance(hours=1)

    outcome = synced.sync()

    after = synced.doctor(number)
    assert after[:13] == before[:13]
    assert (after.standing, after.confirmed_at, after.confirmed_answer_id) == (Standing.SET_ASIDE, confirmed_at, answer)
    assert synced.doctor(other).sanction == "Warning"
    assert (outcome.status, outcome.parts[WESSEX].set_aside, outcome.run.set_aside) == (RunStatus.PARTIAL, 1, 1)
    assert outcome.run.disconnected == 0
    (entry,) = synced.rows(set_aside)
    assert reason in entry.reason
    assert (entry.source, entry.gmc_number) == (WESSEX, number if has_number else None)
    assert (entry.first_seen_at, entry.first_run_id, entry.resolved_at) == (synced.clock(), outcome.run.id, None)
    assert _texts(entry.excerpt) == _as_listed(synced, WESSEX, text if field == "GMCReferenceNumber" else number)
    assert_accounted_for(outcome)


def test_unreadable_entry_that_stays_keeps_its_first_sighting(synced: Scene) -> None:
    number, confirmed_at = synced.listed(WESSEX)[0], synced.clock()
    synced.alter(number, "SubmissionDate", "31/02/2024")
    runs = []
    for _ in range(3):
        synced.clock.advance(hours=1)
        runs.append(synced.sync().run)

    (entry,) = synced.rows(set_aside)
    assert (entry.first_run_id, entry.first_seen_at) == (runs[0].id, runs[0].started_at)
    assert (entry.last_run_id, entry.last_seen_at) == (runs[2].id, runs[2].started_at)
    assert synced.doctor(number).confirmed_at == confirmed_at


def test_readable_entry_resolves_what_was_set_aside(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    synced.alter(number, "SubmissionDate", "31/02/2024")
    synced.sync()
    synced.alter(number, "SubmissionDate", "28/02/2028")
    synced.clock.advance(hours=1)

    outcome = synced.sync()

    (entry,) = synced.rows(set_aside)
    assert (entry.resolved_at, entry.resolved_run_id) == (synced.clock(), outcome.run.id)
    assert (entry.resolved_by, "it was applied" in entry.resolution) == (ACTOR, True)
    held = synced.doctor(number)
    assert (str(held.submission_date), held.standing, held.confirmed_at) == ("2028-02-28", Standing.CONFIRMED, None)
    assert outcome.status is RunStatus.SUCCEEDED


def test_entry_that_returns_to_what_it_was_is_resolved(synced: Scene) -> None:
    number, before = synced.listed(WESSEX)[0], synced.rows(doctor)
    synced.alter(number, "SubmissionDate", "31/02/2024")
    synced.sync()
    synced.simulator.world.clear_alterations()

    outcome = synced.sync()

    assert synced.rows(doctor) == before
    assert synced.rows(set_aside)[0].resolved_run_id == outcome.run.id
    told = [(event.source, event.field, event.old, event.new) for event in synced.events(audit_event.c.run_id != 1)]
    assert [one for one in told if one[0] != "reval"] == []
    assert [one[2:] for one in told if one[1] == "standing"] == [("confirmed", "set_aside"), ("set_aside", "confirmed")]


def test_entry_that_vanishes_says_why_it_is_resolved(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    synced.alter(number, "GMCReferenceNumber", "71234")
    synced.sync()
    synced.simulator.world.clear_alterations()
    synced.simulator.world.move(number, None)
    synced.sync()
    (entry,) = synced.rows(set_aside)
    assert (entry.resolved_by, entry.resolution) == (ACTOR, "The latest list no longer has this entry.")


def test_doctor_applied_in_another_list_resolves_the_entry(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    synced.alter(number, "SubmissionDate", "31/02/2024")
    synced.sync()
    synced.simulator.world.clear_alterations()
    synced.simulator.world.move(number, NORTH_EAST)
    outcome = synced.sync(bodies=(NORTH_EAST,))
    (entry,) = synced.rows(set_aside)
    assert (entry.source, entry.resolved_run_id) == (WESSEX, outcome.run.id)
    assert "later list of North East" in entry.resolution
    assert synced.doctor(number).designated_body == NORTH_EAST


def test_failed_list_leaves_what_was_set_aside_open(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    synced.alter(number, "SubmissionDate", "31/02/2024")
    synced.sync()
    synced.simulator.world.clear_alterations()
    synced.sync(bodies=(NORTH_EAST,))
    (entry,) = synced.rows(set_aside)
    assert entry.resolved_at is None


def test_unreadable_newcomer_is_findable_and_later_created(scene: Scene) -> None:
    number = scene.listed(WESSEX)[0]
    scene.alter(number, "DateAdded", "??")
    outcome = scene.sync()
    assert [entry.gmc_number for entry in scene.rows(set_aside)] == [number]
    assert number not in state_of(scene.database).doctors
    assert_accounted_for(outcome)

    assert not scene.rows(discrepancy, discrepancy.c.gmc_number == number)  # listed, so nobody is asked to connect them
    scene.simulator.world.clear_alterations()
    assert scene.sync().run.created == 1
    assert scene.doctor(number).designated_body == WESSEX


def test_doctor_who_moves_while_unreadable_stays_where_they_were(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    synced.alter(number, "SubmissionDate", "31/02/2024")
    synced.simulator.world.move(number, NORTH_EAST)

    outcome = synced.sync()

    held = synced.doctor(number)
    assert (held.designated_body, held.standing, outcome.run.disconnected) == (WESSEX, Standing.SET_ASIDE, 0)
    synced.simulator.world.clear_alterations()
    synced.sync()
    assert synced.doctor(number).designated_body == NORTH_EAST


def test_number_listed_twice_is_taken_once(synced: Scene) -> None:
    first, second = synced.listed(WESSEX)[:2]
    synced.alter(second, "GMCReferenceNumber", first)

    outcome = synced.sync()

    (entry,) = synced.rows(set_aside)
    assert (entry.gmc_number, outcome.parts[WESSEX].set_aside) == (first, 1)
    assert "twice" in entry.reason
    assert synced.doctor(first)[:13] != synced.doctor(second)[:13]
    assert_accounted_for(outcome)


def test_unreadable_membership_is_set_aside_with_its_text(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    synced.alter(number, "programmeMembershipEndDate", "soon")

    outcome = synced.sync()

    entries = synced.rows(set_aside)
    assert {(entry.source, entry.gmc_number) for entry in entries} == {("TIS", number)}
    assert all('"programmeMembershipEndDate":"soon"' in entry.excerpt for entry in entries)
    assert (outcome.status, outcome.parts["TIS"].set_aside) == (RunStatus.PARTIAL, len(entries))
    assert_accounted_for(outcome)


def test_unreadable_membership_opens_no_false_discrepancy(synced: Scene) -> None:
    before = state_of(synced.database)
    number = next(
        row.gmc_number
        for row in synced.rows(membership, membership.c.gmc_number.in_(synced.listed(WESSEX)))
        if not any(fact[1] == row.gmc_number for fact in before.discrepancies)
    )
    synced.alter(number, "programmeMembershipEndDate", "soon")

    synced.sync()

    assert state_of(synced.database).discrepancies == before.discrepancies
    synced.simulator.world.clear_alterations()
    synced.sync()
    assert state_of(synced.database) == before


def _texts(excerpt: str) -> list[str | None]:
    """The texts of a doctor's element as it was cut out, in the order of the wire."""
    element = etree.fromstring(f'<kept xmlns="{qualified("")[1:-1]}">{excerpt}</kept>')[0]
    return [element.findtext(qualified(field)) for field in DOCTOR_FIELDS]


def _as_listed(scene: Scene, body: str, number: str | None) -> list[str | None]:
    (entry,) = [entry for entry in scene.simulator.world.list_of(body) if entry[0] == number]
    return list(entry)


def test_membership_nested_too_deeply_to_keep_costs_nobody(synced: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page of JSON may be nested deeper than it can be written again."""
    world = synced.simulator.world
    sent = world.memberships(0, world.count_memberships())
    sent[0] = sent[0] | {"extra": orjson.Fragment("[" * 900 + "]" * 900)}
    monkeypatch.setattr(world, "memberships", lambda first, count: sent[first : first + count])

    outcome = synced.sync()

    assert outcome.status is RunStatus.SUCCEEDED
    assert outcome.parts["TIS"].unchanged == len(sent)
