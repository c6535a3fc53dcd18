"""How often somebody may try: to sign in from one address, to search as one person. Each process counts for itself."""

from typing import Final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

_limiter: Final = MovingWindowRateLimiter(MemoryStorage())


def may_try(what: str, who: str, times_per_minute: int) -> bool:
    """Whether this may be tried once more now; counts it as tried."""
    return _limiter.hit(RateLimitItemPerMinute(times_per_minute), what, who)
