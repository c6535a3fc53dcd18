"""One doctor: what the GMC says, what TIS says, what we show, and by which rule."""

from dataclasses import dataclass, replace
from datetime import date

from sqlalchemy import Connection, select

from reval_core.db.tables import audit_event, doctor, membership
from reval_core.domain.doctor import GmcRecord, parse_gmc_number
from reval_core.domain.membership import Membership, main_membership
from reval_core.domain.sources import TIS
from reval_core.domain.standing import Standing
from reval_core.domain.uk_time import uk_date
from reval_core.domain.viewer import Viewer
from reval_core.errors import BadInput, NotFound
from reval_core.queries.anomalies import Anomaly, anomalies_of_doctor
from reval_core.queries.connections import Connection as ListedConnection
from reval_core.queries.connections import make_connection, select_connections
from reval_core.queries.differences import FoundDifference, differences_of_doctor
from reval_core.queries.discrepancies import ListedDiscrepancy, discrepancies_of_doctor
from reval_core.queries.freshness import SourceAge, show_age
from reval_core.queries.holds import HoldOfDoctor, holds_of_doctor
from reval_core.queries.reasons import (
    Departure,
    explain_absence,
    explain_connection,
    explain_set_aside,
    explain_tis,
)
from reval_core.queries.scope import may_see_doctor
from reval_core.queries.sensitive import show_record
from reval_core.queries.set_aside import SetAsideEntry, set_aside_of_doctor


@dataclass(frozen=True, slots=True)
class DoctorPage:
    """All that is known of one doctor.

    `connection` and `record` are `None` for a doctor whom the GMC has never listed for us; the names are then TIS's.
    For a doctor who is no longer connected they hold what the GMC last said. `main_membership` is the one of the
    `memberships` that lists show. `discrepancies` are the open ones first, then the resolved. `set_aside`, `anomalies`,
    `holds` and `differences` have all that ever were. `why` says in plain words by which rule, and which answer of
    which moment, the doctor is shown or not.
    """

    gmc_number: str
    first_name: str | None
    last_name: str | None
    is_connected: bool
    connection: ListedConnection | None
    record: GmcRecord | None
    standing: Standing | None
    former_designated_body: str | None
    memberships: list[Membership]
    main_membership: Membership | None
    discrepancies: list[ListedDiscrepancy]
    set_aside: list[SetAsideEntry]
    anomalies: list[Anomaly]
    holds: list[HoldOfDoctor]
    differences: list[FoundDifference]
    why: str


def show_doctor(connection: Connection, viewer: Viewer, gmc_number: str, today: date | None = None) -> DoctorPage:
    """All that is known of one doctor. Raises `BadInput` for what is no GMC number, `NotFound` for one nobody knows.

    With `today`, the date in the UK, discrepancies are told with what hides them on that day.
    """
    number = parse_gmc_number(gmc_number)
    if number is None:
        raise BadInput(f"“{gmc_number[:40]}” is not a GMC number. Give its seven digits, for example 7000001.")
    if not may_see_doctor(connection, viewer, number):
        raise NotFound(f"No doctor with the GMC number {number} is known from the GMC or TIS. Check the number.")
    record, former_body = _record(connection, viewer, number)
    shown = _shown(connection, viewer, number)
    tis = show_age(connection, TIS)
    memberships = _memberships(connection, number)
    main = main_membership(memberships, _day_of(tis), record.designated_body if record else None)
    entries = set_aside_of_doctor(connection, viewer, number)
    named_in = record or main
    page = DoctorPage(
        gmc_number=number,
        first_name=named_in.first_name if named_in else None,
        last_name=named_in.last_name if named_in else None,
        is_connected=record is not None and record.designated_body is not None,
        connection=shown,
        record=record,
        standing=shown.standing if shown else None,
        former_designated_body=former_body,
        memberships=memberships,
        main_membership=main,
        discrepancies=discrepancies_of_doctor(connection, viewer, number, True, today),
        set_aside=entries,
        anomalies=anomalies_of_doctor(connection, viewer, number),
        holds=holds_of_doctor(connection, viewer, number),
        differences=differences_of_doctor(connection, viewer, number),
        why="",
    )
    return replace(page, why=_why(connection, page, tis))


def _record(connection: Connection, viewer: Viewer, number: str) -> tuple[GmcRecord | None, str | None]:
    """What the GMC said of the doctor last, and the body that it connected them to before."""
    columns = [doctor.c[name] for name in GmcRecord._fields]
    query = select(doctor.c.former_designated_body, *columns).where(doctor.c.gmc_number == number)
    row = connection.execute(query).one_or_none()
    return (show_record(viewer, GmcRecord._make(row[1:])), row[0]) if row else (None, None)


def _shown(connection: Connection, viewer: Viewer, number: str) -> ListedConnection | None:
    row = connection.execute(select_connections(viewer).where(doctor.c.gmc_number == number)).one_or_none()
    return make_connection(viewer, row) if row else None


def _memberships(connection: Connection, number: str) -> list[Membership]:
    m = membership.c
    columns = [m[name] for name in Membership._fields]
    newest_first = (m.start_date.is_(None), m.start_date.desc(), m.id)
    query = select(*columns).where(m.gmc_number == number).order_by(*newest_first)
    return [Membership._make(row) for row in connection.execute(query)]


def _day_of(tis: SourceAge) -> date:
    """The day, in the UK, that TIS's latest answer speaks of."""
    return uk_date(tis.accepted_at) if tis.accepted_at else date.min


def _why(connection: Connection, page: DoctorPage, tis: SourceAge) -> str:
    """The answer to the question that brings people here, in as few sentences as will do."""
    shown, main, body = page.connection, page.main_membership, page.record.designated_body if page.record else None
    if shown is None:
        was_ever_sent = bool(page.differences) or any(entry.source != TIS for entry in page.set_aside)
        gmc = explain_absence(tis, main is not None, was_ever_sent=was_ever_sent)
    else:
        latest = show_age(connection, body) if body else None
        left = None if body else _latest_departure(connection, page.gmc_number)
        gmc = explain_connection(shown, page.former_designated_body, latest, left)
    day = _day_of(tis) if tis.accepted_at else None
    its_view = explain_tis(page.memberships, main, body, day, page.discrepancies)
    return " ".join(part for part in (gmc, its_view, explain_set_aside(page.set_aside)) if part)


def _latest_departure(connection: Connection, number: str) -> Departure | None:
    e = audit_event.c
    left = e.gmc_number == number, e.source == "gmc", e.field == "designated_body", e.new.is_(None)
    row = connection.execute(select(e.at, e.run_id).where(*left).order_by(e.id.desc()).limit(1)).one_or_none()
    return Departure(*row) if row else None
