"""Keeps investigations and sanctions from whoever may not know of them. Every query that reads any goes through here.

What is kept back looks the same for every doctor, whether there is something or not: no value, no change, no order.
"""

from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, func, or_, true

from reval_core.db.tables import audit_event, check_difference, doctor
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.sensitive import NOT_SHOWN, SENSITIVE_ELEMENTS, SENSITIVE_FIELDS
from reval_core.domain.viewer import Viewer
from reval_core.gmc.blanked import blank_elements

REASON_NOT_SHOWN: Final = f"A part of the entry is not in the form agreed. {NOT_SHOWN}."
_WORDS: Final = tuple(f"{field.replace('_', ' ').capitalize()}:" for field in sorted(SENSITIVE_FIELDS))
_NAMES: Final = tuple(name.casefold() for name in (*SENSITIVE_ELEMENTS, *SENSITIVE_FIELDS))


def sees_event_field(viewer: Viewer) -> ColumnElement[bool]:
    """The audit events about fields that the viewer may know of."""
    return true() if viewer.is_trusted_with_sensitive else audit_event.c.field.not_in(sorted(SENSITIVE_FIELDS))


def sees_difference_field(viewer: Viewer) -> ColumnElement[bool]:
    """The differences in fields that the viewer may know of."""
    if viewer.is_trusted_with_sensitive:
        return true()
    field = check_difference.c.field
    return or_(field.is_(None), field.not_in(sorted(SENSITIVE_FIELDS)))


def last_changed_at(viewer: Viewer) -> ColumnElement[Any]:
    """When the GMC last said something new of a doctor, among what the viewer may see."""
    d = doctor.c
    return d.changed_at if viewer.is_trusted_with_sensitive else func.coalesce(d.openly_changed_at, d.changed_at)


def show_value(viewer: Viewer, field: str, value: Any) -> Any:
    """The value of a field of the GMC's record, as the viewer may see it."""
    return value if viewer.is_trusted_with_sensitive or field not in SENSITIVE_FIELDS else NOT_SHOWN


def show_record(viewer: Viewer, record: GmcRecord) -> GmcRecord:
    """What the GMC said of a doctor, as the viewer may see it."""
    return GmcRecord._make(show_value(viewer, name, value) for name, value in record._asdict().items())


def show_texts(viewer: Viewer, texts: dict[str, str | None]) -> dict[str, str | None]:
    """The texts of an entry by the GMC's names for them, as the viewer may see them."""
    if viewer.is_trusted_with_sensitive:
        return texts
    return texts | dict.fromkeys(SENSITIVE_ELEMENTS, NOT_SHOWN)


def show_excerpt(viewer: Viewer, excerpt: str, *, is_xml: bool = True) -> str:
    """The exact text of an entry, as the viewer may see it."""
    if viewer.is_trusted_with_sensitive or not excerpt:
        return excerpt
    if is_xml:
        return blank_elements(excerpt, SENSITIVE_ELEMENTS, NOT_SHOWN)
    return NOT_SHOWN if _names_any(excerpt) else excerpt


def show_reason(viewer: Viewer, reason: str) -> str:
    """Why an entry could not be used, as the viewer may know it: not that it had one of these elements at all."""
    return REASON_NOT_SHOWN if not viewer.is_trusted_with_sensitive and _names_any(reason) else reason


def show_whole_record(viewer: Viewer, stored: str | None) -> str | None:
    """All values of a record that came or went, as the audit trail has them, without those kept from the viewer."""
    if viewer.is_trusted_with_sensitive or not stored:
        return stored
    values = orjson.loads(stored)
    return orjson.dumps({name: value for name, value in values.items() if name not in SENSITIVE_FIELDS}).decode()


def may_know(viewer: Viewer, why: str) -> bool:
    """Whether the viewer may know this reason of an alert. One about a difference begins with the field's name."""
    return viewer.is_trusted_with_sensitive or not why.startswith(_WORDS)


def _names_any(text: str) -> bool:
    folded = text.casefold()
    return any(name in folded for name in _NAMES)
