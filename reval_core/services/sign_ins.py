"""Begins, keeps alive and ends sign-ins. What a browser holds is kept nowhere here, only a hash of it."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import insert, update

from reval_core.db.database import Database
from reval_core.db.tables import sign_in
from reval_core.domain.access import AccessKind
from reval_core.domain.sign_in import SignIn
from reval_core.domain.viewer import Viewer
from reval_core.errors import DatabaseBusy
from reval_core.queries.sign_ins import find_sign_in
from reval_core.services.access import add_access, record_access

NOTED_EVERY: Final = timedelta(seconds=30)
"""So often at most it is noted that somebody is active: more would be a write for each click."""
_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Person:
    """Whom the provider, or the proxy, says that somebody is. `subject` never changes; `name` is for people."""

    subject: str
    name: str
    groups: tuple[str, ...]


def id_of(token: str) -> str:
    """The number of the sign-in to which a browser's token belongs."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin_sign_in(
    database: Database, person: Person, now: datetime, expires_at: datetime, address: str | None, *, replaces: str = ""
) -> str:
    """Sign a person in, and return the token for their browser. `replaces` is the token that it held until now."""
    token = secrets.token_urlsafe(_BYTES)
    row = {
        "id": id_of(token),
        "subject": person.subject,
        "person": person.name,
        "groups": json.dumps(person.groups),
        "began_at": now,
        "last_active_at": now,
        "expires_at": expires_at,
    }
    with database.writing() as connection:
        if replaces:
            is_replaced = (sign_in.c.id == id_of(replaces)) & sign_in.c.ended_at.is_(None)
            connection.execute(update(sign_in).where(is_replaced).values(ended_at=now))
        connection.execute(insert(sign_in), row)
        add_access(
            connection, Viewer(person.name), now, AccessKind.SIGNED_IN, detail=_say(person.groups), address=address
        )
    return token


def note_active(database: Database, known: SignIn, now: datetime, idle: timedelta) -> SignIn:
    """Note that the person is doing something, so that they stay signed in. Returns the sign-in as it is now.

    `idle` is for how long they may do nothing; well within it, it is noted again.
    """
    if now - known.last_active_at < min(NOTED_EVERY, idle / 4):
        return known
    is_it = (sign_in.c.id == known.id) & sign_in.c.ended_at.is_(None)
    with suppress(DatabaseBusy), database.writing() as connection:  # a sync may be writing: the next look notes it
        connection.execute(update(sign_in).where(is_it).values(last_active_at=now))
        return find_sign_in(connection, known.id) or known
    return known


def end_sign_in(database: Database, known: SignIn, now: datetime, address: str | None) -> None:
    """Sign a person out, in every tab of the browser that they did it in."""
    with database.writing() as connection:
        is_it = (sign_in.c.id == known.id) & sign_in.c.ended_at.is_(None)
        if connection.execute(update(sign_in).where(is_it).values(ended_at=now)).rowcount:
            add_access(connection, Viewer(known.person), now, AccessKind.SIGNED_OUT, address=address)


def record_refusal(database: Database, person: str, now: datetime, why: str, address: str | None) -> None:
    """Record that somebody was not let in, and why."""
    record_access(database, Viewer(person), now, AccessKind.SIGN_IN_REFUSED, detail=why, address=address)


def _say(groups: Sequence[str]) -> str:
    return f"Groups: {', '.join(groups) or 'none'}"
