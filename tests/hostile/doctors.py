"""Strategies for one entry of a GMC list: a doctor's element with things wrong in it, or what stands in its place.

Each doctor of an example carries a mark of their own in every text, so that a row can be traced to its one entry.
"""

from typing import Final

from hypothesis import strategies as st

from reval_core.gmc.schema import DOCTOR_FIELDS

NUMBERS: Final = tuple(str(7_000_001 + place) for place in range(10))
"""So few that the same doctor turns up in many places."""

EXOTIC: Final = ("<\U00020000/>", "<é\u0487 a='>'/>")
"""Named by the fifth edition of XML 1.0, in which not all parsers agree; not to be written in every encoding."""

SELDOM: Final = st.integers(0, 9).map(lambda drawn: drawn == 9)

_DOCTOR: Final = "GetDoctorsForDBResponse_Doctor"
_NUMBER_FIELD: Final = DOCTOR_FIELDS[0]
_DATES: Final = ("SubmissionDate", "DateAdded")
_NIL: Final = 'xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:nil="true"'

_NUMBERS_SENT: Final = (
    *NUMBERS, *NUMBERS, "", " 7000001\n", "&#55;000002", "<![CDATA[7000003]]>", "70<!-- -->00004", "700000&#1;5",
    "7000006 7000007", "700000", "70000008", "７００００１", "٧٠٠٠٠٠١", "UNKNOWN", "-7000001", "7" * 5000,
)  # fmt: skip
_DATES_SENT: Final = (
    "", " ", "01/01/0001", "31/12/9999", "31/02/2024", "00/00/0000", "1/2/2026", "2026-08-05", "٠١/٠٢/٢٠٢٦",
    "01/02/2026\n", "01/02/20260", "9" * 5000,
)  # fmt: skip
_UNUSUAL_CHARACTERS: Final = (
    "\u0301", "\u202eabc", "\u200f", "\ufeff", "\ufdfa" * 40, "\x7f", "\x85", "\u2028", "\U0001f98a", "\U0010ffff",
    "İß", "\t",
)  # fmt: skip
_MARKUP: Final = (
    "<!-- <Doctors> -->", "<?p </Doctors> ?>", "<![CDATA[<a>&]]>", "<![CDATA[]]>", "&#65;", "&#x1F98A;", "&quot;",
    "\r\n",
)  # fmt: skip
_NO_CHARACTERS: Final = ("&#1;", "&#x1F;", "&#0;", "&#xFFFE;", "&#xD800;", "&#4294967296;", "&nobody;", "& ")
_STRANGERS: Final = (
    f"<{_DOCTOR}/>", f"<{_DOCTOR} {_NIL}/>", f"<{_DOCTOR} a='/>'\n></{_DOCTOR}>", f"<{_DOCTOR}X/>",
    f"<{_DOCTOR}><{_DOCTOR}><{_NUMBER_FIELD}>7000001</{_NUMBER_FIELD}></{_DOCTOR}></{_DOCTOR}>",
    f"<x:{_DOCTOR} xmlns:x='u'><{_NUMBER_FIELD}>7000001</{_NUMBER_FIELD}></x:{_DOCTOR}>",
    "<Doctor>7000001</Doctor>", "<Doctors/>", "<Doctors>x</Doctors>", "<x:y xmlns:x='u'><x:y/></x:y>", *EXOTIC,
)  # fmt: skip

_STRANGER: Final = st.sampled_from(_STRANGERS)
_CHARACTERS: Final = st.one_of(
    st.characters(codec="utf-8", min_codepoint=0x20, exclude_characters="\ufffe\uffff"),
    st.sampled_from(_UNUSUAL_CHARACTERS),
)
_TEXT: Final = st.lists(_CHARACTERS, max_size=3).map(
    lambda text: "".join(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
)


def mark_of(serial: int) -> str:
    """What stands in every text of one entry."""
    return f"#{serial}#"


def date_of(serial: int) -> str:
    """The date that stands in one entry only."""
    return f"05/08/{2000 + serial}"


def elements(serial: int) -> st.SearchStrategy[str]:
    """What stands in one place of a list: often a doctor as on the ordinary night before, whose mark is 0."""
    as_before = st.sampled_from(NUMBERS).map(lambda number: plain_doctor(0, number))
    return st.one_of(as_before, as_before, _doctors(serial), _doctors(serial), _doctors(serial), _STRANGER)


def plain_doctor(serial: int, number: str) -> str:
    """A doctor about whom nothing is out of the ordinary."""
    return f"<{_DOCTOR}>{''.join(_fields(serial, number).values())}</{_DOCTOR}>"


@st.composite
def _doctors(draw: st.DrawFn, serial: int) -> str:
    """One doctor's element, with up to two things about it that are out of the ordinary."""
    parts = _fields(serial, draw(st.sampled_from(_NUMBERS_SENT)))
    for name in draw(st.lists(st.sampled_from(DOCTOR_FIELDS), max_size=2, unique=True)):
        parts[name] = draw(_spoilt(name, parts[name]))
    if draw(SELDOM):
        parts = dict(draw(st.permutations(list(parts.items()))))
    gap = draw(st.sampled_from(["", "", "\r\n    ", "<!-- <a> -->", "<?p?>", "stray"]))
    return f"<{_DOCTOR}>{gap.join(parts.values())}</{_DOCTOR}>"


def _fields(serial: int, number: str) -> dict[str, str]:
    texts = {name: f"{name[0]}{mark_of(serial)}" for name in DOCTOR_FIELDS}
    texts |= {_NUMBER_FIELD: number, "UnderNotice": "Yes"} | dict.fromkeys(_DATES, date_of(serial))
    return {name: f"<{name}>{text}</{name}>" for name, text in texts.items()}


def _spoilt(name: str, field: str) -> st.SearchStrategy[str]:
    """A field in another form than the agreed one, or with another text than expected."""
    end = f"</{name}>"
    added = st.one_of(_TEXT, st.sampled_from(_MARKUP), st.sampled_from(_NO_CHARACTERS))
    forms = st.sampled_from(
        [
            "",
            f"<{name} />",
            f"<{name} {_NIL}/>",
            field + field,
            f"{field}<{name}/>",
            field.replace(">", ">\r\n\t ", 1),
            field.replace(
                end, f"<{_DOCTOR}>{field}</{_DOCTOR}{end}".replace(f"</{_DOCTOR}{end}", f"</{_DOCTOR}>{end}")
            ),
            field.replace(f"<{name}", f"<x:{name} xmlns:x='urn:x'").replace(end, f"</x:{name}>"),
            field.replace(f"<{name}", f"<{name} a='&lt;/Doctors>' b=\"'>\""),
            f"<Novelty>7000001</Novelty>{field}",
        ]
    )
    if name in _DATES:
        return st.one_of(forms, st.sampled_from(_DATES_SENT).map(lambda text: f"<{name}>{text}{end}"))
    if name == _NUMBER_FIELD:
        return forms
    return st.one_of(forms, added.map(lambda text: field.replace(end, text + end)))
