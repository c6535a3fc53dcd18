"""What can be unusual about an entry that was applied all the same: nothing is lost, but somebody should know."""

from enum import StrEnum
from typing import Self

from reval_core.domain.designated_bodies import name_of


class AnomalyKind(StrEnum):
    """A kind of anomaly. `meaning` says in a sentence what it is."""

    label: str
    meaning: str

    def __new__(cls, value: str, label: str, meaning: str) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label
        member.meaning = meaning
        return member

    UNKNOWN_NOTICE = (
        "unknown_notice",
        "Unknown word",
        "The GMC sent a word for “under notice” that is not known here. It counts as unknown, and the word is kept.",
    )
    IN_TWO_LISTS = (
        "in_two_lists",
        "In two lists",
        "Two lists of one sync had the doctor, who moved meanwhile. The later list has the last word.",
    )


def explain_anomaly(kind: AnomalyKind, source: str, detail: str) -> str:
    """One anomaly in a sentence. `source`: the body whose list has it; `detail` as in the table of anomalies."""
    body = name_of(source)
    if kind is AnomalyKind.IN_TWO_LISTS:
        return f"The list of {body} had this doctor, and so had the later one of {name_of(detail)}, which counts."
    return f"The list of {body} says “{detail}” for under notice, which is not known here, so it counts as unknown."
