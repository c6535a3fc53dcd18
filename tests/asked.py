"""Asking the GMC or TIS for something that they do not give, for tests of what is said then."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TypeAlias

import pytest

from reval_core.config import Settings
from reval_core.errors import UpstreamError
from reval_core.gmc.client import GmcClient
from reval_core.tis.client import TisClient

NOW: Final = datetime(2026, 11, 2, 0, 5, tzinfo=UTC)
PASSWORD: Final = "pa55-phrase"

Ask: TypeAlias = Callable[[str, dict[str, object]], UpstreamError]


def settings_for(url: str, **more: object) -> Settings:
    address = url.replace("//", f"//{PASSWORD}:{PASSWORD}@")
    return Settings.model_validate({"gmc_url": address, "tis_url": address, "gmc_password": PASSWORD, **more})


def ask_gmc(url: str, more: dict[str, object]) -> UpstreamError:
    async def ask() -> None:
        async with GmcClient(settings_for(url, **more), now=lambda: NOW) as gmc:
            await gmc.fetch_doctor_list("1-1RUZUSF")

    with pytest.raises(UpstreamError) as caught:
        asyncio.run(ask())
    assert "the list of Wessex" in str(caught.value) or "REVAL_" in str(caught.value)
    assert caught.value.source == "GMC"
    return caught.value


def ask_tis(url: str, more: dict[str, object]) -> UpstreamError:
    async def ask() -> None:
        async with TisClient(settings_for(url, **more), now=lambda: NOW) as tis:
            async for _ in tis.pages():
                pass

    with pytest.raises(UpstreamError) as caught:
        asyncio.run(ask())
    assert "page 0 of the programme memberships" in str(caught.value)
    assert caught.value.source == "TIS"
    return caught.value
