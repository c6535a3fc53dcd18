"""What can go wrong, in words for people: the one table of failures that screens, runs and the command line share.

The exceptions that carry these are in `reval_core.errors`; those that people met are in `incidents.py`.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self


class FailureKind(StrEnum):
    """Why something could not be done. The value is what the database stores; the rest is what people read.

    `headline` says what happened, `reassurance` that nothing is lost and what is still shown, `advice` what to do,
    `retry_after_minutes` when to try again (`None`: trying again will not help), `advice_if_repeated` what to do once
    it has happened several times, `contact` whom to ask if it keeps happening.
    """

    headline: str
    reassurance: str
    advice: str
    retry_after_minutes: int | None
    advice_if_repeated: str
    contact: str

    def __new__(
        cls,
        value: str,
        headline: str,
        reassurance: str,
        advice: str,
        retry_after_minutes: int | None,
        advice_if_repeated: str,
        contact: str,
    ) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.headline = headline
        member.reassurance = reassurance
        member.advice = advice
        member.retry_after_minutes = retry_after_minutes
        member.advice_if_repeated = advice_if_repeated
        member.contact = contact
        return member

    def retry_at(self, failed_at: datetime) -> datetime | None:
        """When to try again what failed then; `None` if time alone will not help."""
        return None if self.retry_after_minutes is None else failed_at + timedelta(minutes=self.retry_after_minutes)

    TIMED_OUT = (
        "timed_out",
        "No answer came in time",
        "Nothing is lost: what was known before is still shown.",
        "Wait a few minutes, then sync again. Nothing needs correcting.",
        10,
        "It has not mended itself. There is no need to keep trying: tell support, who can see which step is slow.",
        "the support team",
    )
    CANNOT_CONNECT = (
        "cannot_connect",
        "No connection could be made",
        "Nothing is lost: what was known before is still shown.",
        "Wait a few minutes, then sync again. If it lasts, the network or the other service is down.",
        10,
        "The other service or the network is down for longer. There is no need to keep trying: tell support.",
        "the support team",
    )
    BLOCKED = (
        "blocked",
        "Our requests are being blocked",
        "Nothing is lost: what was known before is still shown, and the dashboard asks again by itself, gently.",
        "Do not try again straight away: repeated requests make a block last longer.",
        60,
        (
            "Please stop trying: each further request can make the block last longer. Tell support, who will "
            "speak to the GMC."
        ),
        "the support team, who will speak to the GMC",
    )
    REFUSED = (
        "refused",
        "The request was refused",
        "Nothing is lost: what was known before is still shown.",
        "Trying again will not help until the cause is put right.",
        None,
        "Trying again cannot help. Tell support, who can see the return code.",
        "the support team, with the return code",
    )
    UNREADABLE = (
        "unreadable",
        "The answer could not be read",
        "Nothing is lost: what was known before is still shown, and the answer is kept for support.",
        "Try once more later. If it happens again, the other service has changed or is faulty.",
        30,
        "The other service has changed or is faulty. Tell support, who can read the answer that came.",
        "the support team",
    )
    IMPLAUSIBLE = (
        "implausible",
        "The answer lacks too much to be believed",
        "Nothing is lost: nobody was removed, and what was known before is still shown.",
        "What was known before is still used. Sync again later; if it stays so, ask whether the source is complete.",
        60,
        "The source stays incomplete, or it has really become smaller. Tell support, who can find out and accept it.",
        "the support team, who can accept it by a setting",
    )
    ALREADY_RUNNING = (
        "already_running",
        "A sync is already running",
        "Nothing is lost: that sync does what you want too.",
        "Wait for it to finish: its result will be yours too.",
        2,
        "A sync seems to have been running for long. Tell support, who can see what it waits for.",
        "the support team",
    )
    RESTING = (
        "resting",
        "It is being given a rest after failures",
        "Nothing is lost: what was known before is still shown, and it is tried again by itself after the rest.",
        "There is nothing to do: wait for the next attempt.",
        15,
        "Please wait for the next attempt: asking before can make a block last longer. Tell support if it is urgent.",
        "the support team",
    )
    CANCELLED = (
        "cancelled",
        "The sync was cancelled",
        "Nothing is lost: lists that were complete are shown, all others as they were before.",
        "Start it again when you are ready.",
        0,
        "Syncs are being cancelled again and again. Ask the person who does it, or tell support.",
        "the person who cancelled it",
    )
    INTERRUPTED = (
        "interrupted",
        "The sync was cut off",
        "Nothing is lost: lists that were complete are shown, all others as they were before.",
        "Start it again: it carries on from the last complete state.",
        0,
        "Syncs are being cut off again and again. Tell support: the server may be restarting.",
        "the support team",
    )
    SUMS_DIFFER = (
        "sums_differ",
        "The sums did not add up",
        "Nothing is lost: of the list concerned nothing was applied, and what was known before is still shown.",
        "This is a fault in the dashboard. Please report it: somebody has to look at the doctors concerned.",
        None,
        "It will not mend itself. Tell support, if nobody has yet.",
        "the support team",
    )
    DIFFERENCES_FOUND = (
        "differences_found",
        "The check found differences",
        "Nothing is lost: the GMC’s answers are stored, and each difference is listed.",
        "The next sync reads these doctors anew: start one now. If a difference stays, report it.",
        0,
        "The differences stay, so that another sync will not help. Tell support.",
        "the support team, with the number of the sync",
    )
    DISCONNECTIONS_HELD = (
        "disconnections_held",
        "Disconnections are held for a person to decide",
        "Nothing is lost: the doctors concerned stay connected until somebody has decided.",
        "Look at the doctors concerned and approve or reject. Until then they stay connected.",
        None,
        "The list keeps lacking these doctors. Ask support whether the GMC’s list is complete, then decide.",
        "the support team, who can ask the GMC whether its list is complete",
    )
    DATABASE_BUSY = (
        "database_busy",
        "The database is busy",
        "Nothing is lost: what was stored before is safe. What you were just doing may not be saved.",
        "Wait a moment and try again.",
        1,
        "It stays busy. There is no need to keep trying: tell support, who can see what holds it up.",
        "the support team",
    )
    DATABASE_UNAVAILABLE = (
        "database_unavailable",
        "The database cannot be reached",
        "Nothing is lost: what was stored before is safe. What you were just doing may not be saved.",
        "Wait a few minutes and try again.",
        5,
        "It has been away for longer. There is no need to keep trying: tell support.",
        "the support team",
    )
    NOT_SIGNED_IN = (
        "not_signed_in",
        "You are not signed in any more",
        "Nothing is lost. What was on this page is not shown until you are back.",
        "Sign in again: you come back to this page.",
        None,
        "Close the browser and sign in once more. If that does not last, tell support.",
        "the support team",
    )
    TOO_MANY_REQUESTS = (
        "too_many_requests",
        "That was very quick",
        "Nothing is lost, and nothing was changed.",
        "Wait a minute, then search again.",
        1,
        "If you need many doctors, use the filters of the lists, or export one. Support can help with that.",
        "the support team",
    )
    NO_PERMISSION = (
        "no_permission",
        "You may not do that",
        "Nothing is lost, and nothing was changed.",
        "If you need it for your work, ask for the right to do it.",
        None,
        "Trying again cannot help. Ask support for the right that you need.",
        "the support team, who can say who grants it",
    )
    NOT_FOUND = (
        "not_found",
        "Nothing was found",
        "Nothing is lost: it may go by another number, or belong to a body that is not yours.",
        "Check the number or the name and search again.",
        None,
        "If you are sure that it exists, tell support what you were looking for.",
        "the support team",
    )
    BAD_SETTING = (
        "bad_setting",
        "A setting is wrong",
        "Nothing is lost: the dashboard works again once the setting is corrected.",
        "Correct the setting and start again.",
        None,
        "It stays so until the setting is corrected. Tell whoever runs this installation.",
        "whoever runs this installation",
    )
    BAD_INPUT = (
        "bad_input",
        "That could not be understood",
        "Nothing is lost, and nothing was changed.",
        "Correct what was typed and try again.",
        None,
        "If you cannot find the mistake, tell support what you typed.",
        "the support team",
    )
    INTERNAL = (
        "internal",
        "Something unexpected happened",
        "Nothing is lost: what was stored before is safe.",
        "Try again. If it happens again, report it.",
        5,
        "It is a fault in the dashboard, so that trying again will hardly help. Tell support.",
        "the support team",
    )
