"""Strategies for what TIS may answer: pages of memberships with any JSON in them, and bytes that are no page.

Composed as text, since much of what is tried is no JSON that a library would write.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from hypothesis import strategies as st

from tests.hostile.doctors import NUMBERS, SELDOM, mark_of

FIELDS: Final = (
    "tcsPersonId", "gmcReferenceNumber", "doctorFirstName", "doctorLastName", "programmeName",
    "programmeMembershipType", "programmeOwner", "tcsDesignatedBody", "placementGrade", "programmeMembershipStartDate",
    "programmeMembershipEndDate", "curriculumEndDate", "status",
)  # fmt: skip

_NO_JSON: Final = (
    "NaN",
    "-Infinity",
    "1e999",
    "9" * 400,
    '"\\ud800"',
    '"\\udc00\\ud800"',
    '"\x01"',
    "'x'",
    "01",
    "",
    "[1,]",
)
_DEEP: Final = tuple("[" * depth + "]" * depth for depth in (100, 252, 300, 900))
_SCALARS: Final = (
    "null", "true", "false", "0", "-0.0", "279", "279.0", "1.5e300", "18446744073709551616", "-9223372036854775809",
    '""', '" "', '"\\u0000"', '"a\\u0000b"', '"\\ufffe"', '"\\ud83e\\udd8a"', '"\\u202e\u0301"', '"MILITARY"',
    '"visitor"', '"2026-02-30"', '"2026-W01-1"', '"20260805"', '"2026-08-05T00:00:00Z"', '"T"', '"0001-01-01"',
    '"9999-12-31"', json.dumps("x" * 5000), json.dumps("\ufdfa" * 300), "[]", "{}", '[{"a":[null]}]', '{"a":{"b":1}}',
)  # fmt: skip
_NUMBERS_SENT: Final = (*map(json.dumps, NUMBERS), "7000001", "7000001.0", '" 7000002 "', '"UNKNOWN"', '"N/A"', "null")
_VALUES: Final = st.one_of(st.sampled_from(_SCALARS), st.text(max_size=3).map(json.dumps))
_NO_OBJECTS: Final = ("null", "1", '"x"', "[]", "{}", '[{"tcsPersonId": 1}]', '{"": {"": null}}')


@dataclass(frozen=True)
class Export:
    """TIS's pages. `content` has the JSON of each entry if they must be accepted; `None` if anything may happen."""

    pages: tuple[bytes, ...]
    content: tuple[str, ...] | None


@st.composite
def entries(draw: st.DrawFn, serial: int) -> str:
    """One entry, with up to three values that are out of the ordinary."""
    if draw(SELDOM):
        return draw(st.sampled_from(_NO_OBJECTS))
    fields = plain_fields(draw(st.integers(1, 4)), serial, draw(st.sampled_from(_NUMBERS_SENT)))
    for name in draw(st.lists(st.sampled_from(FIELDS), max_size=3)):
        fields[name] = draw(_VALUES)
    members = [f'"{name}": {value}' for name, value in fields.items()]
    if draw(SELDOM):
        members += draw(
            st.sampled_from([['"status": 1'], ['"novelty": {"a": [1, 2]}'], [f'"novelty": {draw(_DEEPLY)}']])
        )
    return "{" + ", ".join(members) + "}"


_DEEPLY: Final = st.sampled_from(_DEEP)


def plain_fields(person: int, serial: int, number: str) -> dict[str, str]:
    """The fields of a membership about which nothing is out of the ordinary."""
    fields = {name: json.dumps(f"{name}{mark_of(serial)}") for name in FIELDS}
    return fields | {
        "tcsPersonId": str(person),
        "gmcReferenceNumber": number,
        "programmeMembershipStartDate": '"2025-08-06"',
        "programmeMembershipEndDate": '"2027-08-03"',
        "curriculumEndDate": "null",
    }


@st.composite
def composed_exports(draw: st.DrawFn, first_serial: int = 0) -> Export:
    """Pages that add up, with anything in them."""
    content = [draw(entries(first_serial + place)) for place in range(draw(st.integers(0, 5)))]
    return export_of(content, draw(st.integers(1, 3)))


@st.composite
def spoilt_exports(draw: st.DrawFn, first_serial: int = 0) -> Export:
    """Pages that do not add up, or that are no JSON."""
    content = [draw(entries(first_serial + place)) for place in range(draw(st.integers(1, 4)))]
    content.insert(draw(st.integers(0, len(content))), draw(st.sampled_from([*_NO_JSON, "{}"])))
    pages = list(export_of(content, draw(st.integers(1, 3))).pages)
    place = draw(st.integers(0, len(pages) - 1))
    page = pages[place]
    start = draw(st.integers(0, len(page)))
    more = draw(
        st.one_of(st.sampled_from([b"\xff", b"\0", b'"', b",", b"]", b'"content": []', b"9"]), st.binary(max_size=3))
    )
    pages[place] = draw(
        st.sampled_from([page[:start], page[:start] + more + page[start:], b"\xef\xbb\xbf" + page, b"", more, page])
    )
    return Export(tuple(pages), None)


def export_of(content: Sequence[str], pages: int = 1) -> Export:
    """These entries on so many pages, as by the contract."""
    size = -(-len(content) // pages) or 1
    parts = [content[start : start + size] for start in range(0, len(content), size)] or [[]]
    return Export(tuple(_page(parts, number, len(content)) for number in range(len(parts))), tuple(content))


def _page(parts: Sequence[Sequence[str]], number: int, total: int) -> bytes:
    inside = ", ".join(parts[number])
    return (
        f'{{"content": [{inside}], "number": {number}, "totalPages": {len(parts)}, "totalElements": {total}}}'.encode()
    )
