"""What somebody should know without having looked: the rules of alerts, each with its words.

Pure. What the rules look at is read in `reval_core/watch/rules/`, what they find is in `alert_findings.py`; how alerts
begin and end is in `services/alerts.py`.
"""

from enum import StrEnum
from typing import Final, Self

SUPPORT: Final = "the support team"
GMC_BY_SUPPORT: Final = "the support team, who will speak to the GMC"
OPERATIONS: Final = "whoever runs this installation"


class Urgency(StrEnum):
    """How soon somebody has to do something. `tone` is how it looks."""

    label: str
    tone: str

    def __new__(cls, value: str, label: str, tone: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.tone = tone
        return member

    ACT_NOW = ("act_now", "Act now", "bad")
    LOOK_INTO_IT = ("look_into_it", "Look into it", "warning")
    GOOD_TO_KNOW = ("good_to_know", "Good to know", "info")


class AlertRule(StrEnum):
    """What alerts are about. The value is stored and printed; the rest is what people read.

    `label` says what it is in general, `why_it_matters` and `what_to_do` a sentence or two each, `contact` whom to ask.
    Of an alert whose rule `is_about_everyone`, everybody may know, whatever bodies are theirs. Its reasons may quote
    what the GMC, TIS or a person wrote if `may_quote`: then they stand on screens and nowhere else.
    """

    label: str
    why_it_matters: str
    what_to_do: str
    urgency: Urgency
    contact: str
    is_about_everyone: bool
    may_quote: bool

    def __new__(
        cls,
        value: str,
        label: str,
        why_it_matters: str,
        what_to_do: str,
        urgency: Urgency,
        contact: str,
        is_about_everyone: bool = False,
        may_quote: bool = False,
    ) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.why_it_matters = why_it_matters
        member.what_to_do = what_to_do
        member.urgency = urgency
        member.contact = contact
        member.is_about_everyone = is_about_everyone
        member.may_quote = may_quote
        return member

    @property
    def runbook(self) -> str:
        """Where the runbook says more: the file, and the heading in it."""
        return f"docs/runbook.md#{self.anchor}"

    @property
    def anchor(self) -> str:
        """The heading of the runbook that is about it, as links name it."""
        return self.value.replace("_", "-")

    BLOCKED = (
        "blocked",
        "Our requests are blocked",
        "No new list can be taken while it lasts, so that what is shown grows old. It is the last good state, whole.",
        (
            "Do not start syncs by hand: each further request can make a block last longer. The dashboard asks "
            "again by itself, gently. If it is not over within two hours, ask the GMC (or TIS) to let our address"
            " through."
        ),
        Urgency.ACT_NOW,
        GMC_BY_SUPPORT,
        True,
    )
    CREDENTIALS_REFUSED = (
        "credentials_refused",
        "Our user name or password is refused",
        "No list can be taken until it is put right, and trying on can lock the account.",
        (
            "Check the user name, the password and the address that we ask from with the GMC (or TIS), and "
            "correct the settings. Do not start syncs by hand before that."
        ),
        Urgency.ACT_NOW,
        GMC_BY_SUPPORT,
        True,
    )
    CHECK_FOUND_DIFFERENCES = (
        "check_found_differences",
        "The check found differences",
        "What is shown of these doctors is not what the GMC sent: somebody may be missing, or shown wrongly.",
        (
            "Start a sync: it reads these doctors anew. If a difference stays, report it with the number of the "
            "sync; until then, believe the GMC’s own words on the doctor’s page."
        ),
        Urgency.ACT_NOW,
        SUPPORT,
        False,
        True,
    )
    DISCONNECTIONS_HELD = (
        "disconnections_held",
        "Disconnections wait for a person",
        (
            "So many doctors are missing from a list that it may have been cut short. They stay connected until "
            "somebody has decided, even those who have really left."
        ),
        (
            "Open “Held disconnections”, compare the list with those before it, and approve or reject. If you are"
            " not sure, ask the GMC whether its list is complete."
        ),
        Urgency.ACT_NOW,
        GMC_BY_SUPPORT,
    )
    DATA_TOO_OLD = (
        "data_too_old",
        "Data is older than 26 hours",
        "Who connected or left since then is not shown. What is shown is what the GMC said then.",
        (
            "See why the latest attempt failed, on the page of its sync. If nothing was attempted, see whether "
            "the schedule runs or is paused."
        ),
        Urgency.ACT_NOW,
        SUPPORT,
    )
    SYNC_MISSED = (
        "sync_missed",
        "A planned sync was missed",
        "Until it is made up for, the lists are a night older than people think.",
        (
            "It is made up for by itself as soon as a server runs the schedule and our requests are let through. "
            "If it is still open after half an hour, find out why: was the server down, or another sync still running?"
        ),
        Urgency.ACT_NOW,
        OPERATIONS,
        True,
    )
    NO_LEADER = (
        "no_leader",
        "No server runs the schedule",
        "No sync starts by itself, and alerts are no longer sent as messages.",
        "Start the server, or restart it. See whether it reaches the database.",
        Urgency.ACT_NOW,
        OPERATIONS,
        True,
    )
    SYNC_FAILED = (
        "sync_failed",
        "A sync failed",
        "Nothing is half done, but none of the lists that it was to bring is newer than before.",
        (
            "Read on the page of the sync why it failed. If it was cut off or no answer came, the next one makes "
            "up for it: start it, or wait for it. If that fails too, report it with the reference."
        ),
        Urgency.ACT_NOW,
        SUPPORT,
        True,
    )
    SYNC_PARTIAL = (
        "sync_partial",
        "A sync was done in part",
        "Something could not be taken, applied or checked. All the rest was, and the last good state is shown for it.",
        (
            "Read on the page of the sync what failed and why. Lists that could not be taken are asked for again "
            "by the next sync; sums that do not add up have to be reported."
        ),
        Urgency.LOOK_INTO_IT,
        SUPPORT,
    )
    ERROR_RATE = (
        "error_rate",
        "Too many requests fail",
        (
            "Lists come late, or not at all, for the bodies named, even if all others are well. What is shown of "
            "them is their last good list."
        ),
        (
            "See under what cause the requests fail. If it is time-outs of one body only, tell the GMC which one;"
            " if it is every body, look at the network first. The dashboard goes on asking by itself."
        ),
        Urgency.LOOK_INTO_IT,
        GMC_BY_SUPPORT,
    )
    RECORD_SET_ASIDE = (
        "record_set_aside",
        "An entry could not be used",
        (
            "Of these people the latest entry could not be used: what is shown of them is older, or they are not "
            "shown at all."
        ),
        (
            "Open each one and read why. Ask the GMC (or TIS) to put the entry right; the next sync then applies "
            "it by itself. Until then tell the designated body not to rely on what is shown of them."
        ),
        Urgency.LOOK_INTO_IT,
        SUPPORT,
        False,
        True,
    )
    UNKNOWN_NOTICE_RISING = (
        "unknown_notice_rising",
        "More answers without “under notice” than usual",
        (
            "Whether a recommendation is due is unknown for these doctors. Such a jump has meant a fault at the "
            "GMC before. Nobody is lost by it: unknown is shown as unknown, never as “no”."
        ),
        (
            "Look at the GMC’s own words for some of them. If the value is missing or new, ask the GMC whether it"
            " means to send it like that."
        ),
        Urgency.LOOK_INTO_IT,
        GMC_BY_SUPPORT,
    )
    FIELD_EMPTIED = (
        "field_emptied",
        "A field of the GMC’s lists is suddenly empty",
        (
            "What the GMC said before is no longer shown of these doctors: it is shown as unknown. Such a jump points "
            "to a fault at the GMC. What it said before stays to be read on each doctor’s page."
        ),
        (
            "Look at the GMC’s own words for some of them. Ask the GMC whether it means to send its lists without "
            "that field. What comes back with the next list is applied by itself."
        ),
        Urgency.LOOK_INTO_IT,
        GMC_BY_SUPPORT,
    )
    DISCREPANCIES_JUMPED = (
        "discrepancies_jumped",
        "Far more discrepancies than usual",
        (
            "So many at once seldom come from people who moved: an answer of TIS may be wrong in its contents. Nobody "
            "is connected or disconnected by it, but the list of what is to be done cannot be relied on."
        ),
        (
            "Look at what TIS sends for some of them. If it is wrong, tell TIS support, and have nobody act on these "
            "discrepancies. If it is right, acknowledge this: then it is over."
        ),
        Urgency.LOOK_INTO_IT,
        "the support team, who will speak to TIS",
    )
    LIST_NEVER_FILLED = (
        "list_never_filled",
        "A body has never had a doctor",
        "Its list comes, and has nobody in it. If the body has doctors, none of them is shown, and nobody misses them.",
        (
            "Compare the body’s code in the settings with the GMC’s. If it is right, ask the GMC whether our account "
            "may see its list, and whether it is truly empty. A body that has no doctors need not be served."
        ),
        Urgency.LOOK_INTO_IT,
        GMC_BY_SUPPORT,
    )
    SYNC_RUNS_LONG = (
        "sync_runs_long",
        "A sync has been running for very long",
        "Nothing newer is shown of the lists that it has not reached, and no other sync can start meanwhile.",
        "See on its page what it waits for. It can be stopped there: nothing is left half done. Then start another.",
        Urgency.LOOK_INTO_IT,
        OPERATIONS,
        True,
    )
    SYNC_SLOW = (
        "sync_slow",
        "A sync took twice as long as usual",
        "All was done. But what doubles may double again, and a slow answer is often the first sign of a failing one.",
        (
            "Compare the stages of the sync with those of an earlier one: reading lists slowly points to the GMC "
            "or the network, everything else to our server or its database."
        ),
        Urgency.GOOD_TO_KNOW,
        OPERATIONS,
        True,
    )
    REPEATED_ERRORS = (
        "repeated_errors",
        "One person meets error after error",
        "They cannot do their work, while everybody else may notice nothing.",
        (
            "Open the references: each says where it failed, and why. Tell the person that it is known, and to "
            "stop trying."
        ),
        Urgency.LOOK_INTO_IT,
        SUPPORT,
        False,
        True,
    )
    DISK_NEARLY_FULL = (
        "disk_nearly_full",
        "The disk is nearly full",
        "Once it is full, nothing can be stored: no sync, no decision, no note.",
        "Make room, or give the database a larger disk. Keeping the GMC’s raw answers for fewer days makes it smaller.",
        Urgency.ACT_NOW,
        OPERATIONS,
        True,
    )
    DATABASE_NEARLY_FULL = (
        "database_nearly_full",
        "The database has nearly grown to its limit",
        "Once it reaches the limit, nothing can be stored: no sync, no decision, no note.",
        "Raise the limit, or keep the GMC’s raw answers for fewer days.",
        Urgency.ACT_NOW,
        OPERATIONS,
        True,
    )
    MESSAGE_NOT_DELIVERED = (
        "message_not_delivered",
        "A message about alerts could not be delivered",
        (
            "Whoever relies on these messages is not told of anything. Alerts are still on the page and on the "
            "command line."
        ),
        (
            "Check the mail server, or the address of the webhook, in the settings. What was not delivered is "
            "tried again for a day."
        ),
        Urgency.LOOK_INTO_IT,
        OPERATIONS,
        True,
    )
