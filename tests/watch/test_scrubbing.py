"""What is taken out of texts before they are logged or sent, and what may stay."""

import pytest
from pydantic import SecretStr

from reval_core.config import settings_without_environment
from reval_core.errors import Blocked
from reval_core.watch.scrubbing import Scrubber, say_error

SETTINGS = settings_without_environment(
    gmc_password=SecretStr("Tr0ub4dor&3"),
    database_url=SecretStr("postgresql://reval:s3cr%40t-pw@db.example/reval"),
    slack_webhook_url=SecretStr("https://hooks.example/T0/B0/xyzzy"),
)


@pytest.mark.parametrize(
    ("text", "canary"),
    [
        ("<Password>hunter2</Password>", "hunter2"),
        ('<gmc:Password xsi:type="s">hunter2</gmc:Password>', "hunter2"),
        ("<DoctorSurname>Smith</DoctorSurname>", "Smith"),
        ("<GivenName>Amelia</GivenName>", "Amelia"),
        ("password=hunter2 host=db", "hunter2"),
        ("api_key: 'x', 'password': 'hunter2'", "hunter2"),
        ('{"firstName": "Amelia", "gmcNumber": "7000001"}', "Amelia"),
        ("postgresql://reval:hunter2@db.example/reval", "hunter2"),
        ("Authorization: Bearer abc.def", "abc.def"),
        ("write to amelia.smith@example.org", "amelia"),
        ("it said Tr0ub4dor&3 to me", "Tr0ub4dor"),
        ("it said s3cr@t-pw and s3cr%40t-pw", "s3cr"),
        ("posted to https://hooks.example/T0/B0/xyzzy", "xyzzy"),
    ],
)
def test_names_and_passwords_are_taken_out(text: str, canary: str) -> None:
    assert canary in text
    assert canary not in Scrubber(SETTINGS).scrub(text)


@pytest.mark.parametrize(
    "text",
    [
        "run 12 started",
        "The GMC was not asked for the list of Wessex (1-1RUZUSF) until 12:05.",
        "https://collector.example:4318/v1/traces",
        "<DesignatedBodyCode>1-1RUZUSF</DesignatedBodyCode>",
        "the simulator is running",  # the word is a password only by default
    ],
)
def test_what_names_nobody_stays(text: str) -> None:
    assert Scrubber(SETTINGS).scrub(text) == text


def test_numbers_stay_here_but_do_not_leave() -> None:
    assert Scrubber().scrub("doctor 7000001") == "doctor 7000001"
    assert "7000001" not in Scrubber().scrub_numbers_too("doctor 7000001")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (KeyError("Smith, Amelia"), "KeyError: (text left out: it may name somebody)"),
        (ValueError(), "ValueError"),
        (Blocked("The GMC refuses us.", source="GMC"), "Blocked: The GMC refuses us."),
        (AttributeError("'NoneType' object has no attribute 'x'"), None),
        (NameError("name 'x' is not defined"), None),
        (AttributeError("Amelia Smith"), "AttributeError: (text left out: it may name somebody)"),
    ],
)
def test_of_a_strange_error_only_what_it_is_is_told(error: Exception, said: str | None) -> None:
    assert say_error(error) == (said or f"{type(error).__name__}: {error}")
