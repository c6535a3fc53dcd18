"""Who is signed in: asked by the door, before there is a viewer."""

import json
from typing import Any

from sqlalchemy import Connection, Row, select

from reval_core.db.tables import sign_in
from reval_core.domain.sign_in import SignIn


def find_sign_in(connection: Connection, sign_in_id: str) -> SignIn | None:
    """The sign-in with this number, whether or not it still holds."""
    row = connection.execute(select(sign_in).where(sign_in.c.id == sign_in_id)).first()
    return None if row is None else _make(row)


def latest_sign_in_of(connection: Connection, subject: str) -> SignIn | None:
    """The latest sign-in of a person, whether or not it still holds."""
    query = select(sign_in).where(sign_in.c.subject == subject).order_by(sign_in.c.began_at.desc()).limit(1)
    row = connection.execute(query).first()
    return None if row is None else _make(row)


def _make(row: Row[Any]) -> SignIn:
    return SignIn(
        row.id, row.subject, row.person, tuple(json.loads(row.groups)), row.last_active_at, row.expires_at, row.ended_at
    )
