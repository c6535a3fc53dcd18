"""What a viewer may see, as conditions on the tables. Every query goes through here; outside the scope is not found.

A viewer sees the doctors whom the GMC connects to one of their bodies (or last did), and those of whom TIS says so.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Connection, and_, exists, false, literal, or_, select, true

from reval_core.db.tables import anomaly, check_difference, discrepancy, doctor, hold, incident, membership, set_aside
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.viewer import Viewer


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


def sees_set_aside(viewer: Viewer) -> ColumnElement[bool]:
    """The entries set aside in the lists of the viewer's bodies, or about a doctor whom they see."""
    if viewer.bodies is None:
        return true()
    return or_(
        set_aside.c.source.in_(viewer.bodies),
        exists().where(doctor.c.gmc_number == set_aside.c.gmc_number, sees_doctor(viewer)),
        exists().where(membership.c.gmc_number == set_aside.c.gmc_number, sees_membership(viewer)),
    )


def sees_anomaly(viewer: Viewer) -> ColumnElement[bool]:
    """The anomalies in the lists of the viewer's bodies, or of a doctor whom they see."""
    if viewer.bodies is None:
        return true()
    return or_(
        anomaly.c.source.in_(viewer.bodies),
        exists().where(doctor.c.gmc_number == anomaly.c.gmc_number, sees_doctor(viewer)),
    )


def sees_hold(viewer: Viewer) -> ColumnElement[bool]:
    """The held disconnections from the viewer's bodies, who alone can tell whether these doctors have left."""
    return true() if viewer.bodies is None else hold.c.designated_body.in_(viewer.bodies)


def sees_difference(viewer: Viewer) -> ColumnElement[bool]:
    """What a check found about the lists of the viewer's bodies, or about a doctor whom they see."""
    if viewer.bodies is None:
        return true()
    number = check_difference.c.gmc_number
    return or_(
        check_difference.c.designated_body.in_(viewer.bodies),
        exists().where(doctor.c.gmc_number == number, sees_doctor(viewer)),
        exists().where(membership.c.gmc_number == number, sees_membership(viewer)),
    )


def sees_incident(viewer: Viewer) -> ColumnElement[bool]:
    """The failures that the viewer met; whoever sees every body sees everyone's, since they may have to help."""
    return true() if viewer.bodies is None else incident.c.person == viewer.name


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


def may_see_doctor(connection: Connection, viewer: Viewer, gmc_number: str) -> bool:
    """Whether there is a doctor with this number whom the viewer may see.

    They may be known to the GMC or TIS, or set aside; or missing here, which only the check after a sync has found.
    """
    sources = (
        select(doctor.c.gmc_number).where(doctor.c.gmc_number == gmc_number, sees_doctor(viewer)),
        select(membership.c.gmc_number).where(membership.c.gmc_number == gmc_number, sees_membership(viewer)),
        select(set_aside.c.gmc_number).where(set_aside.c.gmc_number == gmc_number, sees_set_aside(viewer)),
        select(check_difference.c.gmc_number).where(
            check_difference.c.gmc_number == gmc_number, sees_difference(viewer)
        ),
    )
    return any(connection.execute(source.limit(1)).first() is not None for source in sources)
