"""Writes the documents whose facts come from the code: `python -m docs.generate`, part of `make fix`.

`make test` fails where one of them differs from what the code says. What is not a fact of the code is written by hand.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from reval_core.config import Settings

FOLDER: Final = Path(__file__).parent

_CONFIGURATION: Final = """\
# Configuration

Every setting is an environment variable, and every one has a default: with nothing set, the product runs on its own,
with invented people. An empty variable counts as unset. A value that cannot be understood stops the start with a
sentence that names the variable. Secrets are never printed. How the server listens and looks is in
`.streamlit/config.toml`.

This table is made from `reval_core/config.py` by `make fix`.

| variable | default | what it is |
| --- | --- | --- |
"""


def describe_configuration() -> str:
    """The text of configuration.md: every setting with its default and its meaning."""
    prefix = Settings.model_config["env_prefix"]
    rows = (
        f"| `{prefix}{name.upper()}` | {_describe_default(field)} | {_cell(field.description or '')} |\n"
        for name, field in Settings.model_fields.items()
    )
    return _CONFIGURATION + "".join(rows)


def _describe_default(field: FieldInfo) -> str:
    match field.default:
        case None:
            return "unset"
        case SecretStr() as secret:
            return _describe_secret(secret.get_secret_value())
        case tuple() as values:
            return f"`{', '.join(map(str, values))}`"
        case value:
            return f"`{_cell(str(value))}`"


def _describe_secret(value: str) -> str:
    """A secret's default is shown only where it is an address that carries no password."""
    is_harmless = "://" in value and urlsplit(value).password is None
    return f"`{_cell(value)}`" if is_harmless else "a secret, not shown"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


DOCUMENTS: Final[dict[str, Callable[[], str]]] = {"configuration.md": describe_configuration}
"""What is generated: the file's name in this folder, and what makes its text."""


if __name__ == "__main__":
    for name, describe in DOCUMENTS.items():
        (FOLDER / name).write_text(describe(), encoding="utf-8")
