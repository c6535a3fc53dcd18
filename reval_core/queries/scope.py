"""What a viewer may see, as conditions on the tables. Every query goes through here; outside the scope is not found.

A viewer sees the doctors whom the GMC connects to one of their bodies (or last did), and those of whom TIS says so.
What was once found in a list of theirs about a doctor who is another office's now is that office's, too.
"""

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, false, func, literal, or_, select, true, union

from reval_core.db.tables import (
    access_event,
    anomaly,
    audit_event,
    check_difference,
    discrepancy,
    doctor,
    hold,
    hold_doctor,
    incident,
    membership,
    set_aside,
    sync_run,
)
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.standing import Standing
from reval_core.domain.viewer import Viewer
from reval_core.queries.sensitive import sees_difference_field


def sees_doctor(viewer: Viewer) -> ColumnElement[bool]:
    """The doctors (rows of `doctor`) within the viewer's scope."""
    if viewer.bodies is None:
        return true()
    theirs = membership.alias()
    return or_(
        doctor.c.designated_body.in_(viewer.bodies),
        doctor.c.tis_designated_body.in_(viewer.bodies),
        and_(doctor.c.designated_body.is_(None), doctor.c.former_designated_body.in_(viewer.bodies)),
        # A doctor with two programmes belongs to both owners; the doctor's row names only the main one.
        exists().where(theirs.c.gmc_number == doctor.c.gmc_number, theirs.c.designated_body.in_(viewer.bodies)),
    )


def sees_membership(viewer: Viewer) -> ColumnElement[bool]:
    """The memberships within the viewer's scope, whatever the GMC says of the person."""
    return true() if viewer.bodies is None else membership.c.designated_body.in_(viewer.bodies)


def within(viewer: Viewer, bodies: Collection[str] | None) -> frozenset[str] | None:
    """Those of these bodies (`None`: of all) that the viewer may see; `None`: all of them."""
    if bodies is None:
        return viewer.bodies
    return frozenset(bodies) if viewer.bodies is None else viewer.bodies.intersection(bodies)


def sees_set_aside(viewer: Viewer) -> ColumnElement[bool]:
    """The entries set aside in the lists of the viewer's bodies, or about a doctor whom they see.

    Not what such a list had once, or has still, about a doctor who is in another office's list since.
    """
    if viewer.bodies is None:
        return true()
    is_theirs = _is_found_for(viewer, set_aside.c.gmc_number, is_over=set_aside.c.resolved_at.is_not(None))
    return or_(
        and_(set_aside.c.source.in_(viewer.bodies), is_theirs),
        _is_of_seen_doctor(viewer, set_aside.c.gmc_number),
        exists().where(membership.c.gmc_number == set_aside.c.gmc_number, sees_membership(viewer)),
    )


def sees_anomaly(viewer: Viewer) -> ColumnElement[bool]:
    """The anomalies in the latest lists of the viewer's bodies, or of a doctor whom they see."""
    if viewer.bodies is None:
        return true()
    is_theirs = _is_found_for(viewer, anomaly.c.gmc_number, is_over=anomaly.c.resolved_at.is_not(None))
    return or_(
        and_(anomaly.c.source.in_(viewer.bodies), is_theirs),
        _is_of_seen_doctor(viewer, anomaly.c.gmc_number),
    )


def sees_hold(viewer: Viewer) -> ColumnElement[bool]:
    """The held disconnections from the viewer's bodies, who alone can tell whether these doctors have left."""
    return true() if viewer.bodies is None else hold.c.designated_body.in_(viewer.bodies)


def sees_held_doctor(viewer: Viewer) -> ColumnElement[bool]:
    """Those in a hold of the viewer's bodies who are still held, or whom they see, or who are nobody else's."""
    if viewer.bodies is None:
        return true()
    number = hold_doctor.c.gmc_number
    return or_(
        hold_doctor.c.outcome.is_(None),
        _is_of_seen_doctor(viewer, number),
        _is_nobodys(number),
    )


def sees_difference(viewer: Viewer) -> ColumnElement[bool]:
    """What a check found about the lists of the viewer's bodies, or about a doctor whom they see.

    Of a doctor whom another office has now, only what the latest check found.
    """
    if viewer.bodies is None:
        return sees_difference_field(viewer)
    return and_(sees_difference_field(viewer), _is_difference_within(viewer))


def _is_difference_within(viewer: Viewer) -> ColumnElement[bool]:
    number = check_difference.c.gmc_number
    run = sync_run.alias()
    latest = select(func.max(run.c.id)).where(run.c.checked_at.is_not(None)).scalar_subquery()
    is_latest = check_difference.c.run_id == latest
    return or_(
        and_(check_difference.c.designated_body.in_(viewer.bodies or ()), or_(is_latest, _is_nobodys(number))),
        _is_of_seen_doctor(viewer, number),
        exists().where(membership.c.gmc_number == number, sees_membership(viewer)),
    )


def sees_incident(viewer: Viewer) -> ColumnElement[bool]:
    """The failures that the viewer met; whoever sees every body sees everyone's, since they may have to help."""
    return true() if viewer.bodies is None else incident.c.person == viewer.name


def sees_access(viewer: Viewer) -> ColumnElement[bool]:
    """The records of what the viewer did themselves, and of what anybody did with a doctor whom they may see.

    The same doctors as in `may_see_doctor`, found once for a long list rather than anew for each of its rows.
    """
    if viewer.bodies is None:
        return true()
    seen = union(*(one.where(number.is_not(None)) for number, one in _select_seen(viewer)))
    return or_(access_event.c.person == viewer.name, access_event.c.gmc_number.in_(seen))


def _is_of_seen_doctor(viewer: Viewer, number: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether the viewer sees the doctor with this number, whatever else the statement reads of doctors."""
    return exists().where(doctor.c.gmc_number == number, sees_doctor(viewer)).correlate_except(doctor)


def _is_found_for(viewer: Viewer, number: ColumnElement[Any], *, is_over: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether what a list of the viewer's bodies has, or had, about this number is still their business.

    It is while the list has it, unless another body's latest list has the doctor; and of a number that nobody has.
    """
    theirs = doctor.alias()
    is_elsewhere = exists().where(
        theirs.c.gmc_number == number,
        theirs.c.standing == Standing.CONFIRMED,
        theirs.c.designated_body.not_in(viewer.bodies or ()),
    )
    return or_(and_(~is_over, ~is_elsewhere.correlate_except(theirs)), _is_nobodys(number))


def _is_nobodys(number: ColumnElement[Any]) -> ColumnElement[bool]:
    """That neither the GMC nor TIS has anybody with this number, of whatever office: so it is nobody else's."""
    at_gmc, in_tis = doctor.alias(), membership.alias()
    return and_(
        ~exists().where(at_gmc.c.gmc_number == number).correlate_except(at_gmc),
        ~exists().where(in_tis.c.gmc_number == number).correlate_except(in_tis),
    )


def concerns_bodies(bodies: Collection[str] | None) -> ColumnElement[bool]:
    """The discrepancies that are the business of these bodies (`None`: of any): connected there, or owned there."""
    if bodies is None:
        return true()
    owners = literal(",") + discrepancy.c.other + ","
    names_one_of_them = or_(false(), *(owners.contains(f",{body},", autoescape=True) for body in sorted(bodies)))
    return or_(
        discrepancy.c.designated_body.in_(bodies),
        discrepancy.c.tis_designated_body.in_(bodies),
        # Its `other` names every owner: "the offices agree" takes all of them.
        and_(discrepancy.c.kind == DiscrepancyKind.OVERLAPPING_PROGRAMMES, names_one_of_them),
    )


def may_ever_have_seen(connection: Connection, viewer: Viewer, gmc_number: str) -> bool:
    """Whether the viewer may see this doctor, or the trail names a body of theirs, so that they may have seen them."""
    if viewer.bodies is None or may_see_doctor(connection, viewer, gmc_number):
        return True
    e = audit_event.c
    names_one_of_them = (
        column.contains(body, autoescape=True) for body in sorted(viewer.bodies) for column in (e.old, e.new)
    )
    query = select(e.id).where(e.gmc_number == gmc_number, or_(false(), *names_one_of_them))
    return connection.execute(query.limit(1)).first() is not None


def is_of_another(connection: Connection, viewer: Viewer, gmc_number: str) -> bool:
    """Whether there is a doctor, or somebody in TIS, with this number, and the viewer may not see them."""
    if viewer.bodies is None or may_see_doctor(connection, viewer, gmc_number):
        return False
    known = (select(table.c.gmc_number).where(table.c.gmc_number == gmc_number) for table in (doctor, membership))
    return any(connection.execute(one.limit(1)).first() is not None for one in known)


def may_see_doctor(connection: Connection, viewer: Viewer, gmc_number: str) -> bool:
    """Whether there is a doctor with this number whom the viewer may see.

    They may be known to the GMC or TIS, or set aside; or missing here, which only the check after a sync has found.
    """
    sources = (one.where(number == gmc_number) for number, one in _select_seen(viewer))
    return any(connection.execute(source.limit(1)).first() is not None for source in sources)


def _select_seen(viewer: Viewer) -> Iterator[tuple[ColumnElement[Any], Select[Any]]]:
    """Where a doctor whom the viewer may see can stand: the column of their number, and the select of those numbers."""
    for table, is_seen in (
        (doctor, sees_doctor(viewer)),
        (membership, sees_membership(viewer)),
        (set_aside, sees_set_aside(viewer)),
        (check_difference, sees_difference(viewer)),
    ):
        yield table.c.gmc_number, select(table.c.gmc_number).where(is_seen)
