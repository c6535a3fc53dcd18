"""Who may do what: the one table of roles and actions. Services ask it before they change anything."""

from enum import IntEnum
from typing import Final

from reval_core.domain.labelled import Labelled


class Role(IntEnum):
    """What somebody is here for. Each may do what those before may, and more."""

    VIEWER = 1
    ADMIN = 2
    OPERATOR = 3


class Action(Labelled):
    """What somebody may want to do, in words that end the sentence “You may not …”."""

    SYNC = ("sync", "start or stop a sync")
    SYNC_DESPITE_REST = ("sync_despite_rest", "ask a service that is being given a rest")
    PLAN = ("plan", "pause or resume the schedule")
    ACKNOWLEDGE = ("acknowledge", "acknowledge an alert")


MAY_FROM: Final = {
    Action.SYNC: Role.ADMIN,
    Action.SYNC_DESPITE_REST: Role.OPERATOR,
    Action.PLAN: Role.OPERATOR,
    Action.ACKNOWLEDGE: Role.OPERATOR,
}
"""From which role on an action is allowed."""
