"""How alerts begin, go on, grow and end; acknowledging them; what each viewer sees of them."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from sqlalchemy import func, select

from reval_core.db.database import Database
from reval_core.db.tables import alert
from reval_core.domain.alert_findings import Affected, Finding
from reval_core.domain.alerts import AlertRule
from reval_core.domain.permissions import Role
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import BadInput, NoPermission, NotFound
from reval_core.queries.alerts import (
    Alert,
    count_open,
    list_open_alerts,
    list_urgent_alerts,
    page_of_resolved_alerts,
    show_alert,
)
from reval_core.services.alerts import acknowledge_alert, record_findings
from tests.builders import NORTH_EAST, WESSEX, add_doctor

NOW: Final = datetime(2026, 8, 5, 1, 0, tzinfo=UTC)
LATER: Final = NOW + timedelta(minutes=5)
ONE: Final = Affected("A date cannot be understood.", "7000001", WESSEX, WESSEX)
OTHER: Final = Affected("A date cannot be understood.", "7000002", NORTH_EAST, NORTH_EAST)
SET_ASIDE: Final = Finding(AlertRule.RECORD_SET_ASIDE, "1 record was set aside", (ONE,), reference="SYNC-1")
GROWN: Final = replace(SET_ASIDE, title="2 records were set aside", affected=(ONE, OTHER))
BLOCKED: Final = Finding(AlertRule.BLOCKED, "The GMC blocks our requests", subject="GMC")


def record(database: Database, now: datetime, *findings: Finding, kept: frozenset[AlertRule] = frozenset()) -> None:
    with database.writing() as connection:
        record_findings(connection, findings, kept, now)


def open_in(database: Database, viewer: Viewer = EVERYONE) -> list[Alert]:
    with database.reading() as connection:
        return list_open_alerts(connection, viewer)


def test_alert_begins_goes_on_and_ends_by_itself(database: Database) -> None:
    record(database, NOW, SET_ASIDE)
    record(database, LATER, SET_ASIDE)
    (one,) = open_in(database)
    assert (one.first_seen_at, one.last_seen_at, one.affected, one.reference) == (NOW, LATER, (ONE,), "SYNC-1")
    record(database, LATER)
    assert open_in(database) == []
    with database.reading() as connection:
        assert [over.resolved_at for over in page_of_resolved_alerts(connection, EVERYONE).rows] == [LATER]


def test_what_is_over_and_comes_back_is_a_new_alert(database: Database) -> None:
    for findings in ((SET_ASIDE,), (), (SET_ASIDE,)):
        record(database, NOW, *findings)
    assert [one.id for one in open_in(database)] == [2]


def test_alert_of_a_rule_that_could_not_judge_stays(database: Database) -> None:
    record(database, NOW, SET_ASIDE)
    record(database, LATER, kept=frozenset({AlertRule.RECORD_SET_ASIDE}))
    assert len(open_in(database)) == 1


def test_acknowledgement_is_on_record(database: Database) -> None:
    record(database, NOW, SET_ASIDE)
    settled = acknowledge_alert(database, Viewer("Ms Operator"), LATER, 1, " I ask\nthe GMC. ")
    assert settled.acknowledged is not None
    known = settled.acknowledged
    assert (known.by, known.at, known.note) == ("Ms Operator", LATER, "I ask the GMC.")


def test_acknowledgement_does_not_cover_whoever_is_affected_later(database: Database) -> None:
    record(database, NOW, SET_ASIDE)
    acknowledge_alert(database, Viewer("Ms Operator"), NOW, 1, "I ask the GMC.")
    record(database, LATER, SET_ASIDE)
    assert open_in(database)[0].acknowledged is not None
    record(database, LATER, GROWN)
    (grown,) = open_in(database)
    assert (grown.acknowledged, grown.earlier_note) == (None, "I ask the GMC. (Ms Operator)")
    assert (grown.grown_at, grown.affected_count) == (LATER, 2)


def test_acknowledgement_stays_when_fewer_are_affected(database: Database) -> None:
    record(database, NOW, GROWN)
    acknowledge_alert(database, Viewer("Ms Operator"), NOW, 1, "I ask the GMC.")
    record(database, LATER, SET_ASIDE)
    (smaller,) = open_in(database)
    assert smaller.acknowledged is not None
    assert smaller.affected == (ONE,)


def test_growth_beyond_those_named_is_noticed_by_the_number(database: Database) -> None:
    record(database, NOW, replace(SET_ASIDE, count=2_000))
    record(database, NOW, replace(SET_ASIDE, count=2_000, affected=(OTHER,)))
    assert open_in(database)[0].grown_at is None
    record(database, LATER, replace(SET_ASIDE, count=2_001))
    assert open_in(database)[0].grown_at == LATER


@pytest.mark.parametrize("note", ["", " \n", "x" * 1_001])
def test_note_is_required(database: Database, note: str) -> None:
    record(database, NOW, SET_ASIDE)
    with pytest.raises(BadInput):
        acknowledge_alert(database, EVERYONE, NOW, 1, note)


def test_only_those_who_may_acknowledge(database: Database) -> None:
    record(database, NOW, SET_ASIDE)
    with pytest.raises(NoPermission):
        acknowledge_alert(database, Viewer("Ms Viewer", role=Role.VIEWER), NOW, 1, "Seen.")


def test_second_acknowledgement_is_told_of_the_first(database: Database) -> None:
    record(database, NOW, SET_ASIDE)
    acknowledge_alert(database, Viewer("Ms Operator"), NOW, 1, "I ask the GMC.")
    with pytest.raises(BadInput, match="Ms Operator has acknowledged this already"):
        acknowledge_alert(database, EVERYONE, LATER, 1, "Me too.")


def test_what_is_over_cannot_be_acknowledged(database: Database) -> None:
    record(database, NOW, SET_ASIDE)
    record(database, LATER)
    with pytest.raises(BadInput, match="This is over"):
        acknowledge_alert(database, EVERYONE, LATER, 1, "Seen.")


def test_two_who_find_the_same_at_once_open_one_alert(database: Database) -> None:
    together = threading.Barrier(4)

    def find() -> None:
        together.wait()
        record(database, NOW, SET_ASIDE, BLOCKED)

    threads = [threading.Thread(target=find) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(alert)) == 2


def test_most_urgent_come_first_and_acknowledged_ones_last(database: Database) -> None:
    record(database, NOW, SET_ASIDE, BLOCKED)
    assert [one.rule for one in open_in(database)] == [AlertRule.BLOCKED, AlertRule.RECORD_SET_ASIDE]
    with database.reading() as connection:
        assert [one.rule for one in list_urgent_alerts(connection, EVERYONE)] == [AlertRule.BLOCKED]
        blocked = list_urgent_alerts(connection, EVERYONE)[0].id
    acknowledge_alert(database, EVERYONE, NOW, blocked, "Seen.")
    assert [one.rule for one in open_in(database)] == [AlertRule.RECORD_SET_ASIDE, AlertRule.BLOCKED]
    with database.reading() as connection:
        assert list_urgent_alerts(connection, EVERYONE) == []
        assert count_open(connection) == {"blocked": 1, "record_set_aside": 1}


def test_viewer_sees_only_what_concerns_their_bodies(database: Database) -> None:
    record(database, NOW, GROWN)
    (mine,) = open_in(database, Viewer("Ms Admin", frozenset({NORTH_EAST})))
    assert (mine.title, mine.affected, mine.affected_count) == ("An entry could not be used", (OTHER,), 1)
    nobody = Viewer("Ms Admin", frozenset({"1-1RSG4X0"}))
    assert open_in(database, nobody) == []
    with database.reading() as connection, pytest.raises(NotFound):
        show_alert(connection, nobody, 1)


def test_viewer_sees_doctors_of_theirs_in_a_list_of_tis(database: Database) -> None:
    with database.writing() as connection:
        add_doctor(connection, "7000003", designated_body=WESSEX)
    record(database, NOW, replace(SET_ASIDE, affected=(Affected("A date in TIS.", "7000003", source="TIS"),)))
    assert len(open_in(database, Viewer("Ms Admin", frozenset({WESSEX})))) == 1
    assert open_in(database, Viewer("Ms Admin", frozenset({NORTH_EAST}))) == []


def test_everybody_may_know_of_the_installation_but_not_of_another_person(database: Database) -> None:
    errors = Finding(AlertRule.REPEATED_ERRORS, "One person met 3 errors", subject="Sam", detail="Who: Sam")
    record(database, NOW, BLOCKED, errors)
    seen = open_in(database, Viewer("Ms Admin", frozenset({WESSEX})))
    assert [one.rule for one in seen] == [AlertRule.BLOCKED]
