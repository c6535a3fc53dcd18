"""Where a moment cuts the audit trail in two: what had happened by then, and what has happened since."""

from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, false, func, select

from reval_core.db.tables import audit_event, audit_seal

GMC: Final = "gmc"
TIS: Final = "tis"
REVAL: Final = "reval"
"""Whose word an event is: the GMC's, TIS's, or what this system made of both."""


class Cut(NamedTuple):
    """A moment, and the first event after it: `None` if nothing has happened since."""

    moment: datetime
    first_id: int | None

    @property
    def is_before(self) -> ColumnElement[bool]:
        """The events that had happened by the moment."""
        return audit_event.c.at <= self.moment

    @property
    def is_after(self) -> ColumnElement[bool]:
        """The events since. Their numbers bound them, so that an index serves; the clock may have been set back."""
        if self.first_id is None:
            return false()
        return and_(audit_event.c.id >= self.first_id, audit_event.c.at > self.moment)


def cut_trail(connection: Connection, moment: datetime) -> Cut:
    """Find the first event after a moment: by the seals, of which there is one for thousands of events."""
    first = select(func.min(audit_seal.c.first_event_id)).where(audit_seal.c.sealed_at > moment)
    return Cut(moment, connection.scalar(first))
