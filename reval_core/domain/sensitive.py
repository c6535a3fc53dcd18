"""What is sensitive about a doctor: investigations and sanctions. To see it takes a right of its own."""

from typing import Final

from reval_core.domain.doctor import GmcRecord

SENSITIVE_FIELDS: Final = frozenset({"sanction", "investigation", "preliminary_investigation"})
"""Columns of `doctor`, and fields of the audit trail, of anomalies and of differences."""
SENSITIVE_ELEMENTS: Final = frozenset({"Sanction", "Investigation", "PreliminaryInvestigation"})
"""The same as the GMC's answers call them."""
_PLACES: Final = [place for place, name in enumerate(GmcRecord._fields) if name not in SENSITIVE_FIELDS]
NOT_SHOWN: Final = "Not shown: this takes a further right"
"""What stands in the place of a sensitive value that there is or may be."""


def is_change_unseen(old: GmcRecord, new: GmcRecord) -> bool:
    """Whether two records of one doctor differ in nothing but what is sensitive."""
    return all(old[place] == new[place] for place in _PLACES)
