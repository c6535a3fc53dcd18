"""The runbook has a section for each alert, which says what it means, how to check and how to fix; and no other."""

import re
from typing import Final

import pytest

from reval_core.config import Settings
from reval_core.domain.alerts import AlertRule
from tests.source import ROOT

RUNBOOK: Final = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
SECTIONS: Final = dict(zip(*[iter(re.split(r"^## (.*)\n", RUNBOOK, flags=re.MULTILINE)[1:])] * 2, strict=True))


def test_every_alert_has_its_section_and_no_section_is_left_over() -> None:
    assert list(SECTIONS) == [rule.anchor for rule in AlertRule]


@pytest.mark.parametrize("rule", AlertRule)
def test_section_says_what_it_means_how_to_check_and_how_to_fix(rule: AlertRule) -> None:
    for part in ("Means", "Check", "Fix"):
        assert re.search(rf"^\*\*{part}\.\*\* \S", SECTIONS[rule.anchor], re.MULTILINE), part


def test_section_names_only_settings_that_there_are() -> None:
    named = set(re.findall(r"REVAL_[A-Z_]+[A-Z]", RUNBOOK)) - {"REVAL_SMTP"}
    assert named <= {f"REVAL_{name.upper()}" for name in Settings.model_fields}
