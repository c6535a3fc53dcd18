"""Who may do what: the one table of roles and actions. Services ask it before they change anything; pages mirror it."""

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

    EXPORT = ("export", "export a list")
    SYNC = ("sync", "start or stop a sync")
    HIDE = ("hide", "hide a discrepancy or show it again")
    NOTE = ("note", "write or erase a note")
    SYNC_DESPITE_REST = ("sync_despite_rest", "ask a service that is being given a rest")
    PLAN = ("plan", "pause or resume the schedule")
    DECIDE = ("decide", "approve or reject held disconnections")
    ACKNOWLEDGE = ("acknowledge", "acknowledge an alert")
    SEE_ACCESS = ("see_access", "see who looked at what")
    ERASE_NOTES = ("erase_notes", "erase all notes about a doctor or by a person")


MAY_FROM: Final = {
    Action.EXPORT: Role.VIEWER,
    Action.SYNC: Role.ADMIN,
    Action.HIDE: Role.ADMIN,
    Action.NOTE: Role.ADMIN,
    Action.SYNC_DESPITE_REST: Role.OPERATOR,
    Action.PLAN: Role.OPERATOR,
    Action.DECIDE: Role.OPERATOR,
    Action.ACKNOWLEDGE: Role.OPERATOR,
    Action.SEE_ACCESS: Role.OPERATOR,
    Action.ERASE_NOTES: Role.OPERATOR,
}
"""From which role on an action is allowed. Looking is for everyone who has a role."""

FOR_ALL_BODIES: Final = frozenset({Action.PLAN})
"""What touches every designated body at once: only those may do it who see all of them."""
