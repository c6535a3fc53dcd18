"""What is sensitive about a doctor: investigations and sanctions. To see it takes a right of its own."""

from typing import Final

SENSITIVE_FIELDS: Final = frozenset({"sanction", "investigation", "preliminary_investigation"})
"""Columns of `doctor`, and fields of the audit trail, of anomalies and of differences."""
SENSITIVE_ELEMENTS: Final = frozenset({"Sanction", "Investigation", "PreliminaryInvestigation"})
"""The same as the GMC's answers call them."""
NOT_SHOWN: Final = "Not shown: this takes a further right"
"""What stands in the place of a sensitive value that there is or may be."""
