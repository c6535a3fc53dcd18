"""Who is behind a request: what the database knows of the browser's token, or what the proxy says."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.requests import HTTPConnection

from reval_core.config import Settings
from reval_core.db.database import Database
from reval_core.domain.grants import NotAdmitted, admit
from reval_core.domain.sign_in import SignIn
from reval_core.door.asking import address_of, is_from, peer_of
from reval_core.door.limits import may_try
from reval_core.queries.sign_ins import find_sign_in, latest_sign_in_of
from reval_core.services.sign_ins import Person, begin_sign_in, end_sign_in, id_of, note_active, record_refusal

HEADER: Final = "x-reval-sign-in"
"""How the door tells the screens whose request it is. It takes away what anyone else says there."""
_TRUSTED_FOR_SECONDS: Final = 1.0
"""A page fetches dozens of files at once: for so long, one look at the database answers for all of them."""
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class People:
    """Finds who is signed in. All of it waits for the database: call it from a thread."""

    settings: Settings
    database: Callable[[], Database]
    _seen: dict[str, tuple[float, SignIn]] = field(default_factory=dict)

    @property
    def idle(self) -> timedelta:
        """How long somebody may do nothing."""
        return timedelta(minutes=self.settings.session_idle_minutes)

    @property
    def cookie(self) -> str:
        """What the browser's token is called; where it is secured, browsers accept the name only from this host."""
        return "__Host-reval" if self.is_secure else "reval"

    @property
    def is_secure(self) -> bool:
        """Whether people come by https."""
        return self.settings.public_url.startswith("https://")

    def find(self, request: HTTPConnection) -> SignIn | None:
        """Who asks, if they are signed in and still may come in."""
        known = self._find_of_proxy(request) if self.settings.proxy_person_header else self._find_of_token(request)
        return known if known and self.holds(known) else None

    def holds(self, known: SignIn) -> bool:
        """Whether a sign-in holds at this moment, and its groups still let anybody in."""
        return known.end(datetime.now(UTC), self.idle) is None and not isinstance(
            admit(known.person, known.groups, self.settings.grants), NotAdmitted
        )

    def look_again(self, sign_in_id: str) -> SignIn | None:
        """The sign-in as the database has it now, whether or not it holds."""
        with self.database().reading() as connection:
            return find_sign_in(connection, sign_in_id)

    def note_active(self, known: SignIn) -> SignIn:
        """Note that the person does something."""
        return note_active(self.database(), known, datetime.now(UTC), self.idle)

    def sign_out(self, known: SignIn, request: HTTPConnection) -> None:
        """End a sign-in."""
        self._seen.pop(known.id, None)
        end_sign_in(self.database(), known, datetime.now(UTC), address_of(request, self.settings.proxy_addresses))

    def let_in_by_proxy(self, request: HTTPConnection) -> NotAdmitted | None:
        """Begin the sign-in of whom the proxy says, unless there is one that holds. Says why not, if not."""
        person = self.said_by_proxy(request)
        if person is None:
            return NotAdmitted("The proxy in front of this dashboard did not say who you are.")
        refused = admit(person.name, person.groups, self.settings.grants)
        if isinstance(refused, NotAdmitted):
            self._record_refusal(person, refused, request)
            return refused
        known = self._find_of_proxy(request)
        if known is None or not self.holds(known):
            now = datetime.now(UTC)
            until = now + timedelta(hours=self.settings.session_hours)
            begin_sign_in(self.database(), person, now, until, address_of(request, self.settings.proxy_addresses))
        return None

    def said_by_proxy(self, request: HTTPConnection) -> Person | None:
        """Whom the proxy says that this is; `None` if it says nobody, or if it is not our proxy that says it."""
        said = request.headers.getlist(self.settings.proxy_person_header or "")
        name = said[0].strip() if len(said) == 1 else ""  # of two, one would be the visitor's own
        if not name or not name.isprintable() or len(name) > _LONGEST:
            return None
        if not is_from(peer_of(request), self.settings.proxy_addresses):
            return None
        listed = request.headers.getlist(self.settings.proxy_groups_header)
        groups = listed[0] if len(listed) == 1 else ""
        return Person(
            f"proxy {name}", name, tuple(sorted({part.strip() for part in groups.split(",") if part.strip()}))
        )

    def _record_refusal(self, person: Person, refused: NotAdmitted, request: HTTPConnection) -> None:
        """Once a minute is enough: the proxy sends them at each try."""
        if may_try("be refused", person.subject, 1):
            address = address_of(request, self.settings.proxy_addresses)
            record_refusal(self.database(), person.name, datetime.now(UTC), refused.why, address)

    def _find_of_token(self, request: HTTPConnection) -> SignIn | None:
        token = request.cookies.get(self.cookie)
        if not token or len(token) > _LONGEST:
            return None
        sign_in_id = id_of(token)
        seen_at, known = self._seen.get(sign_in_id, (0.0, None))
        if known is None or time.monotonic() - seen_at > _TRUSTED_FOR_SECONDS:
            known = self.look_again(sign_in_id)
            if len(self._seen) > 1_000:
                self._seen.clear()
            if known:
                self._seen[sign_in_id] = (time.monotonic(), known)
        return known

    def _find_of_proxy(self, request: HTTPConnection) -> SignIn | None:
        """The latest sign-in of whom the proxy says, if it is with the very groups that it says now."""
        person = self.said_by_proxy(request)
        if person is None:
            return None
        with self.database().reading() as connection:
            known = latest_sign_in_of(connection, person.subject)
        return known if known and known.groups == person.groups else None
