"""Reading replies: every form that the GMC may send, and every one that must be turned away."""

from pathlib import Path

import pytest

from reval_core.domain.doctor import parse_gmc_number
from reval_core.domain.return_codes import RETURN_CODES
from reval_core.errors import Refused, UnreadableAnswer
from reval_core.gmc.reply import fault_text, read_doctor_list
from reval_core.gmc.schema import DOCTOR_FIELDS, NAMESPACE, SOAP12_ENVELOPE, SOAP_ENVELOPE
from tests.gmc.replies import ANNA, BEN, FAULT, doctor, in_envelope, reply, result

XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
NOTHING = ("",) * len(DOCTOR_FIELDS)


def irregular(*doctors: str) -> bytes:
    """A reply whose list does not keep to the schema, because of a last element that is no doctor."""
    return reply(*doctors, "<Stranger/>").encode()


def test_texts_are_read_in_order_and_as_sent() -> None:
    spaced = ("  7000003 ", "&lt;Zoë&gt;", "<![CDATA[a<b]]>&#x41;", *ANNA[3:])
    doctors = read_doctor_list(reply(doctor(ANNA), doctor(BEN), doctor(spaced)).encode())
    assert doctors.entries == [ANNA, BEN, ("  7000003 ", "<Zoë>", "a<bA", *ANNA[3:])]
    assert doctors.gmc_request_id == "G-1"
    assert doctors.problems == {}


def test_irregular_list_reads_good_doctors_alike() -> None:
    doctors = read_doctor_list(irregular(doctor(ANNA), doctor(BEN)))
    assert doctors.entries == [ANNA, BEN, NOTHING]
    assert doctors.problems == {2: "“Stranger” stands where a doctor was expected"}


@pytest.mark.parametrize("compose", [lambda *doctors: reply(*doctors).encode(), irregular])
def test_empty_fields_are_empty(compose: type) -> None:
    empty = doctor(ANNA).replace(">Anna<", "><").replace(">Ashworth<", "><![CDATA[]]><")
    assert read_doctor_list(compose(empty)).entries[0] == ("7000001", "", "", *ANNA[3:])


def test_nil_field_is_empty() -> None:
    nil = doctor(ANNA).replace("<DoctorFirstName>Anna", f'<DoctorFirstName {XSI} xsi:nil="true">Anna')
    doctors = read_doctor_list(reply(nil).encode())
    assert doctors.entries == [("7000001", "", *ANNA[2:])]
    assert doctors.problems == {}


@pytest.mark.parametrize(
    "broken",
    [
        b"&#1;",
        b"&#x1F;",
        b"&#0;",
        b"&#xd800;",
        b"&#xFFFE;",
        b"&#9999999;",
        b"\x01",
        b"\xe9",
        b"\xed\xa0\x80",
        b"&",
        b"&nbsp;",
    ],
)
def test_what_is_not_a_character_costs_its_doctor_only(broken: bytes) -> None:
    around = ("7000003", "Zoë &#65;&amp;<![CDATA[&]]><!-- & --><?p & ?>", *ANNA[2:])
    raw = reply(doctor(ANNA), doctor(("7000002", "Be~n", *BEN[2:])), doctor(around)).encode().replace(b"~", broken)
    doctors = read_doctor_list(raw)
    assert doctors.problems == {1: "DoctorFirstName holds what is not a character"}
    assert doctors.entries[0] == ANNA
    assert doctors.entries[1][0] == "7000002"
    assert doctors.entries[2] == ("7000003", "Zoë A&&", *ANNA[2:])


def test_number_that_holds_what_is_not_a_character_is_nobodys() -> None:
    doctors = read_doctor_list(reply(doctor(("700000&#1;1", *ANNA[1:]))).encode())
    assert doctors.problems == {0: "GMCReferenceNumber holds what is not a character"}
    assert parse_gmc_number(doctors.entries[0][0]) is None


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "iso-8859-1", "iso-8859-15", "windows-1252", "us-ascii"])
def test_other_encodings_are_read_as_declared(encoding: str) -> None:
    anna = ("7000001", "Anna &#xd3;", *ANNA[2:])
    raw = f"<?xml version='1.0' encoding='{encoding}'?>{reply(doctor(anna))}".encode(encoding)
    assert read_doctor_list(raw).entries == [("7000001", "Anna Ó", *ANNA[2:])]


def test_declaration_in_plain_bytes_is_no_utf_16() -> None:
    raw = f"<?xml version='1.0' encoding='utf-16'?>{reply(doctor(BEN))}".encode()
    assert read_doctor_list(raw).entries == [BEN]


def test_field_outside_the_namespace_sets_the_doctor_aside() -> None:
    foreign = doctor(ANNA).replace("<DoctorLastName>", "<DoctorLastName xmlns=''>")
    assert read_doctor_list(reply(foreign).encode()).problems == {0: "DoctorLastName is not in the GMC's namespace"}


def test_comments_do_not_split_a_text() -> None:
    commented = doctor(ANNA).replace("Ashworth", "Ash<!-- x -->wor<?y z?>th")
    assert read_doctor_list(reply(commented).encode()).entries == [ANNA]


def test_nil_doctor_keeps_its_position() -> None:
    nil = f'<GetDoctorsForDBResponse_Doctor {XSI} xsi:nil="true"/>'
    doctors = read_doctor_list(reply(doctor(ANNA), nil, doctor(BEN)).encode())
    assert doctors.entries == [ANNA, NOTHING, BEN]
    assert doctors.problems == {1: "the GMC sent an empty place (nil) instead of a doctor"}


def test_doctor_without_any_field_has_no_problem_of_form() -> None:
    doctors = read_doctor_list(reply(doctor(NOTHING)).encode())
    assert (doctors.entries, doctors.problems) == ([NOTHING], {})


def test_field_given_twice_is_a_problem_and_the_first_counts() -> None:
    twice = doctor(ANNA).replace("<DoctorFirstName>", "<DoctorLastName>First</DoctorLastName><DoctorFirstName>")
    doctors = read_doctor_list(reply(twice, doctor(BEN)).encode())
    assert doctors.entries == [("7000001", "Anna", "First", *ANNA[3:]), BEN]
    assert doctors.problems == {0: "DoctorLastName is given more than once"}


def test_nested_element_in_a_field_is_a_problem() -> None:
    nested = doctor(ANNA).replace("Ashworth", "Ash<b>worth</b>")
    doctors = read_doctor_list(reply(doctor(BEN), nested).encode())
    assert doctors.entries == [BEN, ("7000001", "Anna", "Ash", *ANNA[3:])]
    assert doctors.problems == {1: "DoctorLastName holds other elements instead of a text"}


def test_unknown_fields_and_other_order_are_no_problem() -> None:
    fields = [f"<{name}>{text}</{name}>" for name, text in zip(DOCTOR_FIELDS, ANNA, strict=True)]
    shuffled = "".join(["<Novelty>new</Novelty>", *reversed(fields)])
    raw = reply(f"<GetDoctorsForDBResponse_Doctor>{shuffled}</GetDoctorsForDBResponse_Doctor>").encode()
    assert read_doctor_list(raw).entries == [ANNA]
    assert read_doctor_list(raw).problems == {}


@pytest.mark.parametrize("content", ["", "<Doctors/>", f'<Doctors {XSI} xsi:nil="true"/>'])
def test_missing_or_empty_list_with_success_is_empty(content: str) -> None:
    raw = in_envelope(result(content + "<ReturnCode> 0\n</ReturnCode>")).encode()
    assert read_doctor_list(raw).entries == []
    assert read_doctor_list(raw).gmc_request_id is None


def test_any_prefixes_are_read() -> None:
    raw = (
        f'<a:Envelope xmlns:a="{SOAP_ENVELOPE}" xmlns:g="{NAMESPACE}"><a:Header><g:Doctors/></a:Header><a:Body>'
        f"<g:GetDoctorsForDBResponse><g:GetDoctorsForDBResult><g:Doctors>{doctor(ANNA, 'g:')}</g:Doctors>"
        "<g:ReturnCode>0</g:ReturnCode></g:GetDoctorsForDBResult></g:GetDoctorsForDBResponse></a:Body></a:Envelope>"
    )
    assert read_doctor_list(raw.encode()).entries == [ANNA]


def test_soap_1_2_is_read() -> None:
    assert read_doctor_list(reply(doctor(ANNA), envelope=SOAP12_ENVELOPE).encode()).entries == [ANNA]


@pytest.mark.parametrize(
    ("head", "codec"),
    [
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ("<?xml version='1.0' encoding='UTF-8'?>", "utf-8"),
        ("<?xml version='1.0' encoding='utf-16'?>", "utf-16"),
        ("<?xml version='1.0' encoding='utf-16'?>", "utf-16-le"),
        ("<?xml version='1.0' encoding='utf-16'?>", "utf-16-be"),
        ("<?xml version='1.0' encoding='ISO-8859-1'?>", "iso-8859-1"),
    ],
)
def test_declared_encodings_are_read(head: str, codec: str) -> None:
    assert read_doctor_list((head + reply(doctor(BEN))).encode(codec)).entries == [BEN]


def test_twenty_thousand_doctors_are_read() -> None:
    raw = reply(*[doctor(ANNA)] * 20_000).encode()
    assert len(raw) > 7_000_000
    assert len(read_doctor_list(raw).entries) == 20_000


def test_return_code_is_refused_with_its_meaning() -> None:
    raw = reply(after="<ReturnCode>81</ReturnCode>").encode()
    with pytest.raises(Refused, match="81: our account has no access") as caught:
        read_doctor_list(raw)
    assert caught.value.return_code == "81"
    assert caught.value.source == "GMC"
    assert caught.value.raw == raw


@pytest.mark.parametrize("code", sorted(RETURN_CODES.keys() - {"0"}))
def test_each_return_code_explains_itself(code: str) -> None:
    with pytest.raises(Refused) as caught:
        read_doctor_list(reply(after=f"<ReturnCode>{code}</ReturnCode>").encode())
    assert RETURN_CODES[code] in str(caught.value)


def test_unlisted_return_code_is_shown_as_it_is() -> None:
    with pytest.raises(Refused, match="return code 4711, which is not in the GMC's list") as caught:
        read_doctor_list(reply(doctor(ANNA), after="<ReturnCode> 4711 </ReturnCode>").encode())
    assert caught.value.return_code == "4711"


@pytest.mark.parametrize("code", ["777 Peter Quillfeather", "Peter", "7123456", "”Peter“", "٧٧٧"])
def test_return_code_that_is_no_short_number_stands_between_quotes(code: str) -> None:
    with pytest.raises(Refused) as caught:
        read_doctor_list(reply(after=f"<ReturnCode>{code}</ReturnCode>").encode())
    shown = code.replace("“", '"').replace("”", '"')
    assert str(caught.value).count(f"“{shown}”") == 2
    assert str(caught.value).count(shown) == 2
    assert caught.value.return_code == shown


def test_quote_holds_no_sign_that_would_end_it() -> None:
    fault = in_envelope("<soap:Fault><faultstring>Row ” Jane “ 7123456 failed</faultstring></soap:Fault>").encode()
    assert fault_text(fault) == 'Row " Jane " 7123456 failed'
    for raw in (fault, "<Jane”/>".encode(), irregular("<”Jane/>")):
        with pytest.raises(UnreadableAnswer) as caught:
            read_doctor_list(raw)
        assert str(caught.value).count("”") == str(caught.value).count("“")


HUGE_TEXT = reply(doctor(("7000001", "x" * 10_500_000, *ANNA[2:])))
ENTITY_BOMB = (
    '<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa">'
    + "".join(f'<!ENTITY {new} "{f"&{old};" * 10}">' for old, new in zip("abcdefghi", "bcdefghij", strict=True))
    + "]>"
)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "it is empty"),
        (b" \r\n ", "it is empty"),
        (b"No list today", "read: it is not XML at all."),
        (reply(doctor(ANNA)).encode()[:-40], "read: its XML breaks off or is garbled."),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", "its encoding, “klingon”, is not one that we read"),
        (b"<?xml version='1.0' encoding='utf-7'?><a/>", "its encoding, “utf-7”, is not one that we read"),
        ("<?xml version='1.0' encoding='ascii'?><é/>".encode(), "not in the encoding that it declares (ascii)"),
        (b"\xff\xfe<\0a", "not in the encoding that it declares (utf-16)"),
        (reply(doctor(ANNA)).replace("<Doctors", "<Doc\x01tors").encode(), "read: its XML breaks off or is garbled."),
        (reply(doctor(("7000001", "\x01" * 500_000, *ANNA[2:]))).encode(), "read: its XML breaks off or is garbled."),
        (reply(doctor(("7000001", "&#1;" * 500_000, *ANNA[2:]))).encode(), "read: its XML breaks off or is garbled."),
        (reply("<!--" * 1_000_000).encode(), "read: its XML breaks off or is garbled."),
        (reply("<![CDATA[" * 500_000).encode(), "read: its XML breaks off or is garbled."),
        (reply("&lt;Doctor/&gt;").encode(), "list of doctors is not where it should be"),
        (reply(doctor(ANNA)).replace("<Doctors>", "<Doctors xmlns=''>").encode(), "list of doctors is not where it"),
        (in_envelope(result(f"{doctor(ANNA)}<ReturnCode>0</ReturnCode>")).encode(), "list of doctors is not where it"),
        (reply("<a/>" * 50_001).encode(), "its list has more than 50,000 entries"),
        (b"<a/>" * 1_250_001, "it has more than 1,250,000 tags and attributes"),
        ((ENTITY_BOMB + reply(doctor(("&j;", *ANNA[1:])))).encode(), "cannot be read"),
        (("<!DOCTYPE a>" + reply()).encode(), "DTD"),
        (HUGE_TEXT.encode(), "read: its XML breaks off or is garbled."),
        (b"<a>" * 300 + b"</a>" * 300, "read: its XML breaks off or is garbled."),
        (b"<html><body>Hello</body></html>", "begins with “html”"),
        (reply().replace(SOAP_ENVELOPE, "http://example.org/soap/").encode(), "not a SOAP envelope"),
        (f'<a:Envelope xmlns:a="{SOAP_ENVELOPE}"/>'.encode(), "no body"),
        (in_envelope("").encode(), "no GetDoctorsForDBResult"),
        (in_envelope(result("", "http://example.org/")).encode(), "no GetDoctorsForDBResult"),
        (in_envelope(result("<Doctors/>")).encode(), "no return code"),
        (reply(after="<ReturnCode> </ReturnCode>").encode(), "no return code"),
        (reply(after="<Doctors/><ReturnCode>0</ReturnCode>").encode(), "Doctors more than once"),
        (reply(after="<ReturnCode>0</ReturnCode><ReturnCode>99</ReturnCode>").encode(), "ReturnCode more than once"),
        (FAULT.encode(), "fault: “Server was unable to process request.”"),
    ],
    ids=lambda value: value[:30] if isinstance(value, str) else "",
)
def test_unusable_answer_is_unreadable_with_its_reason(raw: bytes, reason: str) -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        read_doctor_list(raw)
    assert reason in str(caught.value)
    assert len(str(caught.value)) < 400
    assert caught.value.raw == raw
    assert caught.value.source == "GMC"


def test_external_dtd_and_entity_are_never_opened(tmp_path: Path) -> None:
    trap = tmp_path / "trap.dtd"
    trap.write_text("<!ENTITY stolen 'from the disk'><wrong")
    for head in (
        f'<!DOCTYPE a SYSTEM "{trap.as_uri()}">',
        f'<!DOCTYPE a [<!ENTITY stolen SYSTEM "{trap.as_uri()}">]>',
        f'<!DOCTYPE a [<!ENTITY % all SYSTEM "{trap.as_uri()}"> %all;]>',
    ):
        with pytest.raises(UnreadableAnswer) as caught:
            read_doctor_list((head + reply(doctor(("&stolen;", *ANNA[1:])))).encode())
        assert "trap" not in str(caught.value)


def test_fault_of_soap_1_2_is_quoted() -> None:
    fault = '<soap:Fault><soap:Reason><soap:Text xml:lang="en">Not today</soap:Text></soap:Reason></soap:Fault>'
    assert fault_text(in_envelope(fault, SOAP12_ENVELOPE).encode()) == "Not today"


def test_long_fault_is_shortened() -> None:
    long = in_envelope(f"<soap:Fault><faultstring>{'very ' * 1000}</faultstring></soap:Fault>").encode()
    assert len(fault_text(long) or "") <= 201


def test_wordless_fault_is_still_a_fault() -> None:
    assert fault_text(in_envelope("<soap:Fault/>").encode()) == "no reason given"


def test_ordinary_reply_is_no_fault() -> None:
    assert fault_text(reply().encode()) is None
    assert fault_text(b"nonsense") is None
