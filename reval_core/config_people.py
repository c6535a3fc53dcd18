"""The settings of who may come in and what they may see; part of `Settings` in `config.py`, which reads them."""

import re
from ipaddress import ip_network
from typing import Annotated, Final, Self

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator
from pydantic_settings import NoDecode

from reval_core.domain.access import SHORTEST_KEPT_DAYS

_HEADER: Final = re.compile("[A-Za-z0-9-]+")
Names = Annotated[tuple[str, ...], NoDecode]
"""Several names in one variable, separated by commas."""


class PeopleSettings(BaseModel):
    """How people sign in, which groups give which rights, and how long it is kept what they did."""

    openid_issuer: str | None = Field(
        None,
        description="Address of the OpenID Connect provider with which people sign in. Unset: nobody signs in, and "
        "only this machine is served, unless a proxy says who is there.",
    )
    openid_client_id: str | None = Field(None, description="What this dashboard is called there.")
    openid_client_secret: SecretStr | None = Field(None, description="Its secret there.")
    openid_redirect_url: str | None = Field(
        None,
        description="Where the provider sends people back to. Unset: `/sign-in/callback` below `REVAL_PUBLIC_URL`.",
    )
    openid_scopes: str = Field("openid profile email", description="What is asked of the provider, with spaces.")
    openid_groups_claim: str = Field("groups", description="The claim of the ID token that lists a person's groups.")
    openid_person_claim: str = Field(
        "email",
        description="The claim that names a person beside what they do, and is nobody else's. An e-mail address that "
        "the provider calls unverified is refused.",
    )
    proxy_person_header: str | None = Field(
        None,
        description="Instead of a provider: the header in which an authenticating proxy says who is there. Unset: no "
        "header is believed.",
    )
    proxy_groups_header: str = Field("X-Forwarded-Groups", description="Its header with their groups, by commas.")
    proxy_sign_out_url: str | None = Field(
        None, description="Where that proxy signs people out. Unset: they are told to do it at the proxy."
    )
    proxy_addresses: Names = Field(
        (),
        description="Addresses or networks of that proxy, by commas. The headers of anyone else are ignored. "
        "With a provider: of the proxy whose `X-Forwarded-For` is believed.",
    )
    viewer_groups: Names = Field((), description="Groups whose members may look, by commas.")
    admin_groups: Names = Field((), description="Groups whose members may also hide, note and sync, by commas.")
    operator_groups: Names = Field((), description="Groups whose members may also operate the dashboard, by commas.")
    sensitive_groups: Names = Field((), description="Groups that may see investigations and sanctions, by commas.")
    all_bodies_groups: Names = Field(
        (), description="Groups whose members see the doctors of every designated body, by commas; for example support."
    )
    body_groups: Names = Field(
        (),
        description="Which groups see which designated body: `group=code`, by commas; a group may stand there several "
        "times. A group that is called like a code sees that body without being listed.",
    )
    session_idle_minutes: float = Field(
        30, gt=0, description="Whoever has done nothing for so long has to sign in again."
    )
    session_hours: float = Field(
        12, gt=0, description="Whoever signed in so long ago has to do it again, even if the provider's token lasts."
    )
    sign_ins_per_minute: int = Field(
        20, ge=1, description="How many times a minute one network address may try to sign in."
    )
    searches_per_minute: int = Field(60, ge=1, description="How many times a minute one person may search.")
    metrics_token: SecretStr | None = Field(
        None,
        description="What `/metrics` asks for as a bearer token. Unset: it is open while nobody signs in, and closed "
        "where people do.",
    )
    access_days: int = Field(730, ge=SHORTEST_KEPT_DAYS, description="Days for which it is kept who saw and did what.")
    resolved_days: int = Field(
        730, ge=30, description="Days for which entries, alerts and failures are kept after they are over."
    )

    @field_validator(
        "proxy_addresses",
        "viewer_groups",
        "admin_groups",
        "operator_groups",
        "sensitive_groups",
        "all_bodies_groups",
        "body_groups",
        mode="before",
    )
    @classmethod
    def _split_names(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))

    @field_validator("body_groups")
    @classmethod
    def _require_pairs(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if any(not all(part.strip() for part in pair.rpartition("=")) for pair in value):
            raise ValueError("give pairs as group=code, separated by commas, for example Reval-Wessex=1-1RUZUYF")
        return value

    @field_validator("proxy_addresses")
    @classmethod
    def _require_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        try:
            for address in value:
                ip_network(address)
        except ValueError:
            raise ValueError(
                "give addresses or networks, separated by commas, for example 10.0.0.5 or 10.0.0.0/24"
            ) from None
        return value

    @field_validator("proxy_person_header", "proxy_groups_header")
    @classmethod
    def _require_header(cls, value: str | None) -> str | None:
        if value is not None and not _HEADER.fullmatch(value):
            raise ValueError("give the name of a header, for example X-Forwarded-Email")
        return value

    @model_validator(mode="after")
    def _require_whole_sign_in(self) -> Self:
        if self.openid_issuer and self.proxy_person_header:
            raise ValueError(
                "REVAL_OPENID_ISSUER and REVAL_PROXY_PERSON_HEADER cannot be given together; unset one of them"
            )
        missing = [
            name
            for name in ("openid_client_id", "openid_client_secret")
            if self.openid_issuer and getattr(self, name) is None
        ]
        if self.proxy_person_header and not self.proxy_addresses:
            missing.append("proxy_addresses")
        if missing:
            raise ValueError(f"a sign-in also needs {', '.join(f'REVAL_{name.upper()}' for name in missing)}")
        if self.has_sign_in and not (self.viewer_groups or self.admin_groups or self.operator_groups):
            raise ValueError(
                "a sign-in also needs groups whose members may come in: REVAL_VIEWER_GROUPS, REVAL_ADMIN_GROUPS or "
                "REVAL_OPERATOR_GROUPS"
            )
        return self

    @property
    def has_sign_in(self) -> bool:
        """Whether people sign in, here or at a proxy. If not, only this machine is served."""
        return self.openid_issuer is not None or self.proxy_person_header is not None
