"""The document on data protection speaks of every table, and of settings as they are."""

import re
from typing import Final

from reval_core.config import Settings
from reval_core.db.tables import metadata
from reval_core.domain.access import SHORTEST_KEPT_DAYS
from reval_core.sync.kept_steps import RUNS_KEPT
from tests.source import ROOT

DOCUMENT: Final = (ROOT / "docs" / "data-protection.md").read_text(encoding="utf-8")
ROWS: Final = [line.strip("| ").split(" | ") for line in DOCUMENT.splitlines() if line.count(" | ") == 5][1:]


def test_every_table_is_spoken_of_once() -> None:
    named = [name for row in ROWS if not row[0].startswith("---") for name in re.findall(r"`(\w+)`", row[4])]
    assert sorted(named) == sorted(metadata.tables)


def test_settings_are_named_with_their_defaults() -> None:
    named = set(re.findall(r"REVAL_([A-Z_]+[A-Z])", DOCUMENT))
    assert named <= {name.upper() for name in Settings.model_fields}
    said = dict(re.findall(r"`REVAL_([A-Z_]+_DAYS)` \((\d+) days", DOCUMENT))
    assert said.keys() == {"RAW_ANSWER_DAYS", "RESOLVED_DAYS", "ACCESS_DAYS"}
    assert {name: Settings.model_fields[name.lower()].default for name in said} == {
        name: int(days) for name, days in said.items()
    }
    assert f"at least {SHORTEST_KEPT_DAYS}" in DOCUMENT
    assert f"the latest {RUNS_KEPT} syncs" in DOCUMENT
