"""What the GMC last said about one doctor, word for word, from the answers that are kept."""

from dataclasses import dataclass
from datetime import datetime

import zstandard
from sqlalchemy import Connection, and_, func, select

from reval_core.db.tables import doctor, gmc_answer, set_aside, source_state
from reval_core.domain.sources import TIS
from reval_core.domain.viewer import Viewer
from reval_core.gmc.excerpt import doctor_xml
from reval_core.queries.scope import may_see_doctor


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """The doctor's own element in the latest answer that had one, as the GMC sent it, and where it comes from."""

    run_id: int
    received_at: datetime
    designated_body: str
    xml: str


def last_answer(connection: Connection, viewer: Viewer, gmc_number: str) -> LastAnswer | None:
    """The doctor's element in the GMC's latest answer; `None` if never listed, no longer kept, or out of scope.

    An entry that could not be applied is what the GMC said, too: it counts if it came after the one that we show.
    """
    if not may_see_doctor(connection, viewer, gmc_number):
        return None
    shown = _answer_shown(connection, gmc_number)
    refused = _answer_set_aside(connection, gmc_number)
    if shown and refused:
        return refused if refused.run_id > shown.run_id else shown
    return shown or refused


def _answer_shown(connection: Connection, gmc_number: str) -> LastAnswer | None:
    """The answer that what we show of the doctor comes from."""
    answer_id = func.coalesce(doctor.c.confirmed_answer_id, source_state.c.accepted_answer_id)
    row = connection.execute(
        select(gmc_answer.c.run_id, gmc_answer.c.received_at, gmc_answer.c.designated_body, gmc_answer.c.body)
        .select_from(doctor)
        .outerjoin(source_state, source_state.c.source == doctor.c.designated_body)
        .join(gmc_answer, gmc_answer.c.id == answer_id)
        .where(doctor.c.gmc_number == gmc_number)
    ).one_or_none()
    if row is None:
        return None
    xml = doctor_xml(zstandard.decompress(row.body), gmc_number)
    return LastAnswer(row.run_id, row.received_at, row.designated_body, xml) if xml else None


def _answer_set_aside(connection: Connection, gmc_number: str) -> LastAnswer | None:
    """The latest entry with this number that is set aside, unless TIS sent it."""
    entry = set_aside.c
    its_answer = and_(
        gmc_answer.c.run_id == entry.last_run_id,
        gmc_answer.c.designated_body == entry.source,
        ~gmc_answer.c.is_second_look,
    )
    received_at = func.coalesce(gmc_answer.c.received_at, entry.last_seen_at)
    row = connection.execute(
        select(entry.last_run_id, received_at, entry.source, entry.excerpt)
        .select_from(set_aside.outerjoin(gmc_answer, its_answer))
        .where(entry.gmc_number == gmc_number, entry.resolved_at.is_(None), entry.source != TIS, entry.excerpt != "")
        .order_by(entry.last_run_id.desc(), entry.id.desc())
        .limit(1)
    ).one_or_none()
    return LastAnswer(*row) if row else None
