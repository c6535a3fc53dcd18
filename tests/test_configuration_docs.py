"""The documents that list facts of the code say what the code says, and the list of settings gives no secret away."""

import pytest
from pydantic import SecretStr

from docs.generate import DOCUMENTS, FOLDER, describe_configuration
from reval_core.config import Settings


@pytest.mark.parametrize("name", DOCUMENTS)
def test_generated_document_says_what_the_code_says(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == DOCUMENTS[name](), f"docs/{name} is stale: run `make fix`"


def test_every_setting_has_its_meaning_in_words() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_no_default_password_is_shown() -> None:
    passwords = [
        field.default.get_secret_value()
        for name, field in Settings.model_fields.items()
        if isinstance(field.default, SecretStr) and "password" in name
    ]
    assert passwords
    shown = describe_configuration().split("| `REVAL_GMC_PASSWORD` | ")[1].splitlines()[0]
    assert not [password for password in passwords if password in shown]
