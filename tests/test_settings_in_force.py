"""The settings that the screens ask for again and again are read once, and again when they are others."""

import pytest

from reval_core.config import settings_in_force
from reval_core.errors import BadSetting


def test_settings_are_read_anew_only_for_another_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVAL_CONTACT", "first@nhs.example")
    first = settings_in_force()
    assert settings_in_force() is first
    monkeypatch.setenv("REVAL_CONTACT", "second@nhs.example")
    assert settings_in_force().contact == "second@nhs.example"


def test_wrong_settings_are_said_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVAL_NIGHTLY_AT", "late")
    for _ in range(2):
        with pytest.raises(BadSetting, match="REVAL_NIGHTLY_AT"):
            settings_in_force()
