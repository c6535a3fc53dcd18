"""The states of a sync run and of each body in it. Each carries its own words, so that no second list exists."""

from enum import StrEnum
from typing import Self

from reval_core.domain.labelled import Labelled


class RunStatus(StrEnum):
    """How a run stands. The value is stored and printed; `is_final` says whether it can still change."""

    label: str
    meaning: str
    tone: str
    is_final: bool

    def __new__(cls, value: str, label: str, meaning: str, tone: str, is_final: bool) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.meaning = meaning
        member.tone = tone
        member.is_final = is_final
        return member

    RUNNING = ("running", "Running", "The sync is under way.", "info", False)
    SUCCEEDED = ("succeeded", "Succeeded", "Everyone was received and accounted for.", "good", True)
    PARTIAL = ("partial", "Done in part", "Something could not be read or applied; all the rest was.", "warning", True)
    FAILED = ("failed", "Failed", "It could not be completed. What it did not reach is shown as before.", "bad", True)
    CANCELLED = ("cancelled", "Cancelled", "It was stopped before its end. Nothing is half done.", "warning", True)
    INTERRUPTED = ("interrupted", "Interrupted", "It was cut off. Nothing is half done.", "bad", True)


class BodyStatus(StrEnum):
    """How one body (or TIS) stands within a run."""

    label: str
    meaning: str
    tone: str
    is_final: bool

    def __new__(cls, value: str, label: str, meaning: str, tone: str, is_final: bool) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.meaning = meaning
        member.tone = tone
        member.is_final = is_final
        return member

    WAITING = ("waiting", "Waiting", "Not asked yet.", "info", False)
    ASKING = ("asking", "Asking", "Asked; the answer is on its way.", "info", False)
    RECEIVED = ("received", "Received", "The answer is here; its changes are not applied yet.", "info", False)
    SUCCEEDED = ("succeeded", "Taken", "The list was taken and applied.", "good", True)
    FAILED = ("failed", "Failed", "No list could be taken. The last good one is still shown.", "bad", True)
    STOPPED = ("stopped", "Stopped", "The run ended before this was applied.", "warning", True)


class Trigger(Labelled):
    """What started a run."""

    SCHEDULE = ("schedule", "Nightly schedule")
    REFRESH = ("refresh", "Daytime refresh")
    STARTUP = ("startup", "Start of the server")
    CATCH_UP = ("catch_up", "Made up for a missed one")
    RECOVERY = ("recovery", "Recovery after a failure")
    MANUAL = ("manual", "By hand")
    COMMAND_LINE = ("command_line", "Command line")
