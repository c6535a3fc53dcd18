"""What the GMC said about one doctor, word for word, from the answers that are kept: the last, or any."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import zstandard
from sqlalchemy import Connection, and_, func, or_, select

from reval_core.db.tables import audit_event, doctor, gmc_answer, membership, set_aside, source_state
from reval_core.domain.sources import TIS
from reval_core.domain.viewer import Viewer
from reval_core.errors import NotFound, RevalError
from reval_core.gmc.excerpt import doctor_texts, doctor_xml
from reval_core.queries.scope import may_see_doctor
from reval_core.queries.sensitive import show_excerpt, show_texts

ANSWERS_OFFERED: Final = 60
"""How many of the newest answers are offered: a month of nights, of a doctor whom two bodies concern."""


@dataclass(frozen=True, slots=True)
class LastAnswer:
    """The doctor's own element in the latest answer that had one, as the GMC sent it, and where it comes from."""

    run_id: int
    received_at: datetime
    designated_body: str
    xml: str


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """A raw answer of the GMC that is kept: the list of a body, as one sync received it.

    `is_second_look` marks the one that was asked for again in the same sync, for doctors who were in no list.
    """

    id: int
    run_id: int
    received_at: datetime
    designated_body: str
    is_second_look: bool


@dataclass(frozen=True, slots=True)
class AnswerAboutDoctor:
    """What a kept answer says of one doctor: their element as it was sent, and its texts by the GMC's names for them.

    Both are empty (`None`) if the answer does not have the doctor; `problem` says so where it cannot be read at all.
    """

    answer: KeptAnswer
    xml: str | None
    texts: dict[str, str | None] | None
    problem: str | None = None


def list_answers(
    connection: Connection, viewer: Viewer, gmc_number: str, until: datetime | None = None, limit: int = ANSWERS_OFFERED
) -> list[KeptAnswer]:
    """The newest kept answers of every body that ever had to do with the doctor; whether they have them is not read.

    With `until`, those received by then. Of a doctor out of scope: none.
    """
    if not may_see_doctor(connection, viewer, gmc_number):
        return []
    answer = gmc_answer.c
    query = (
        select(answer.id, answer.run_id, answer.received_at, answer.designated_body, answer.is_second_look)
        .where(answer.designated_body.in_(_bodies_concerned(connection, gmc_number)))
        .where(*([answer.received_at <= until] if until else []))
        .order_by(answer.run_id.desc(), answer.id.desc())
        .limit(limit)
    )
    return [KeptAnswer(*row) for row in connection.execute(query)]


def read_answer(connection: Connection, viewer: Viewer, gmc_number: str, answer_id: int) -> AnswerAboutDoctor:
    """What one kept answer says of the doctor. Raises `NotFound` if it is no longer kept, or none about the doctor."""
    answer = gmc_answer.c
    bodies = _bodies_concerned(connection, gmc_number) if may_see_doctor(connection, viewer, gmc_number) else set()
    query = select(
        answer.id, answer.run_id, answer.received_at, answer.designated_body, answer.is_second_look, answer.body
    ).where(answer.id == answer_id, answer.designated_body.in_(bodies))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("This answer of the GMC is not kept any more. Choose another.")
    kept = KeptAnswer(*row[:-1])
    try:
        raw = zstandard.decompress(row.body)
        xml = doctor_xml(raw, gmc_number)
        texts = doctor_texts(raw, gmc_number) if xml else None
    except RevalError as problem:  # kept as evidence all the same: a firewall's page, a refusal
        return AnswerAboutDoctor(kept, None, None, str(problem))
    shown = show_excerpt(viewer, xml) if xml else None
    return AnswerAboutDoctor(kept, shown, show_texts(viewer, texts) if texts else None)


def _bodies_concerned(connection: Connection, gmc_number: str) -> set[str]:
    """The bodies whose lists the doctor is, was or should be in."""
    d, m, s, e = doctor.c, membership.c, set_aside.c, audit_event.c
    moved = e.gmc_number == gmc_number, e.field == "designated_body"
    rows = [
        *connection.execute(select(d.designated_body, d.former_designated_body).where(d.gmc_number == gmc_number)),
        *connection.execute(select(m.designated_body).where(m.gmc_number == gmc_number)),
        *connection.execute(select(s.source).where(s.gmc_number == gmc_number, s.source != TIS)),
        *connection.execute(select(e.old, e.new).where(*moved, or_(e.source == "gmc", e.source == "tis"))),
    ]
    return {code for row in rows for code in row if code}


def last_answer(connection: Connection, viewer: Viewer, gmc_number: str) -> LastAnswer | None:
    """The doctor's element in the GMC's latest answer; `None` if never listed, no longer kept, or out of scope.

    An entry that could not be applied is what the GMC said, too: it counts if it came after the one that we show.
    """
    if not may_see_doctor(connection, viewer, gmc_number):
        return None
    shown = _answer_shown(connection, gmc_number)
    refused = _answer_set_aside(connection, gmc_number)
    latest = refused if shown is None or (refused and refused.run_id > shown.run_id) else shown
    return replace(latest, xml=show_excerpt(viewer, latest.xml)) if latest else None


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
