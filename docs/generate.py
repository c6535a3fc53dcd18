"""Writes the documents whose facts come from the code: `python -m docs.generate`, part of `make fix`.

`make test` fails where one of them differs from what the code says. What is not a fact of the code is written by hand.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from docs.licences import LOCKS, ROOT, normal, read_noted
from reval_core.config import Settings
from reval_core.config_people import PeopleSettings
from reval_core.config_secrets import list_secrets
from reval_core.domain.explanations import say_date
from reval_core.scenarios.catalogue import SCENARIOS
from reval_core.scenarios.scenario import Scenario

FOLDER: Final = Path(__file__).parent

_CONFIGURATION: Final = """\
# Configuration

Every setting is an environment variable, and every one has a default: with nothing set, the product runs on its own,
with invented people. An empty variable counts as unset. A value that cannot be understood stops the start with a
sentence that names the variable. Secrets are never printed. How the server listens and looks is in
`.streamlit/config.toml`.

A secret may stand in a file instead: `REVAL_GMC_PASSWORD_FILE=/run/secrets/gmc` is read like `REVAL_GMC_PASSWORD`. That
holds for each setting that *can stand in a file*. Given both, the start stops.

This table is made from `reval_core/config.py` by `make fix`.

| variable | default | what it is |
| --- | --- | --- |
"""

_SCENARIOS: Final = """\
# Scenarios

What went wrong in real life, as scripts of days for the [simulator](simulator.md), each with what must be seen at the
end.

    python -m reval_core scenario          lists them, one to a line
    python -m reval_core scenario NAME     plays one, and tells it night by night
    make run SCENARIO=NAME                 opens the dashboard on it

The second plays on a database that is thrown away afterwards. Its exit status is 0 if all was seen, 1 if not, 2 if it
could not be played; `--json` prints the story as one document. The third plays it so that its last night is today, and
serves it with the same simulator, from `var/scenario-NAME.sqlite3`, which is made anew at each start. `make test` plays
every one on both databases.

A scenario is a script in `reval_core/scenarios/`, written in the verbs of `stage.py` and listed in `catalogue.py`. It
is the same each time: the people come from a seed, the time is the story's own, and what happens in the middle of a
sync happens at an exact moment of it.

This page is made from the catalogue by `make fix`.

| scenario | what it is about |
| --- | --- |
"""


_DEPENDENCIES: Final = """\
# Dependencies

What is installed is in the lock files, exact and with hashes: an installation takes nothing that was changed since.
`make upgrade` renews them, `make audit` asks whether a vulnerability is known and whether each licence is one that
we agreed to (`docs/licences.py`). This page is made from `pyproject.toml`, the lock files and `licences.toml` by
`make fix`.

## What we chose, and why

| package | reason | licence |
| --- | --- | --- |
{chosen}
## What came along with it

| package | needed by | licence |
| --- | --- | --- |
{along}"""
_REASON: Final = re.compile(r'^    "([A-Za-z0-9._-]+)(?:\[\w+\])?>=[^"]*",\s+# (.+)$', re.MULTILINE)
_LOCKED: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==")
_VIA: Final = re.compile(r"^    #\s+(?:via )?([A-Za-z0-9._-]+)")


def describe_configuration() -> str:
    """The text of configuration.md: every setting with its default and its meaning."""
    prefix, secrets = Settings.model_config["env_prefix"], list_secrets(Settings)
    rows = (
        f"| `{prefix}{name.upper()}` | {_describe_default(field)} | "
        f"{_cell(field.description or '')}{' Can stand in a file.' if name in secrets else ''} |\n"
        for name, field in sorted(Settings.model_fields.items(), key=lambda one: one[0] in PeopleSettings.model_fields)
    )
    return _CONFIGURATION + "".join(rows)


def describe_scenarios() -> str:
    """The text of scenarios.md: the list, then each scenario with what happened and what the product does instead."""
    listed = "".join(f"| [{name}](#{name}) | {_cell(one.title)} |\n" for name, one in SCENARIOS.items())
    return _SCENARIOS + listed + "".join(map(_describe_scenario, SCENARIOS.values()))


def _describe_scenario(scenario: Scenario) -> str:
    paragraphs = (
        f"## {scenario.name}",
        f"{scenario.title}. {scenario.nights} nights, from {say_date(scenario.first_day)} on.",
        f"**What happened.** {scenario.what_happened}",
        f"**What the product does.** {scenario.lesson}",
    )
    return "\n" + "\n\n".join(paragraphs) + "\n"


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


def describe_dependencies() -> str:
    """The text of dependencies.md: what we chose and why, and what came along with it."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    noted, reasons = read_noted(), dict(_REASON.findall(project))
    chosen = [(normal(name), why.strip()) for name, why in reasons.items()]
    ours = {name for name, _ in chosen}
    listed = "".join(f"| {name} | {_cell(why)} | {noted.get(name, 'not installed here')} |\n" for name, why in chosen)
    along = "".join(
        f"| {name} | {', '.join(sorted(needed_by))} | {noted.get(name, 'only for other systems')} |\n"
        for name, needed_by in sorted(_read_needs().items())
        if name not in ours
    )
    return _DEPENDENCIES.format(chosen=listed, along=along)


def _read_needs() -> dict[str, set[str]]:
    """Each locked package, and the packages that need it."""
    needs: dict[str, set[str]] = {}
    for lock in LOCKS:
        name = ""
        for line in lock.read_text(encoding="utf-8").splitlines():
            if pinned := _LOCKED.match(line):
                name = normal(pinned[1])
                needs.setdefault(name, set())
            elif needed := _VIA.match(line):
                needs[name] |= {needed[1]} - {"via", "-c"}
    return needs


DOCUMENTS: Final[dict[str, Callable[[], str]]] = {
    "configuration.md": describe_configuration,
    "dependencies.md": describe_dependencies,
    "scenarios.md": describe_scenarios,
}
"""What is generated: the file's name in this folder, and what makes its text."""


if __name__ == "__main__":
    for name, describe in DOCUMENTS.items():
        (FOLDER / name).write_text(describe(), encoding="utf-8")
