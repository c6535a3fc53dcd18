"""A small database for tests of screens: some of everything that a screen must be able to show, at a given moment."""

from datetime import datetime, timedelta
from html import escape
from typing import Any, Final

from sqlalchemy import Connection, update

from reval_core.db.database import Database
from reval_core.db.tables import doctor, sync_run, sync_run_part
from reval_core.domain.designated_bodies import NAMES, name_of
from reval_core.domain.sources import TIS
from tests.builders import (
    add_anomaly,
    add_answer,
    add_difference,
    add_discrepancy,
    add_doctor,
    add_event,
    add_hold,
    add_membership,
    add_run,
    add_run_part,
    add_set_aside,
    add_source,
    open_database,
)

BODIES: Final = tuple(NAMES)
WESSEX: Final = "1-1RUZUSF"
EAST_MIDLANDS: Final = "1-1RSSPZ7"
NORTH_WEST: Final = "1-1RSSQ2H"
SOUTH_LONDON: Final = "1-1RSSQ5L"

HOSTILE_NAME: Final = "<img src=x onerror=document.title='broken'>"
AGREED: Final = "7000001"
HOSTILE: Final = "7000002"
ELSEWHERE: Final = "7000003"
UNKNOWN_NOTICE: Final = "7000004"
SET_ASIDE: Final = "7000005"
MILITARY: Final = "7000006"
DISCONNECTED: Final = "7000007"
ONLY_IN_TIS: Final = "7000008"
NOBODY: Final = "7999999"
HELD: Final = ("7100005", "7100018", "7100031")
"""Doctors of South London whose disconnection waits for a person; the first was in a rejected hold before."""
PUT_RIGHT: Final = "7100004"
"""A doctor of North West whose entry was set aside once."""
WAITING_HOLD: Final = 2
MANY: Final = 120
"""How many further doctors there are, all ordinary, so that lists have several pages."""

_SURNAMES: Final = "Adeyemi Bennett Chowdhury Davies Evans Fernández Gill Hughes Iqbal Jones".split()
_FIRST_NAMES: Final = "Amelia Bilal Chidi Daria Efe Freya Grace Harun Isla José Kavya Liam".split()
_TIMED_OUT: Final = {"failure": "timed_out", "failure_detail": "The GMC did not answer within 30 seconds."}


def fill(url: str, now: datetime) -> None:
    """Make the database and fill it as if two syncs had run: last night, and ten minutes ago with one failure."""
    database = open_database(url)
    last_night, latest = now - timedelta(hours=10), now - timedelta(minutes=10)
    with database.writing() as connection:
        first, second = _add_runs(connection, last_night, latest)
        answer = add_answer(connection, second, WESSEX, answer_with(AGREED, HOSTILE, DISCONNECTED), received_at=latest)
        _add_sources(connection, (first, last_night), (second, latest), answer)
        _add_doctors(connection, now, answer)
        _add_troubles(connection, second, latest)
        _add_findings(connection, (first, last_night), (second, latest))
        add_event(connection, AGREED, "under_notice", new="yes", at=latest, run_id=second)
        add_event(connection, AGREED, "designated_body", old=EAST_MIDLANDS, new=WESSEX, at=latest, run_id=second)
    database.close()


def start_run(database: Database, now: datetime) -> int:
    """Write what a sync writes that has begun: one list is done, one received, one asked for, and the others wait."""
    parts = dict.fromkeys(BODIES, "waiting") | {BODIES[0]: "succeeded", BODIES[1]: "received", BODIES[2]: "asking"}
    with database.writing() as connection:
        run_id = add_run(connection, trigger="manual", actor="Sam Field", status="running", started_at=now)
        for body, status in parts.items():
            add_run_part(connection, run_id, body, status=status)
    return run_id


def finish_run(database: Database, run_id: int, now: datetime) -> None:
    """Write what a sync writes when all went well."""
    with database.writing() as connection:
        connection.execute(update(sync_run_part).values(status="succeeded").where(sync_run_part.c.run_id == run_id))
        connection.execute(update(sync_run).values(status="succeeded", finished_at=now).where(sync_run.c.id == run_id))


def _add_runs(connection: Connection, last_night: datetime, latest: datetime) -> tuple[int, int]:
    sums = {"received": 116, "changed": 1, "unchanged": 114, "set_aside": 1, "disconnected": 1}
    checked = {"checked_at": last_night + timedelta(seconds=8), "checked_doctors": 126, "differences": 1}
    first = add_run(
        connection, started_at=last_night, finished_at=last_night + timedelta(seconds=8), received=126, **checked
    )
    second = add_run(
        connection, started_at=latest, finished_at=latest + timedelta(seconds=8), status="partial",
        trigger="manual", actor="Sam Field", withheld=len(HELD), anomalies=1,
        checked_at=latest + timedelta(seconds=8), checked_doctors=116, **sums,
    )  # fmt: skip
    for body in (*BODIES, TIS):
        add_run_part(connection, first, body, received=10, created=10, applied_at=last_night)
        how: dict[str, Any] = {"received": 9, "unchanged": 9, "held_before": 9, "still_there": 9, "applied_at": latest}
        add_run_part(connection, second, body, **({"status": "failed"} | _TIMED_OUT if body == EAST_MIDLANDS else how))
    return first, second


def _add_sources(
    connection: Connection, old: tuple[int, datetime], new: tuple[int, datetime], wessex_answer: int
) -> None:
    for body in (*BODIES, TIS):
        run_id, at = old if body == EAST_MIDLANDS else new
        failed = {"failed_at": new[1], "failed_run_id": new[0]} | _TIMED_OUT if body == EAST_MIDLANDS else {}
        answer = wessex_answer if body == WESSEX else None
        add_source(
            connection, body, accepted_at=at, accepted_run_id=run_id, accepted_answer_id=answer, received=9, **failed
        )


def _add_doctors(connection: Connection, now: datetime, answer: int) -> None:
    _add_both(connection, AGREED, "Amelia", "Smith", now, under_notice="yes")
    _add_both(connection, HOSTILE, "Bobby", HOSTILE_NAME, now, sanction="<b>bold</b>")
    _add_both(connection, ELSEWHERE, "Chidi", "Okafor", now, owner=EAST_MIDLANDS)
    _add_both(connection, UNKNOWN_NOTICE, "Daria", "Nowak", now, under_notice=None, under_notice_text="Paused")
    _add_both(connection, SET_ASIDE, "Efe", "Yılmaz", now, body=NORTH_WEST, standing="set_aside")
    _add_both(connection, MILITARY, "Freya", "Steel", now, is_left_out=True, membership_type="MILITARY")
    add_doctor(
        connection, DISCONNECTED, first_name="Grace", last_name="Hall", designated_body=None,
        former_designated_body=WESSEX, confirmed_at=now - timedelta(hours=10), confirmed_answer_id=answer,
    )  # fmt: skip
    owned = {"programme_owner": name_of(EAST_MIDLANDS), "designated_body": EAST_MIDLANDS}
    add_membership(connection, "444", ONLY_IN_TIS, first_name="Harun", last_name="Aksoy", **owned)
    add_membership(connection, "555", None, gmc_number_text="UNKNOWN", first_name="Isla", last_name="Ng", **owned)
    for count in range(MANY):
        first, last = _FIRST_NAMES[count % len(_FIRST_NAMES)], _SURNAMES[count % len(_SURNAMES)]
        _add_both(connection, str(7_100_000 + count), first, last, now, body=BODIES[count % len(BODIES)])


def _add_both(
    connection: Connection, number: str, first: str, last: str, now: datetime,
    body: str = WESSEX, owner: str | None = None, membership_type: str = "SUBSTANTIVE", **values: Any,
) -> None:  # fmt: skip
    """A doctor whom the GMC lists for `body`, with a programme in TIS that `owner` (or the same body) owns."""
    owner, due, ends = owner or body, now.date() + timedelta(days=200), now.date() + timedelta(days=400)
    facts = {"first_name": first, "last_name": last}
    tis = {"programme_name": "Cardiology", "programme_owner": name_of(owner), "membership_type": membership_type}
    add_membership(connection, f"9{number}", number, designated_body=owner, end_date=ends, **facts, **tis)
    gmc = {"designated_body": body, "tis_designated_body": owner, "membership_end_date": ends, "submission_date": due}
    add_doctor(connection, number, **facts, **tis, **({"under_notice": "no"} | gmc | values))


def _add_troubles(connection: Connection, run_id: int, at: datetime) -> None:
    owned = {"tis_designated_body": EAST_MIDLANDS, "opened_at": at}
    add_discrepancy(
        connection, "connected_elsewhere", ELSEWHERE, run_id, first_name="Chidi", last_name="Okafor", **owned
    )
    add_discrepancy(
        connection, "names_differ", HOSTILE, run_id, first_name="Bobby", last_name=HOSTILE_NAME, opened_at=at,
        other="<script>document.title='broken'</script>",
    )  # fmt: skip
    add_discrepancy(
        connection, "no_gmc_number", None, run_id, tcs_person_id="555", first_name="Isla", last_name="Ng",
        designated_body=None, other="UNKNOWN", **owned,
    )  # fmt: skip
    add_discrepancy(connection, "inactive", AGREED, run_id, opened_at=at, resolved_at=at, resolved_run_id=run_id)
    add_set_aside(connection, NORTH_WEST, run_id, gmc_number=SET_ASIDE, first_seen_at=at, last_seen_at=at)


def _add_findings(connection: Connection, old: tuple[int, datetime], new: tuple[int, datetime]) -> None:
    """What was not simply applied: held disconnections, decided and not; an odd entry; one that was put right."""
    (first, last_night), (second, latest) = old, new
    because = {"decided_by": "Sam Field", "decided_at": last_night, "reason": "The list was cut short."}
    of_first = {"opened_at": last_night, "last_seen_at": last_night, "designated_body": SOUTH_LONDON}
    add_hold(
        connection, first, {HELD[0]: "asked_again", "7100044": "returned"}, status="rejected", closed_at=latest,
        **of_first, **because,
    )  # fmt: skip
    of_second = {"opened_at": latest, "last_seen_at": latest, "designated_body": SOUTH_LONDON, "held_before": 9}
    add_hold(connection, second, dict.fromkeys(HELD), **of_second)
    held = {"standing": "held", "confirmed_at": last_night}
    connection.execute(update(doctor).values(held).where(doctor.c.gmc_number.in_(HELD)))
    decided = {"source": "staff", "actor": "Sam Field", "about": "The list was cut short."}
    add_event(connection, HELD[0], "hold", old="waiting", new="rejected", at=last_night, **decided)
    marked = {"source": "reval", "old": "confirmed", "new": "held", "at": latest, "run_id": second}
    add_event(connection, HELD[0], "standing", **marked)
    its_part = (sync_run_part.c.run_id == second) & (sync_run_part.c.source == SOUTH_LONDON)
    connection.execute(update(sync_run_part).values(withheld=len(HELD)).where(its_part))
    seen = {"first_seen_at": latest, "last_seen_at": latest}
    add_anomaly(connection, UNKNOWN_NOTICE, second, **seen)
    add_difference(connection, first, "value_differs", PUT_RIGHT, field="submission_date", sent="2026-08-05")
    resolved = {"resolved_at": latest, "resolved_run_id": second, "resolved_by": "scheduler"}
    add_set_aside(
        connection, NORTH_WEST, first, gmc_number=PUT_RIGHT, first_seen_at=last_night, last_seen_at=last_night,
        resolution="The latest list no longer has this entry.", **resolved,
    )  # fmt: skip


def answer_with(*numbers: str) -> bytes:
    """The GMC's answer with a list of these doctors."""
    entries = "".join(
        "<GetDoctorsForDBResponse_Doctor>"
        f"<GMCReferenceNumber>{number}</GMCReferenceNumber><DoctorLastName>{escape(HOSTILE_NAME)}</DoctorLastName>"
        "</GetDoctorsForDBResponse_Doctor>"
        for number in numbers
    )
    return (
        '<Envelope xmlns="http://schemas.xmlsoap.org/soap/envelope/"><Body>'
        '<GetDoctorsForDBResponse xmlns="https://webcache.gmc-uk.org/GMCWebServices/"><GetDoctorsForDBResult>'
        f"<Doctors>{entries}</Doctors><ReturnCode>0</ReturnCode>"
        "</GetDoctorsForDBResult></GetDoctorsForDBResponse></Body></Envelope>"
    ).encode()
