"""What can go wrong, in words for people: the one table of failures that screens, runs and the command line share.

The exceptions that carry these are in `reval_core.errors`.
"""

from enum import StrEnum
from typing import Self


class FailureKind(StrEnum):
    """Why something could not be done. The value is what the database stores; the rest is what people read.

    `headline` says what happened, `advice` what to do, `retry_after_minutes` when to try again (`None`: trying
    again will not help), `contact` whom to ask if it keeps happening.
    """

    headline: str
    advice: str
    retry_after_minutes: int | None
    contact: str

    def __new__(cls, value: str, headline: str, advice: str, retry_after_minutes: int | None, contact: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.headline = headline
        member.advice = advice
        member.retry_after_minutes = retry_after_minutes
        member.contact = contact
        return member

    TIMED_OUT = (
        "timed_out",
        "No answer came in time",
        "Wait a few minutes, then sync again. Nothing needs correcting.",
        10,
        "the support team",
    )
    CANNOT_CONNECT = (
        "cannot_connect",
        "No connection could be made",
        "Wait a few minutes, then sync again. If it lasts, the network or the other service is down.",
        10,
        "the support team",
    )
    BLOCKED = (
        "blocked",
        "Our requests are being blocked",
        "Do not try again straight away: repeated requests make a block last longer.",
        60,
        "the support team, who will speak to the GMC",
    )
    REFUSED = (
        "refused",
        "The request was refused",
        "Trying again will not help until the cause is put right.",
        None,
        "the support team, with the return code",
    )
    UNREADABLE = (
        "unreadable",
        "The answer could not be read",
        "Try once more later. If it happens again, the other service has changed or is faulty.",
        30,
        "the support team",
    )
    IMPLAUSIBLE = (
        "implausible",
        "The answer lacks too much to be believed",
        "What was known before is still used. Sync again later; if it stays so, ask whether the source is complete.",
        60,
        "the support team, who can accept it by a setting",
    )
    ALREADY_RUNNING = (
        "already_running",
        "A sync is already running",
        "Wait for it to finish: its result will be yours too.",
        2,
        "the support team",
    )
    CANCELLED = (
        "cancelled",
        "The sync was cancelled",
        "Start it again when you are ready.",
        0,
        "the person who cancelled it",
    )
    INTERRUPTED = (
        "interrupted",
        "The sync was cut off",
        "Start it again: it carries on from the last complete state.",
        0,
        "the support team",
    )
    SUMS_DIFFER = (
        "sums_differ",
        "The sums did not add up",
        "This is a fault in the dashboard. Please report it: somebody has to look at the doctors concerned.",
        None,
        "the support team",
    )
    DIFFERENCES_FOUND = (
        "differences_found",
        "The check found differences",
        "The next sync reads these doctors anew: start one now. If a difference stays, report it.",
        0,
        "the support team, with the number of the sync",
    )
    DISCONNECTIONS_HELD = (
        "disconnections_held",
        "Disconnections are held for a person to decide",
        "Look at the doctors concerned and approve or reject. Until then they stay connected.",
        None,
        "the support team, who can ask the GMC whether its list is complete",
    )
    DATABASE_BUSY = (
        "database_busy",
        "The database is busy",
        "Wait a moment and try again.",
        1,
        "the support team",
    )
    DATABASE_UNAVAILABLE = (
        "database_unavailable",
        "The database cannot be reached",
        "Wait a few minutes and try again.",
        5,
        "the support team",
    )
    NOT_FOUND = (
        "not_found",
        "Nothing was found",
        "Check the number or the name and search again.",
        None,
        "the support team",
    )
    BAD_SETTING = (
        "bad_setting",
        "A setting is wrong",
        "Correct the setting and start again.",
        None,
        "whoever runs this installation",
    )
    BAD_INPUT = (
        "bad_input",
        "That could not be understood",
        "Correct what was typed and try again.",
        None,
        "the support team",
    )
    INTERNAL = (
        "internal",
        "Something unexpected happened",
        "Try again. If it happens again, report it.",
        5,
        "the support team",
    )
