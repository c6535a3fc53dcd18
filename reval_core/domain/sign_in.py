"""A sign-in: who somebody is, which groups they have, and until when that holds."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from reval_core.domain.labelled import Labelled


class SignInEnd(Labelled):
    """Why a sign-in does not hold any more."""

    SIGNED_OUT = ("signed-out", "You have signed out.")
    IDLE = ("idle", "Nothing was done here for a while, so you were signed out.")
    EXPIRED = ("expired", "Your sign-in was valid until now. Sign in again to go on.")


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody who signed in. `id` is a hash of what their browser holds; `expires_at` is said by the provider."""

    id: str
    subject: str
    person: str
    groups: tuple[str, ...]
    last_active_at: datetime
    expires_at: datetime
    ended_at: datetime | None

    def end(self, now: datetime, idle: timedelta) -> SignInEnd | None:
        """Why it does not hold at this moment; `None`: it holds."""
        if self.ended_at is not None:
            return SignInEnd.SIGNED_OUT
        if now >= self.expires_at:
            return SignInEnd.EXPIRED
        return SignInEnd.IDLE if now >= self.last_active_at + idle else None

    def next_end(self, idle: timedelta) -> tuple[datetime, SignInEnd]:
        """When it will end unless something is done, and why."""
        ends = [(self.last_active_at + idle, SignInEnd.IDLE), (self.expires_at, SignInEnd.EXPIRED)]
        return min(ends)
