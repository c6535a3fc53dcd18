"""Settings: the only reader of the environment. Each has a safe default; `docs/configuration.md` lists them."""

import os
import re
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from reval_core.config_people import PeopleSettings
from reval_core.config_secrets import read_secret_files
from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.grants import Grants
from reval_core.domain.holds import HoldLimits
from reval_core.domain.messages import Channel
from reval_core.domain.permissions import Role
from reval_core.errors import BadSetting

GMC_PATH: Final = "/GMCWebServices/WebService.asmx"
DEFAULT_DATABASE: Final = Path("var") / "revalidation.sqlite3"
_TIME_OF_DAY: Final = r"([01]\d|2[0-3]):[0-5]\d"
_MAIL_ADDRESS: Final = re.compile(r"[^@\s,]+@[^@\s,]+")
_SCENARIO_NAME: Final = re.compile("[a-z]+(-[a-z]+)*")


class Settings(PeopleSettings, BaseSettings):
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
    requests_per_minute: int = Field(
        60, ge=1, le=6000, description="How many requests the GMC is sent in a minute at most, whoever wants them."
    )
    tis_requests_per_minute: int = Field(
        600, ge=1, le=60_000, description="How many requests TIS is sent in a minute at most."
    )
    attempts: int = Field(
        3, ge=1, le=10, description="How often a list or a page is asked for at most before it counts as failed."
    )
    attempts_within_seconds: float = Field(
        90, gt=0, description="No further attempt begins later than this after the first."
    )
    nightly_at: str = Field("00:05", pattern=rf"^{_TIME_OF_DAY}$", description="UK time of the nightly sync, HH:MM.")
    refresh_at: Annotated[tuple[str, ...], NoDecode] = Field(
        ("12:30",),
        description="UK times of further syncs on each day, HH:MM, separated by commas; `none` for none at all.",
    )
    raw_answer_days: int = Field(
        30,
        ge=1,
        description="Days for which the GMC's raw answers are kept. Each body's latest accepted one is always kept.",
    )
    tis_may_lose_percent: float = Field(
        30,
        ge=0,
        le=100,
        description="An answer of TIS that lacks a greater percentage of the memberships held before, or sends as many "
        "anew without a usable GMC number, owner or type, is not applied. "
        "100 accepts whatever TIS sends.",
    )
    hold_over_doctors: int = Field(
        20,
        ge=0,
        description="A list that would disconnect more doctors than this, and a greater part of its body than the next "
        "setting allows, disconnects nobody until a person approves. An empty list never does. A quarter of as many "
        "are too many where they are four times as great a part.",
    )
    hold_over_percent: float = Field(
        5, ge=0, le=100, description="The percentage of a body's doctors that goes with the setting before."
    )
    public_url: str = Field(
        "http://localhost:8501", description="The address at which people open the dashboard, for links in messages."
    )
    mail_to: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Whom to tell of alerts by e-mail: addresses, separated by commas. Unset: nobody."
    )
    mail_from: str = Field("revalidation-dashboard@example.org", description="The sender of those messages.")
    smtp_host: str | None = Field(None, description="The mail server that takes them. Unset: no e-mail is sent.")
    smtp_port: int = Field(25, ge=1, le=65_535, description="Its port.")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        "none", description="How the connection to it is secured: `none`, `starttls` or `tls`."
    )
    smtp_username: str | None = Field(None, description="User name at the mail server, if it wants one.")
    smtp_password: SecretStr | None = Field(None, description="Password at the mail server.")
    teams_webhook_url: SecretStr | None = Field(
        None, description="Address of an incoming webhook of Teams that is told of alerts."
    )
    slack_webhook_url: SecretStr | None = Field(
        None, description="Address of an incoming webhook of Slack that is told of alerts."
    )
    messages_name_numbers: bool = Field(
        True, description="Whether messages about alerts name GMC numbers. They never name a doctor."
    )
    digest_minutes: float = Field(
        10, ge=0, description="After a message, what else happens within this time goes into one further message."
    )
    error_rate_percent: float = Field(
        20,
        gt=0,
        le=100,
        description="An alert is raised when more of the latest requests for one body, or to one service, fail.",
    )
    disk_free_percent: float = Field(
        10, ge=0, le=100, description="An alert is raised when less of the disk that holds the database is free."
    )
    database_limit_gigabytes: float | None = Field(
        None, gt=0, description="An alert is raised when the database has nearly grown to this. Unset: no limit."
    )
    otlp_endpoint: str | None = Field(
        None,
        description="Where traces are sent by OTLP over HTTP, for example `http://collector:4318`. Unset: nowhere; "
        "those of the latest syncs are kept in the database all the same.",
    )
    otlp_headers: SecretStr | None = Field(
        None, description="Headers for that, `name=value` separated by commas, where the collector asks for a key."
    )
    sentry_dsn: SecretStr | None = Field(
        None, description="Where unexpected errors are reported. Unset: nowhere. Expected failures never are."
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="How log lines are written: `text` for people, `json` for machines."
    )
    environment: str = Field("local", description="The name of this environment, shown where an action is dangerous.")
    scenario: str | None = Field(
        None,
        description="The name of a scenario (`python -m reval_core scenario` lists them). The dashboard plays it when "
        "it starts, on the simulator, in a database file of its own: `var/scenario-NAME.sqlite3`, made anew each time.",
    )

    @model_validator(mode="before")
    @classmethod
    def _keep_scenarios_apart(cls, given: Any) -> Any:
        """A scenario has a database of its own, which is deleted at each start: nobody else's may ever be that."""
        if not given.get("scenario"):
            return given
        if "database_url" in given:
            raise ValueError(
                "REVAL_SCENARIO and REVAL_DATABASE_URL cannot be given together, since a scenario's database is made "
                "anew at each start; unset one of them"
            )
        return given | {"database_url": f"sqlite:///{scenario_database(given['scenario'])}"}

    @field_validator("scenario")
    @classmethod
    def _require_plain_name(cls, value: str | None) -> str | None:
        if value is not None and not _SCENARIO_NAME.fullmatch(value):
            raise ValueError("a scenario's name has only small letters and hyphens, for example missed-night")
        return value

    @field_validator("designated_bodies", mode="before")
    @classmethod
    def _split_codes(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        codes = tuple(dict.fromkeys(code.strip() for code in value.split(",") if code.strip()))
        if not codes:
            raise ValueError("name at least one designated body, for example 1-1RUZUSF")
        return codes

    @field_validator("refresh_at", mode="before")
    @classmethod
    def _split_times(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        times = () if value.strip().lower() == "none" else tuple(sorted({time.strip() for time in value.split(",")}))
        if any(not re.fullmatch(_TIME_OF_DAY, time) for time in times):
            raise ValueError("give UK times as HH:MM, separated by commas, for example 07:30,12:30, or none")
        return times

    @field_validator("mail_to", mode="before")
    @classmethod
    def _split_addresses(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        addresses = tuple(dict.fromkeys(address.strip() for address in value.split(",") if address.strip()))
        if any(not _MAIL_ADDRESS.fullmatch(address) for address in addresses):
            raise ValueError("give e-mail addresses, separated by commas, for example team@example.org")
        return addresses

    @field_validator("teams_webhook_url", "slack_webhook_url")
    @classmethod
    def _require_http_of_secret(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None:
            cls._require_http(value.get_secret_value())
        return value

    @field_validator(
        "gmc_url",
        "tis_url",
        "public_url",
        "otlp_endpoint",
        "openid_issuer",
        "openid_redirect_url",
        "proxy_sign_out_url",
    )
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

    @property
    def hold_limits(self) -> HoldLimits:
        """How many doctors a list may lack before a person has to decide."""
        return HoldLimits(self.hold_over_doctors, self.hold_over_percent)

    @property
    def grants(self) -> Grants:
        """What the groups of people who sign in give them."""
        of_body: dict[str, set[str]] = {}
        for pair in self.body_groups:
            group, _, code = pair.rpartition("=")
            of_body.setdefault(group.strip(), set()).add(code.strip())
        return Grants(
            bodies=frozenset(self.designated_bodies),
            roles={
                Role.VIEWER: frozenset(self.viewer_groups),
                Role.ADMIN: frozenset(self.admin_groups),
                Role.OPERATOR: frozenset(self.operator_groups),
            },
            of_sensitive=frozenset(self.sensitive_groups),
            of_all_bodies=frozenset(self.all_bodies_groups),
            of_body={group: frozenset(codes) for group, codes in of_body.items()},
        )

    @property
    def channels(self) -> list[Channel]:
        """By which channels people are told of alerts in this installation."""
        has = {
            Channel.MAIL: bool(self.smtp_host and self.mail_to),
            Channel.TEAMS: self.teams_webhook_url is not None,
            Channel.SLACK: self.slack_webhook_url is not None,
        }
        return [channel for channel, is_set in has.items() if is_set]


def scenario_database(name: str) -> Path:
    """The file that keeps what a scenario leaves when the dashboard plays it."""
    return Path("var") / f"scenario-{name}.sqlite3"


def settings_without_environment(**chosen: Any) -> Settings:
    """The defaults, but for what is chosen, whatever the environment says: for what must be the same everywhere."""
    defaults = {name: field.default for name, field in Settings.model_fields.items()}
    return Settings(**defaults | chosen)


def environment_for(settings: Settings) -> dict[str, str]:
    """The environment in which a process of ours sees these settings, where they differ from our own too."""
    changed = {"REVAL_GMC_URL": settings.gmc_url, "REVAL_TIS_URL": settings.tis_url}
    return os.environ | {name: value for name, value in changed.items() if value is not None}


def load_settings() -> Settings:
    """Read the settings from the environment, and secrets also from files that it names.

    Raises `BadSetting`, naming each wrong variable and its fix.
    """
    try:
        return Settings(**read_secret_files(Settings, os.environ))
    except ValidationError as error:
        wrong = "; ".join(
            "".join(f"REVAL_{str(name).upper()}: " for name in item["loc"][:1])  # none: it is about several together
            + item["msg"].removeprefix("Value error, ")
            for item in error.errors()
        )
        raise BadSetting(f"The settings cannot be used. {wrong}.") from None


def settings_in_force() -> Settings:
    """The settings by which this process serves its screens, read anew only when its environment is another.

    A page asks for them a dozen times, and reading them takes milliseconds. Raises `BadSetting`.
    """
    return _read_once(tuple(sorted(item for item in os.environ.items() if item[0].upper().startswith("REVAL_"))))


@lru_cache(maxsize=1)
def _read_once(_environment: tuple[tuple[str, str], ...]) -> Settings:
    return load_settings()
