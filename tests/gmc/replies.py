"""Replies of the GMC, composed for tests: ordinary ones, and ones with exactly one thing wrong."""

from typing import Final

from reval_core.gmc.schema import DOCTOR_FIELDS, NAMESPACE, SOAP_ENVELOPE

ANNA: Final = (
    "7000001", "Anna", "Ashworth", "01/02/2027", "Active", "N", "05/08/2020", "Yes", "N", "N", "N",
)  # fmt: skip
BEN: Final = ("7000002", "Ben", "Ó Briain", "", "Active", "N", "06/08/2020", "", "N", "N", "")


def doctor(texts: tuple[str, ...], prefix: str = "") -> str:
    """A doctor's element; an empty text leaves its field out."""
    fields = "".join(
        f"<{prefix}{name}>{text}</{prefix}{name}>" for name, text in zip(DOCTOR_FIELDS, texts, strict=True) if text
    )
    return f"<{prefix}GetDoctorsForDBResponse_Doctor>{fields}</{prefix}GetDoctorsForDBResponse_Doctor>"


def reply(
    *doctors: str,
    after: str = "<GMCRequestID>G-1</GMCRequestID><ReturnCode>0</ReturnCode>",
    envelope: str = SOAP_ENVELOPE,
) -> str:
    """A whole reply with these elements in its list."""
    return in_envelope(result(f"<Doctors>{''.join(doctors)}</Doctors>{after}"), envelope)


def result(content: str, namespace: str = NAMESPACE) -> str:
    return (
        f'<GetDoctorsForDBResponse xmlns="{namespace}"><GetDoctorsForDBResult>{content}'
        "</GetDoctorsForDBResult></GetDoctorsForDBResponse>"
    )


def in_envelope(body: str, envelope: str = SOAP_ENVELOPE) -> str:
    return f'<soap:Envelope xmlns:soap="{envelope}"><soap:Body>{body}</soap:Body></soap:Envelope>'


FAULT: Final = in_envelope(
    "<soap:Fault><faultcode>soap:Server</faultcode><faultstring>Server was unable to process\n request.</faultstring>"
    "</soap:Fault>"
)
