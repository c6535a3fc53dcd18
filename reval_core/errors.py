"""The errors of this product, one tree. Errors of libraries are translated into it where they arise.

RevalError
├── UpstreamError                 a service that we read did not give us what we asked for
│   ├── UpstreamTimeout           no connection or no answer in time
│   ├── CannotConnect             name not found, connection refused or broken off
│   ├── Blocked                   403, 429, or a web page where data should be: stop asking
│   ├── Refused                   the service understood, and said no (return code or status)
│   ├── UnreadableAnswer          not the format agreed, too large, or hostile
│   └── ImplausibleAnswer         readable, but so much less than before that it is not believed
├── SyncError
│   ├── SyncAlreadyRunning        another process holds the right to sync
│   ├── SyncCancelled             a person stopped it
│   ├── SyncOvertaken             another sync has begun, since the right to sync was lost on the way
│   ├── LeadershipLost            another process runs the schedule now
│   ├── SumsDiffer                received ≠ created + changed + unchanged + set aside, or the like
│   ├── DifferencesFound          what is stored is not what the GMC's stored answers say
│   └── DisconnectionsHeld        a list would have disconnected too many: a person has to decide
├── ServiceResting                all that is wanted is being given a rest after failures
├── DatabaseError
│   ├── DatabaseUnavailable       it cannot be reached or opened
│   └── DatabaseBusy              it is locked by someone else for too long
├── NotSignedIn                   nobody is signed in, or not any more
├── NoPermission                  this person may not do that
├── TooManyRequests               this person asks faster than people do
├── NotFound                      no such doctor, run or body (or not for this viewer)
├── BadInput                      something typed cannot be understood
└── BadSetting                    something configured cannot be understood
"""

from datetime import datetime
from typing import ClassVar

from reval_core.domain.failures import FailureKind
from reval_core.domain.return_codes import INTERNAL_ERROR


class RevalError(Exception):
    """Something that we can explain. `str()` is one plain sentence that names the thing and, where known, the fix."""

    kind: ClassVar[FailureKind] = FailureKind.INTERNAL


class UpstreamError(RevalError):
    """A service that we read did not give us what we asked for.

    `source` is "GMC" or "TIS". `raw` is what it did answer (may be empty), kept as evidence. `can_pass` says whether
    the same request may well succeed a moment later, `retry_after_seconds` what the service said about that.
    `was_asked` is `False` where the request was not even sent, since what was asked is being given a rest.
    """

    can_pass: bool = False

    def __init__(self, message: str, *, source: str, raw: bytes = b"") -> None:
        super().__init__(message)
        self.source = source
        self.raw = raw
        self.http_status: int | None = None
        self.retry_after_seconds: int | None = None
        self.was_asked = True


class UpstreamTimeout(UpstreamError):
    """No connection, or no complete answer, within the time that we allow."""

    kind = FailureKind.TIMED_OUT
    can_pass: bool = True


class CannotConnect(UpstreamError):
    """The service could not be reached, or the connection broke off."""

    kind = FailureKind.CANNOT_CONNECT
    can_pass: bool = True


class Blocked(UpstreamError):
    """A firewall answered in the service's place (403, 429, HTML, or plain words). Asking again makes it worse."""

    kind = FailureKind.BLOCKED


class Refused(UpstreamError):
    """The service understood the request and said no. `return_code` is its own, as it gave it."""

    kind = FailureKind.REFUSED

    def __init__(self, message: str, *, source: str, return_code: str, raw: bytes = b"") -> None:
        super().__init__(message, source=source, raw=raw)
        self.return_code = return_code
        self.can_pass = return_code == INTERNAL_ERROR


class UnreadableAnswer(UpstreamError):
    """The answer is not in the agreed format, is too large, or contains what we never accept (a DTD, an entity).

    It may have been garbled on its way; what is not going to change is raised with `can_pass=False`.
    """

    kind = FailureKind.UNREADABLE

    def __init__(self, message: str, *, source: str, raw: bytes = b"", can_pass: bool = True) -> None:
        super().__init__(message, source=source, raw=raw)
        self.can_pass = can_pass


class ImplausibleAnswer(UpstreamError):
    """The answer can be read, but lacks so much of what was there before that it is more likely to be a mistake."""

    kind = FailureKind.IMPLAUSIBLE


class SyncError(RevalError):
    """A sync could not start or finish."""


class SyncAlreadyRunning(SyncError):
    """Another process holds the right to sync."""

    kind = FailureKind.ALREADY_RUNNING


class SyncCancelled(SyncError):
    """A person stopped the run; what was complete stays, nothing is half done.

    `requested_by` is that person, `None` where only the signal is known that the process got.
    """

    kind = FailureKind.CANCELLED

    def __init__(self, message: str, *, requested_by: str | None = None) -> None:
        super().__init__(message)
        self.requested_by = requested_by


class SyncOvertaken(SyncError):
    """This process lost the right to sync in mid-run, and another has taken over."""

    kind = FailureKind.INTERRUPTED


class LeadershipLost(SyncError):
    """This process no longer runs the schedule: another has taken over, and this one must not write."""

    kind = FailureKind.INTERRUPTED


class SumsDiffer(SyncError):
    """The account of a body does not add up; its changes were not applied."""

    kind = FailureKind.SUMS_DIFFER


class DifferencesFound(SyncError):
    """The check after a run found doctors who are not shown as the GMC's stored answers say."""

    kind = FailureKind.DIFFERENCES_FOUND


class DisconnectionsHeld(SyncError):
    """A list lacks so many doctors that their disconnection waits for a person; all else was applied."""

    kind = FailureKind.DISCONNECTIONS_HELD


class ServiceResting(RevalError):
    """All that is wanted is being given a rest after failures; it will be asked again at `next_attempt_at`."""

    kind = FailureKind.RESTING

    def __init__(self, message: str, *, next_attempt_at: datetime | None) -> None:
        super().__init__(message)
        self.next_attempt_at = next_attempt_at


class DatabaseError(RevalError):
    """The database could not do what was asked."""


class DatabaseUnavailable(DatabaseError):
    """The database cannot be reached or opened."""

    kind = FailureKind.DATABASE_UNAVAILABLE


class DatabaseBusy(DatabaseError):
    """The database was locked by someone else for longer than we wait."""

    kind = FailureKind.DATABASE_BUSY


class NotSignedIn(RevalError):
    """Nobody is signed in, or not any more: nothing is shown."""

    kind = FailureKind.NOT_SIGNED_IN


class TooManyRequests(RevalError):
    """This person asks faster than people do."""

    kind = FailureKind.TOO_MANY_REQUESTS


class NoPermission(RevalError):
    """This person may not do that; the message says what, and who may."""

    kind = FailureKind.NO_PERMISSION


class NotFound(RevalError):
    """No such doctor, run or body, or none that this viewer may see."""

    kind = FailureKind.NOT_FOUND


class BadInput(RevalError):
    """Something typed cannot be understood; the message names it and says what would be."""

    kind = FailureKind.BAD_INPUT


class BadSetting(RevalError):
    """A setting cannot be understood; the message names the environment variable and the fix, never a secret."""

    kind = FailureKind.BAD_SETTING
