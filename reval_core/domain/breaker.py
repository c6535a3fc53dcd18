"""When a service that fails is given a rest, how long, and how it is tried again: a breaker for each designated body's
list, one for the GMC as a whole, and one for TIS. Where they are kept is `reval_core.sync.breakers`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from reval_core.domain.designated_bodies import name_of
from reval_core.domain.explanations import say_date
from reval_core.domain.failures import FailureKind
from reval_core.domain.labelled import Labelled
from reval_core.domain.sources import TIS
from reval_core.domain.uk_time import UK

GMC: Final = "GMC"
"""The scope of the breaker for the GMC as a whole."""
FAILURES_UNTIL_REST: Final = 3
"""So many asks in a row may fail in an ordinary way before what was asked is given a rest."""
BLOCKED_BODIES: Final = 2
"""When so many bodies in a row are blocked, it is we who are blocked, and not what we asked for."""
BODIES_OUT_OF_REACH: Final = 3
"""When so many bodies in a row cannot be reached, the GMC cannot be."""
FIRST_REST: Final = timedelta(minutes=5)
LONGEST_REST: Final = timedelta(hours=1)
FIRST_REST_OF_BLOCKED: Final = timedelta(minutes=15)
LONGEST_REST_OF_BLOCKED: Final = timedelta(hours=4)
_MOST_DOUBLINGS: Final = 10
_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_TOO_MANY_REQUESTS: Final = 429
_WRONG_CREDENTIALS: Final = frozenset({"99", "401"})
_OUT_OF_REACH: Final = frozenset({FailureKind.TIMED_OUT, FailureKind.CANNOT_CONNECT})


class BreakerState(Labelled):
    """Whether something may be asked. `HALF_OPEN` is never stored: it is what a rest becomes when its time is over."""

    CLOSED = ("closed", "Asked as usual")
    OPEN = ("open", "At rest")
    HALF_OPEN = ("half_open", "To be tried once")


@dataclass(frozen=True, slots=True)
class Failed:
    """How an ask failed, after all its attempts, and in which sync."""

    kind: FailureKind
    detail: str
    run_id: int
    return_code: str | None = None
    http_status: int | None = None
    retry_after_seconds: int | None = None

    @property
    def is_block(self) -> bool:
        """Whether a firewall stood in the way."""
        return self.kind is FailureKind.BLOCKED

    @property
    def is_about_us(self) -> bool:
        """Whether any other request would meet the same: too many of them, or credentials that are not accepted."""
        return self.http_status == _TOO_MANY_REQUESTS or self.has_wrong_credentials

    @property
    def has_wrong_credentials(self) -> bool:
        """Whether our user name, password or address was not accepted: asking again may lock the account."""
        return self.kind is FailureKind.REFUSED and self.return_code in _WRONG_CREDENTIALS

    @property
    def is_out_of_reach(self) -> bool:
        """Whether no answer came at all."""
        return self.kind in _OUT_OF_REACH

    @property
    def wait_asked_for(self) -> timedelta:
        """How long the service itself wants to be left alone, as far as it said so."""
        return timedelta(seconds=self.retry_after_seconds or 0)

    @property
    def is_answer(self) -> bool:
        """Whether the service itself answered, if only to say no: then it can be reached, and lets us in."""
        return not (self.is_block or self.is_about_us or self.is_out_of_reach)


@dataclass(frozen=True, slots=True)
class Breaker:
    """How one scope stands: the GMC, TIS, or a body by its code.

    `failures` are in a row since the latest success. `failure` to `run_id` tell of the latest of them.
    """

    scope: str
    state: BreakerState = BreakerState.CLOSED
    failures: int = 0
    times_opened: int = 0
    opened_at: datetime | None = None
    next_attempt_at: datetime | None = None
    failure: FailureKind | None = None
    failure_detail: str | None = None
    return_code: str | None = None
    run_id: int | None = None
    changed_at: datetime | None = None

    def state_at(self, now: datetime) -> BreakerState:
        """How it stands now: a rest whose time is over is to be tried once."""
        if self.state is BreakerState.CLOSED or self.next_attempt_at is None:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now < self.next_attempt_at else BreakerState.HALF_OPEN

    @property
    def is_untouched(self) -> bool:
        """Whether nothing has failed since the latest success."""
        return self.state is BreakerState.CLOSED and self.failures == 0


class Miss(NamedTuple):
    """A body that could not be taken, and how that failed."""

    body: str
    failed: Failed


def note_success(breaker: Breaker, now: datetime) -> Breaker:
    """The breaker after an answer: closed, and all that was before forgotten."""
    return Breaker(breaker.scope, changed_at=now)


def note_failure(breaker: Breaker, failed: Failed, now: datetime) -> Breaker:
    """The breaker of a body, or of TIS, after a failed ask. A wait that the service asks for is kept from the first."""
    counted = _counted(breaker, failed, breaker.failures + 1, now)
    is_tried_again = breaker.state is not BreakerState.CLOSED
    asks_for_rest = failed.wait_asked_for > FIRST_REST
    if failed.is_block or asks_for_rest or is_tried_again or counted.failures >= FAILURES_UNTIL_REST:
        return _opened(counted, failed, now)
    return counted


def note_service_answer(breaker: Breaker, now: datetime, *, is_probe: bool) -> Breaker:
    """The breaker of the whole GMC after an answer. While it is open, only the answer to its probe closes it.

    Others may have been under way when it opened: that they were answered says nothing of what comes next.
    """
    return note_success(breaker, now) if is_probe or breaker.state is BreakerState.CLOSED else breaker


def note_service_failure(breaker: Breaker, misses: Sequence[Miss], now: datetime, *, is_probe: bool) -> Breaker:
    """The breaker of the whole GMC after an ask that got no answer.

    `misses` are the bodies that failed one after another since the GMC's latest answer, the latest at the end.
    """
    latest = misses[-1].failed
    counted = _counted(breaker, latest, len({miss.body for miss in misses}), now)
    is_open = breaker.state is not BreakerState.CLOSED
    if is_probe or (not is_open and _is_service_wide(misses)):
        return _opened(counted, latest, now)
    return breaker if is_open else counted


def _is_service_wide(misses: Sequence[Miss]) -> bool:
    latest = misses[-1].failed
    blocked = {body for body, failed in misses if failed.is_block}
    out_of_reach = {body for body, failed in misses if failed.is_out_of_reach}
    return latest.is_about_us or len(blocked) >= BLOCKED_BODIES or len(out_of_reach) >= BODIES_OUT_OF_REACH


def rest_after(failed: Failed, times_opened: int) -> timedelta:
    """How long to leave it alone when it has been opened so many times in a row. What the service asked for counts, up
    to the longest rest: then one request finds out whether it still means that.
    """
    is_grave = failed.is_block or failed.has_wrong_credentials
    first, longest = (FIRST_REST_OF_BLOCKED, LONGEST_REST_OF_BLOCKED) if is_grave else (FIRST_REST, LONGEST_REST)
    doubled = first * (1 << min(times_opened - 1, _MOST_DOUBLINGS))
    return max(min(doubled, longest), min(failed.wait_asked_for, LONGEST_REST_OF_BLOCKED))


def _counted(breaker: Breaker, failed: Failed, failures: int, now: datetime) -> Breaker:
    return replace(
        breaker,
        failures=failures,
        failure=failed.kind,
        failure_detail=failed.detail,
        return_code=failed.return_code,
        run_id=failed.run_id,
        changed_at=now,
    )


def _opened(breaker: Breaker, failed: Failed, now: datetime) -> Breaker:
    """Open, or open again for longer; `opened_at` stays the moment at which it was first opened since a success."""
    times = breaker.times_opened + 1
    return replace(
        breaker,
        state=BreakerState.OPEN,
        times_opened=times,
        opened_at=breaker.opened_at or now,
        next_attempt_at=now + rest_after(failed, times),
    )


def find_rest(breakers: Mapping[str, Breaker], scope: str, now: datetime) -> Breaker | None:
    """The breaker because of which a body's list, or TIS, may not be asked for now; `None` if it may be.

    Of a body at rest in a GMC at rest, the one that rests longer.
    """
    concerned = [scope] if scope == TIS else [GMC, scope]
    resting = [
        breakers[one] for one in concerned if one in breakers and breakers[one].state_at(now) is BreakerState.OPEN
    ]
    return max(resting, key=_rests_until, default=None)


def find_common_rest(breakers: Mapping[str, Breaker], bodies: Collection[str], now: datetime) -> Breaker | None:
    """Of breakers that keep all of these bodies from being asked, the one that ends first; `None` if one may be asked.

    No body named stands for all that there are: they rest together only when the whole GMC does.
    """
    resting = [find_rest(breakers, body, now) for body in bodies or [GMC]]
    found = [breaker for breaker in resting if breaker]
    return min(found, key=_rests_until) if len(found) == len(resting) else None


def _rests_until(breaker: Breaker) -> datetime:
    return breaker.next_attempt_at or _LONG_AGO


def say_scope(breaker: Breaker) -> str:
    """What it is for, at the beginning of a sentence."""
    return {GMC: "The GMC", TIS: "TIS"}.get(breaker.scope, f"The list of {name_of(breaker.scope)}")


def say_rest(breaker: Breaker) -> str:
    """Why it is not asked, since when, and when it will be, in two sentences."""
    since, until = _say_moment(breaker.opened_at), _say_moment(breaker.next_attempt_at)
    why = (breaker.failure_detail or "").strip()
    rest = f"{say_scope(breaker)} has been given a rest since {since}, after failures: {why}"
    return f"{rest} The next attempt is possible from {until}."


def say_rest_in_short(breaker: Breaker) -> str:
    """The same in one short sentence, for each of many lists that are not asked for the same reason."""
    why = f": {breaker.failure.headline[0].lower()}{breaker.failure.headline[1:]}" if breaker.failure else ""
    return f"{say_scope(breaker)} is given a rest until {_say_moment(breaker.next_attempt_at)}{why}."


def _say_moment(moment: datetime | None) -> str:
    if moment is None:
        return "an unknown time"
    here = moment.astimezone(UK)
    return f"{say_date(here.date())} at {here:%H:%M}"
