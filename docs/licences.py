"""The licences of what is installed: `python -m docs.licences` checks them, `--write` also notes them in licences.toml.

Ends with status 1 if a package has a licence that nobody has agreed to, or another one than is noted.
"""

import re
import sys
import tomllib
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
NOTED: Final = Path(__file__).with_name("licences.toml")
LOCKS: Final = (ROOT / "requirements.txt", ROOT / "tests" / "requirements.txt", ROOT / ".ci" / "audit-requirements.txt")
AGREED: Final = frozenset(
    {
        "0BSD",
        "3-Clause BSD License",
        "Apache License 2.0",
        "Apache Software License",
        "Apache-2.0",
        "BSD",
        "BSD License",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "CNRI-Python",
        "HPND",
        "ISC",
        "LGPL-3.0-only",  # as a library that is imported as it is
        "MIT",
        "MIT License",
        "MIT-0",
        "MIT-CMU",
        "MPL-2.0",  # the same
        "Mozilla Public License 2.0 (MPL 2.0)",
        "PSF-2.0",
        "Python Software Foundation License",
        "Unlicense",
        "Zlib",
    }
)
"""Licences under which what we depend on may be used and passed on with a product of any kind."""
_SAID_IN_A_FILE: Final = {"axe-playwright-python": "MIT"}
"""Packages that say it only in a file beside their code, read by a person."""
_PINNED: Final = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==", re.MULTILINE)
_LONGEST: Final = 60


def list_locked() -> list[str]:
    """Every package of the lock files, by its normal name."""
    return sorted({normal(name) for lock in LOCKS for name in _PINNED.findall(lock.read_text(encoding="utf-8"))})


def read_installed() -> dict[str, str]:
    """The licence of each locked package that is installed here; some are only for other systems."""
    found = {}
    for name in list_locked():
        try:
            found[name] = _SAID_IN_A_FILE.get(name) or say_licence(distribution(name))
        except PackageNotFoundError:
            continue
    return found


def read_noted() -> dict[str, str]:
    """What licences.toml says."""
    return tomllib.loads(NOTED.read_text(encoding="utf-8")) if NOTED.exists() else {}


def say_licence(package: Distribution) -> str:
    """What a package says of its licence: its expression, its classifiers, or the first line of its text."""
    said = package.metadata
    if "License-Expression" in said:
        return str(said["License-Expression"])
    classifiers = [line.split(" :: ")[-1] for line in said.get_all("Classifier") or () if line.startswith("License ::")]
    named = [one for one in classifiers if one != "OSI Approved"]
    text = (str(said["License"]) if "License" in said else "").strip().splitlines() or ["unknown"]
    return " or ".join(sorted(set(named))) or text[0][:_LONGEST]


def normal(name: str) -> str:
    """A package's name as its index spells it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def find_problems(installed: dict[str, str], noted: dict[str, str]) -> list[str]:
    """What is wrong, each in a sentence."""
    unknown = [
        f"{name} is under “{licence}”, which is not in AGREED of docs/licences.py."
        for name, licence in installed.items()
        if not is_agreed(licence)
    ]
    changed = [
        f"{name} is under “{licence}”, and licences.toml says “{noted[name]}”: look at it, then `--write`."
        for name, licence in installed.items()
        if noted.get(name, licence) != licence  # what is only for other systems may not be noted yet
    ]
    return unknown + changed


def is_agreed(licence: str) -> bool:
    """Whether we agreed to a licence: to each part that is joined by “and”, and to one of those joined by “or”."""
    is_in_brackets = licence.startswith("(") and licence.endswith(")") and licence.count("(") == 1
    words = licence[1:-1] if is_in_brackets else licence
    if words in AGREED:
        return True
    for joint, judge in ((" AND ", all), (" OR ", any), (" or ", any)):
        parts = _split_outside(words, joint)
        if len(parts) > 1:
            return judge(map(is_agreed, parts))
    return False


def _split_outside(words: str, joint: str) -> list[str]:
    """The parts between the joints that stand in no brackets."""
    parts, depth, since = [], 0, 0
    for place, letter in enumerate(words):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and words.startswith(joint, place):
            parts.append(words[since:place])
            since = place + len(joint)
    return [*parts, words[since:]]


def write(installed: dict[str, str]) -> None:
    """Note the licences; those of packages that are not installed here stay as they are noted."""
    locked = set(list_locked())
    kept = {name: licence for name, licence in (read_noted() | installed).items() if name in locked}
    lines = ["# What each locked package says of its licence; written by `make upgrade`, checked by `make audit`."]
    lines += [f'"{name}" = "{licence}"' for name, licence in sorted(kept.items())]
    NOTED.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    found = read_installed()
    if "--write" in sys.argv:
        write(found)
    problems = find_problems(found, read_noted())
    sys.stdout.write("".join(f"{problem}\n" for problem in problems) or f"{len(found)} licences, all agreed to.\n")
    sys.exit(bool(problems))
