"""Sign-ins begin, are kept alive and end; what a browser holds is kept nowhere here."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from reval_core.db.database import Database
from reval_core.db.tables import access_event, sign_in
from reval_core.domain.access import AccessKind
from reval_core.domain.sign_in import SignIn, SignInEnd
from reval_core.queries.sign_ins import find_sign_in, latest_sign_in_of
from reval_core.services.sign_ins import Person, begin_sign_in, end_sign_in, id_of, note_active, record_refusal
from tests.builders import open_database

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
IDLE = timedelta(minutes=30)
ADA = Person("issuer ada", "ada@nhs.example", ("viewers",))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """Tables, and nobody signed in."""
    database = open_database(database_url)
    yield database
    database.close()


def sign_in_of(database: Database, token: str) -> SignIn:
    with database.reading() as connection:
        found = find_sign_in(connection, id_of(token))
    assert found is not None
    return found


def recorded(database: Database) -> list[tuple[str, str, str | None]]:
    with database.reading() as connection:
        query = select(access_event.c.person, access_event.c.kind, access_event.c.address).order_by(access_event.c.id)
        return [tuple(row) for row in connection.execute(query)]


def test_sign_in_is_found_by_its_token_which_is_kept_nowhere(database: Database) -> None:
    token = begin_sign_in(database, ADA, NOW, NOW + IDLE, "192.0.2.1")
    known = sign_in_of(database, token)
    assert (known.person, known.groups, known.end(NOW, IDLE)) == (ADA.name, ADA.groups, None)
    with database.reading() as connection:
        assert find_sign_in(connection, token) is None
        assert token not in str(connection.execute(select(sign_in)).all())
        assert latest_sign_in_of(connection, ADA.subject) == known
        assert latest_sign_in_of(connection, "issuer bob") is None
    assert recorded(database) == [(ADA.name, AccessKind.SIGNED_IN, "192.0.2.1")]


def test_no_two_tokens_are_alike_and_a_new_one_replaces_the_old(database: Database) -> None:
    first = begin_sign_in(database, ADA, NOW, NOW + IDLE, None)
    second = begin_sign_in(database, ADA, NOW, NOW + IDLE, None, replaces=first)
    assert first != second
    assert sign_in_of(database, first).end(NOW, IDLE) is SignInEnd.SIGNED_OUT
    assert sign_in_of(database, second).end(NOW, IDLE) is None


def test_who_is_active_stays(database: Database) -> None:
    token = begin_sign_in(database, ADA, NOW, NOW + 4 * IDLE, None)
    known = sign_in_of(database, token)
    assert note_active(database, known, NOW + timedelta(seconds=29), IDLE) == known
    later = NOW + IDLE - timedelta(seconds=1)
    assert note_active(database, known, later, IDLE).last_active_at == later
    assert sign_in_of(database, token).end(NOW + IDLE, IDLE) is None


def test_who_has_signed_out_cannot_become_active_again(database: Database) -> None:
    token = begin_sign_in(database, ADA, NOW, NOW + 4 * IDLE, None)
    known = sign_in_of(database, token)
    end_sign_in(database, known, NOW, None)
    end_sign_in(database, known, NOW + IDLE, None)
    assert note_active(database, known, NOW + timedelta(minutes=5), IDLE).end(NOW, IDLE) is SignInEnd.SIGNED_OUT
    assert sign_in_of(database, token).ended_at == NOW
    assert [kind for _, kind, _ in recorded(database)] == [AccessKind.SIGNED_IN, AccessKind.SIGNED_OUT]


def test_refusal_is_recorded(database: Database) -> None:
    record_refusal(database, "eve", NOW, "None of your groups has a part in this dashboard.", "192.0.2.9")
    assert recorded(database) == [("eve", AccessKind.SIGN_IN_REFUSED, "192.0.2.9")]
