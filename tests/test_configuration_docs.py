"""The documents that list facts of the code say what the code says, and the list of settings gives no secret away."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from docs.generate import DOCUMENTS, FOLDER, describe_configuration
from docs.licences import LOCKS, ROOT, find_problems, read_installed, read_noted
from reval_core.config import Settings


@pytest.mark.parametrize("name", DOCUMENTS)
def test_generated_document_says_what_the_code_says(name: str) -> None:
    assert (FOLDER / name).read_text(encoding="utf-8") == DOCUMENTS[name](), f"docs/{name} is stale: run `make fix`"


def test_every_dependency_has_its_reason_and_its_licence() -> None:
    declared = re.findall(
        r'^    "([A-Za-z0-9._-]+)(?:\[\w+\])?>=[^"]*",(.*)$', (ROOT / "pyproject.toml").read_text(), re.MULTILINE
    )
    assert len(declared) > 40
    assert [name for name, reason in declared if not reason.strip().startswith("# ")] == []
    assert find_problems(read_installed(), read_noted()) == []


@pytest.mark.parametrize(
    "licence",
    ["AGPL-3.0", "Proprietary", "unknown", "LGPL-3.0-only AND GPL-3.0-only", "disclosed", "(MIT OR X) AND GPL-3.0"],
)
def test_licence_that_nobody_agreed_to_is_a_problem(licence: str) -> None:
    (problem,) = find_problems({"leftpad": licence}, {"leftpad": licence})
    assert "leftpad" in problem
    assert licence in problem


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_hashes(lock: Path) -> None:
    entries = re.split(r"^(?=[A-Za-z0-9])", lock.read_text(), flags=re.MULTILINE)[1:]
    assert len(entries) > 20
    assert [entry for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []


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
