"""Messages about alerts: by which channels they go, and how one stands. What they say is in `reval_core/watch/`."""

from datetime import timedelta
from typing import Final

from reval_core.domain.labelled import Labelled


class Channel(Labelled):
    """A way by which messages go."""

    MAIL = ("mail", "E-mail")
    TEAMS = ("teams", "Teams")
    SLACK = ("slack", "Slack")


class MessageStatus(Labelled):
    """How a message stands."""

    WAITING = ("waiting", "Waiting to be sent")
    SENDING = ("sending", "Being sent")
    SENT = ("sent", "Delivered")
    GIVEN_UP = ("given_up", "Given up")


FIRST_WAIT: Final = timedelta(minutes=1)
LONGEST_WAIT: Final = timedelta(hours=2)
TRIED_FOR: Final = timedelta(days=1)
SENDING_TAKES_AT_MOST: Final = timedelta(minutes=5)
"""A message that was being sent for longer was cut off: nobody knows whether it arrived, so it is sent again."""


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts that failed: twice as long each time."""
    doublings: int = 2 ** min(attempts - 1, 10)
    return min(FIRST_WAIT * doublings, LONGEST_WAIT)
