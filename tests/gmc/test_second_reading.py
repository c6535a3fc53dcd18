"""The second reading: whatever the first accepts, in other ways, with the same texts; and what it turns away."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reval_core.errors import Refused, UnreadableAnswer
from reval_core.gmc.reply import read_doctor_list
from reval_core.gmc.schema import DOCTOR_FIELDS, NAMESPACE, SOAP12_ENVELOPE, XML_SCHEMA_INSTANCE
from reval_core.gmc.second_reading import read_again
from reval_core.gmc.text import BROKEN
from tests.gmc.replies import ANNA, BEN, FAULT, doctor, in_envelope, reply, result
from tests.hostile.answers import any_bytes

NIL = f'xmlns:i="{XML_SCHEMA_INSTANCE}" i:nil="true"'
NOTHING = ("",) * len(DOCTOR_FIELDS)


def read(*doctors: str) -> tuple[list[tuple[str, ...]], set[int]]:
    entries, malformed = read_again(reply(*doctors).encode())
    return entries, set(malformed)


@given(any_bytes())
def test_whatever_the_first_reading_accepts_is_read_alike(raw: bytes) -> None:
    try:
        read_doctor_list(raw)
    except (Refused, UnreadableAnswer):
        with suppress(UnreadableAnswer):
            read_again(raw)
    else:
        assert_same(raw)


@given(st.binary(max_size=100))
def test_other_bytes_are_unreadable_and_nothing_worse(raw: bytes) -> None:
    with pytest.raises(UnreadableAnswer):
        read_again(raw)


def test_long_list_is_read_in_pieces_and_whole() -> None:
    """Wherever a piece ends: within a letter, a tag, an entity or an entry of any form."""
    forms = [doctor(ANNA), doctor(BEN), "<Stranger/>", doctor(ANNA).replace("Ashworth", "&lt;Ash&#x41;<b/>")]
    for start in range(40):
        assert_same(reply("x" * start, *forms * 100).encode())


def test_texts_are_read_in_order_and_as_sent() -> None:
    spaced = ("  7000003 ", "&lt;Zoë&gt;", "<![CDATA[a<b]]>&#x41;", *ANNA[3:])
    assert read(doctor(ANNA), doctor(BEN), doctor(spaced)) == (
        [ANNA, BEN, ("  7000003 ", "<Zoë>", "a<bA", *ANNA[3:])],
        set(),
    )


def test_fields_may_be_missing_strange_or_elsewhere() -> None:
    moved = doctor(ANNA).replace("<Breach>N</Breach>", "").replace("</Sanction>", "</Sanction><New/><Breach>N</Breach>")
    assert read(moved, doctor(NOTHING)) == ([ANNA, NOTHING], set())


@pytest.mark.parametrize(
    ("entry", "texts"),
    [
        ("<Stranger><GMCReferenceNumber>7000001</GMCReferenceNumber></Stranger>", NOTHING),
        (f"<GetDoctorsForDBResponse_Doctor {NIL}/>", NOTHING),
        (doctor(ANNA).replace("_Doctor>", f"_Doctor {NIL}>", 1), ANNA),
        (doctor(ANNA).replace("<Breach>", "<DoctorLastName>Second</DoctorLastName><Breach>"), ANNA),
        (doctor(ANNA).replace("Ashworth", "Ashworth<b>!</b>"), ANNA),
        (doctor(ANNA).replace("<Breach>N</Breach>", '<Breach xmlns="urn:x">N</Breach>'), (*ANNA[:5], "", *ANNA[6:])),
    ],
)
def test_entry_in_another_form_is_malformed_but_keeps_its_number(entry: str, texts: tuple[str, ...]) -> None:
    assert read(doctor(BEN), entry) == ([BEN, texts], {1})


def test_nil_field_is_empty_and_no_fault() -> None:
    assert read(doctor(ANNA).replace("<DoctorFirstName>", f"<DoctorFirstName {NIL}>")) == (
        [("7000001", "", *ANNA[2:])],
        set(),
    )


def test_what_is_no_character_spoils_only_its_entry() -> None:
    broken = doctor(ANNA).replace("Anna", "An&#1;na")
    (first, second), malformed = read(broken, doctor(BEN))
    assert (first[0], second, malformed) == ("7000001", BEN, {0})


def test_names_that_expat_refuses_spoil_nothing() -> None:
    texts, malformed = read("<é\u0487 a='>'/>", doctor(BEN).replace("Ben", "<![CDATA[Bé<\U00020000/>]]>"))
    assert (texts, malformed) == ([NOTHING, ("7000002", "Bé<\U00020000/>", *BEN[2:])], {0})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1", "windows-1252"])
def test_encodings_and_both_soap_versions_are_read(encoding: str) -> None:
    declared = f"<?xml version='1.0' encoding='{encoding.removesuffix('-sig')}'?>"
    raw = (declared + reply(doctor(BEN), envelope=SOAP12_ENVELOPE)).encode(encoding)
    assert read_again(raw).entries == [BEN]


def test_missing_list_is_an_empty_one() -> None:
    assert read_again(in_envelope(result("<ReturnCode> 0 </ReturnCode>")).encode()).entries == []


@pytest.mark.parametrize(
    "raw",
    [
        "<!DOCTYPE a>" + reply(),
        '<!DOCTYPE a [<!ENTITY b "c">]>' + reply(doctor(ANNA).replace("Anna", "&b;")),
        " " * 10_000 + "<!DOCTYPE a>" + reply(),
        FAULT,
        reply(after="<ReturnCode>99</ReturnCode>"),
        reply(after=""),
        in_envelope(result("<Doctors/><Doctors/><ReturnCode>0</ReturnCode>")),
        reply().replace(NAMESPACE, "urn:x"),
        reply(envelope="urn:x"),
        reply()[:-1],
        "<html/>",
        "",
    ],
)
def test_what_is_no_list_is_turned_away(raw: str) -> None:
    with pytest.raises(UnreadableAnswer):
        read_again(raw.encode())


def assert_same(raw: bytes) -> None:
    """Check that both readings have the same texts, and find fault with the same entries.

    But for the sign for what is no character, when the GMC itself sends it: the second reading takes it for a text.
    """
    first, second = read_doctor_list(raw), read_again(raw)
    assert second.entries == first.entries
    has_sign = {place for place, texts in enumerate(first.entries) if BROKEN in "".join(texts)}
    assert second.malformed | has_sign == first.problems.keys() | has_sign
    assert second.malformed <= first.problems.keys()
