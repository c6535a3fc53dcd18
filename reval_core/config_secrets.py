"""Secrets among the settings: each may also be in a file, which `REVAL_NAME_FILE` names instead of `REVAL_NAME`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from pydantic import SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from reval_core.errors import BadSetting


def list_secrets(settings: type[BaseSettings]) -> list[str]:
    """The names of the settings that are secrets."""
    return [name for name, field in settings.model_fields.items() if SecretStr in (field.annotation, *_parts(field))]


def read_secret_files(settings: type[BaseSettings], environment: Mapping[str, str]) -> dict[str, Any]:
    """The secrets in files that the environment names, by the setting's name. Raises `BadSetting` for a bad file."""
    found: dict[str, Any] = {}
    for name in list_secrets(settings):
        variable = f"REVAL_{name.upper()}"
        path = environment.get(f"{variable}_FILE")
        if not path:
            continue
        if environment.get(variable):
            raise BadSetting(f"The settings cannot be used. {variable} and {variable}_FILE are both set; unset one.")
        try:
            found[name] = Path(path).read_text(encoding="utf-8-sig").strip()
        except (OSError, ValueError) as problem:
            raise BadSetting(
                f"The settings cannot be used. {variable}_FILE names {path}, which cannot be read "
                f"({type(problem).__name__}). Give a text file that holds nothing but the secret."
            ) from None
        if not found[name]:
            raise BadSetting(f"The settings cannot be used. {variable}_FILE names {path}, which is empty.")
    return found


def _parts(field: FieldInfo) -> tuple[object, ...]:
    """What a setting may be, where it may be several things: a secret, or nothing."""
    return get_args(field.annotation)
