"""Settings: the only reader of the environment. Each has a safe default; `docs/configuration.md` lists them."""

import os
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from reval_core.domain.designated_bodies import NAMES
from reval_core.errors import BadSetting

GMC_PATH: Final = "/GMCWebServices/WebService.asmx"
DEFAULT_DATABASE: Final = Path("var") / "revalidation.sqlite3"


class Settings(BaseSettings):
    """How this installation is set up. Environment variables carry the prefix `REVAL_`.

    With `gmc_url` and `tis_url` unset the product runs as a demonstration, on the built-in simulator.
    """

    model_config = SettingsConfigDict(env_prefix="REVAL_", env_ignore_empty=True, extra="ignore", frozen=True)

    database_url: SecretStr = Field(
        SecretStr(f"sqlite:///{DEFAULT_DATABASE}"),
        description="Where everything is kept: `sqlite:///path/to/file` or `postgresql://user:password@host/name`.",
    )
    gmc_url: str | None = Field(
        None,
        description="Address of the GMC's web service; without a path, its own is added. Unset: the simulator.",
    )
    gmc_username: str = Field("simulator", description="User name at the GMC.")
    gmc_password: SecretStr = Field(SecretStr("simulator"), description="Password at the GMC.")
    gmc_internal_user: str = Field(
        "reval-sync", description="The internal user that the GMC asks each request to name."
    )
    tis_url: str | None = Field(
        None, description="Base address of TIS; `/programme-memberships` is added. Unset: the simulator."
    )
    tis_page_size: int = Field(5000, ge=1, le=10_000, description="Programme memberships asked for per page.")
    designated_bodies: Annotated[tuple[str, ...], NoDecode] = Field(
        tuple(NAMES), description="Codes of the designated bodies served, separated by commas."
    )
    contact: str = Field(
        "revalidation-support@example.org",
        description="Where people are told to ask for help; also sent to the GMC and TIS in the User-Agent header.",
    )
    connect_timeout_seconds: float = Field(5, gt=0, description="How long to wait for a connection to the GMC or TIS.")
    read_timeout_seconds: float = Field(30, gt=0, description="How long to wait for the next part of an answer.")
    answer_timeout_seconds: float = Field(120, gt=0, description="How long one whole answer may take.")
    answer_limit_megabytes: int = Field(64, ge=1, le=2048, description="The largest answer that is read.")
    parallel_requests: int = Field(2, ge=1, le=13, description="How many lists are asked for at the same time.")
    nightly_at: str = Field(
        "00:05", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="UK time of the nightly sync, HH:MM."
    )
    raw_answer_days: int = Field(
        30,
        ge=1,
        description="Days for which the GMC's raw answers are kept. Each body's latest accepted one is always kept.",
    )
    environment: str = Field("local", description="The name of this environment, shown where an action is dangerous.")

    @field_validator("designated_bodies", mode="before")
    @classmethod
    def _split_codes(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        codes = tuple(dict.fromkeys(code.strip() for code in value.split(",") if code.strip()))
        if not codes:
            raise ValueError("name at least one designated body, for example 1-1RUZUSF")
        return codes

    @field_validator("gmc_url", "tis_url")
    @classmethod
    def _require_http(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value.strip())
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("give a full address, for example https://host.example/path")
        return value.strip()

    @property
    def gmc_endpoint(self) -> str | None:
        """The full address that requests to the GMC are sent to."""
        if self.gmc_url is None:
            return None
        has_path = urlsplit(self.gmc_url).path.strip("/") != ""
        return self.gmc_url if has_path else self.gmc_url.rstrip("/") + GMC_PATH

    @property
    def is_demonstration(self) -> bool:
        """Whether neither source is configured, so that the built-in simulator stands in for both."""
        return self.gmc_url is None and self.tis_url is None


def environment_for(settings: Settings) -> dict[str, str]:
    """The environment in which a process of ours sees these settings, where they differ from our own too."""
    changed = {"REVAL_GMC_URL": settings.gmc_url, "REVAL_TIS_URL": settings.tis_url}
    return os.environ | {name: value for name, value in changed.items() if value is not None}


def load_settings() -> Settings:
    """Read the settings from the environment. Raises `BadSetting`, naming each wrong variable and its fix."""
    try:
        return Settings()
    except ValidationError as error:
        wrong = "; ".join(
            f"REVAL_{str(item['loc'][0]).upper()}: {item['msg'].removeprefix('Value error, ')}"
            for item in error.errors()
        )
        raise BadSetting(f"The settings cannot be used. {wrong}.") from None
