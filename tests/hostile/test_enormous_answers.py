"""Answers that are far too large: they end for their own body alone, and in little memory and time."""

import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Row

from reval_core.domain.failures import FailureKind
from reval_core.domain.sources import TIS
from reval_core.domain.statuses import BodyStatus
from tests.builders import NORTH_EAST, WESSEX
from tests.gmc.replies import ANNA, doctor
from tests.hostile.accounts import check_run
from tests.hostile.answers import ENTITY_BOMB, compose
from tests.hostile.deliveries import JSON, plainly
from tests.hostile.doctors import NUMBERS, plain_doctor
from tests.hostile.floods import (
    DOCTOR_END,
    DOCTOR_START,
    LIST_END,
    LIST_START,
    MEGABYTE,
    announced,
    compressed,
    endless,
    listed,
)
from tests.hostile.stage import ORDINARY_LISTS, ORDINARY_PAGES, Stage
from tests.servers.awkward import Answer
from tests.sync.scene import BODIES, Outcome

ROOT: Final = Path(__file__).parents[2]
ELEMENTS: Final = b"<a/>" * (MEGABYTE // 4)
SPACE: Final = b" " * MEGABYTE
LETTERS: Final = b"x" * MEGABYTE
MOST_MEGABYTES: Final = 700
MOST_SECONDS: Final = 120  # about five on a machine that has nothing else to do


def _doctor_of_elements(count: int) -> bytes:
    return DOCTOR_START + b"<a/>" * count + DOCTOR_END


def _element_of_attributes(count: int) -> bytes:
    return b"<a " + b" ".join(b'a%x=""' % number for number in range(count)) + b"/>"


TOO_LARGE: Final = {
    "space": announced(b"", SPACE, 100),
    "one text": announced(LIST_START + DOCTOR_START, LETTERS, 100),
    "elements": announced(LIST_START, ELEMENTS, 100),
    "endless elements": endless(LIST_START, ELEMENTS),
    "endless space": endless(b" ", SPACE),
    "compressed space": compressed(b"", SPACE, 4_000),
    "compressed elements": compressed(LIST_START, ELEMENTS, 4_000),
}
NO_LISTS: Final = {
    "elements": lambda: listed(ELEMENTS * 10),
    "elements to the limit": lambda: listed(ELEMENTS * 63),
    "markup": lambda: listed(b"<" * 10 * MEGABYTE),
    "comments": lambda: listed(b"<!---->" * 2 * MEGABYTE),
    "one comment": lambda: listed(b"<!--" + LETTERS * 12 + b"-->"),
    "one text": lambda: listed(doctor((NUMBERS[0], "x" * 12 * MEGABYTE, *ANNA[2:])).encode()),
    "depth": lambda: listed(b"<a>" * 300_000),
    "references": lambda: listed(b"&#1;" * 3 * MEGABYTE),
    "no characters": lambda: listed(DOCTOR_START + b"\x01" * 12 * MEGABYTE + DOCTOR_END),
    "entities": lambda: plainly(ENTITY_BOMB.encode() + LIST_START + b"<a b='&j;'>&j;</a>" + LIST_END),
    "entities squared": lambda: plainly(
        b"<!DOCTYPE a [<!ENTITY a '" + b"x" * 100_000 + b"'>]><a b='" + b"&a;" * 100_000 + b"'/>"
    ),
}
HEAVY: Final = {
    "elements in a doctor": lambda: listed(_doctor_of_elements(100_000)),
    "attributes": lambda: listed(_element_of_attributes(30_000) * 4),
    "one name": lambda: listed(doctor((NUMBERS[0], "x" * 9_000_000, *ANNA[2:])).encode()),
    "names of a megabyte": lambda: listed(b"".join(doctor((n, "ﷺ" * 350_000, *ANNA[2:])).encode() for n in NUMBERS)),
    "escaped names": lambda: listed(b"".join(doctor((n, "&#x41;" * 50_000, *ANNA[2:])).encode() for n in NUMBERS)),
    "words": lambda: listed(doctor((NUMBERS[0], "x", "a b " * 250_000, *ANNA[3:])).encode()),
    "strangers": lambda: listed(b"<a/>" * 20_000),
    "attribute of quotes": lambda: listed(b"<a b='" + b'">' * MEGABYTE + b"'/>"),
}
NO_EXPORTS: Final = {
    "space": announced(b"", SPACE, 100, b"application/json"),
    "compressed": compressed(b'{"content": [', b"[]," * 300_000, 4_000, b"application/json"),
    "lists": plainly(b'{"content": [' + b"[]," * MEGABYTE + b"[]]}", JSON),
    "depth": plainly(b'{"content": ' + b"[" * MEGABYTE, JSON),
    "digits": plainly(b'{"content": [' + b"9" * MEGABYTE + b"]}", JSON),
    "pages": plainly(b'{"content": [{}], "totalPages": 50, "totalElements": 500000}', JSON),
}


IN_LITTLE_MEMORY: Final = {
    "too large": lambda: TOO_LARGE["endless elements"],
    "compressed": lambda: TOO_LARGE["compressed elements"],
    "to the limit": NO_LISTS["elements to the limit"],
    "attributes": lambda: listed(_element_of_attributes(300_000) * 4),
    "elements in a doctor": lambda: listed(_doctor_of_elements(1_200_000)),
    "escaped names": HEAVY["escaped names"],
}
LENGTHS: Final = [0, 1, 300, pytest.param(20_000, marks=pytest.mark.slow)]


@pytest.mark.parametrize("answer", TOO_LARGE.values(), ids=TOO_LARGE)
def test_too_large_an_answer_fails_for_its_body_only(stage: Stage, answer: Answer) -> None:
    outcome = _sync_with(stage, {WESSEX: [answer]}, answer_limit_megabytes=4)
    assert outcome.failed() == {WESSEX}
    assert "more than 4 MB" in outcome.parts[WESSEX].failure_detail


@pytest.mark.parametrize("kind", NO_LISTS)
def test_what_is_no_list_at_any_size_fails_for_its_body_only(stage: Stage, kind: str) -> None:
    outcome = _sync_with(stage, {WESSEX: [NO_LISTS[kind]()]})
    assert outcome.failed() == {WESSEX}
    assert outcome.parts[WESSEX].failure == FailureKind.UNREADABLE
    assert len(outcome.parts[WESSEX].failure_detail) < 500


@pytest.mark.parametrize("kind", HEAVY)
def test_heavy_entries_are_read_or_set_aside(stage: Stage, kind: str) -> None:
    assert _sync_with(stage, {WESSEX: [HEAVY[kind]()]}).failed() == set()


@pytest.mark.parametrize("answer", NO_EXPORTS.values(), ids=NO_EXPORTS)
def test_what_is_no_export_at_any_size_fails_for_tis_only(stage: Stage, answer: Answer) -> None:
    outcome = _sync_with(stage, {}, [answer], answer_limit_megabytes=4)
    assert outcome.failed() == {TIS}
    assert outcome.parts[TIS].failure == FailureKind.UNREADABLE


@pytest.mark.parametrize("entries", LENGTHS)
def test_long_list_is_taken_whole(stage: Stage, entries: int) -> None:
    elements = [plain_doctor(1, str(7_100_000 + place)) for place in range(entries)]
    assert _length_taken(stage, elements).created == entries


@pytest.mark.parametrize("entries", LENGTHS)
def test_same_doctor_in_every_place_is_taken_once(stage: Stage, entries: int) -> None:
    assert _length_taken(stage, [plain_doctor(1, NUMBERS[0])] * entries).set_aside == max(entries - 1, 0)


@pytest.mark.parametrize("entries", LENGTHS)
@pytest.mark.parametrize("letter", ["", "x"], ids=["numbered", "not numbered"])
def test_long_list_without_a_readable_entry_is_set_aside(stage: Stage, letter: str, entries: int) -> None:
    texts = [(f"{7_100_000 + place}{letter}", "A", "B", "31/02/2024", *ANNA[4:]) for place in range(entries)]
    assert _length_taken(stage, list(map(doctor, texts))).set_aside == entries


@pytest.mark.parametrize("entries", LENGTHS)
def test_whole_list_of_another_body_is_set_aside(stage: Stage, entries: int) -> None:
    elements = [plain_doctor(1, str(7_100_000 + place)) for place in range(entries)]
    answer = [plainly(compose(elements).raw)]
    outcome = _sync_with(stage, {WESSEX: answer, NORTH_EAST: answer})
    assert (outcome.parts[WESSEX].set_aside, outcome.parts[NORTH_EAST].created) == (entries, entries)


@pytest.mark.slow
@pytest.mark.parametrize("kind", IN_LITTLE_MEMORY)
def test_enormous_answer_takes_little_memory_and_time(stage: Stage, kind: str) -> None:
    stage.restore(stage)
    stage.server.play({**ORDINARY_LISTS, WESSEX: [IN_LITTLE_MEMORY[kind]()]}, ORDINARY_PAGES)
    database = stage.database.url.render_as_string(hide_password=False)
    moment = stage.clock().isoformat()
    began = time.monotonic()
    program = [sys.executable, "-m", "tests.sync.one_sync", database, stage.server.url, stage.server.url]
    with subprocess.Popen([*program, ",".join(BODIES), moment], cwd=ROOT) as process:
        megabytes = 0.0
        while process.poll() is None:
            megabytes = max(megabytes, _megabytes_at_most(process.pid))
            time.sleep(0.02)
    assert process.returncode == 0
    assert 0 < megabytes < MOST_MEGABYTES
    assert time.monotonic() - began < MOST_SECONDS


def _sync_with(
    stage: Stage, lists: Mapping[str, Sequence[Answer]], pages: Sequence[Answer] = ORDINARY_PAGES, **changes: Any
) -> Outcome:
    """One sync in which only these differ from an ordinary night, with all that must hold after it."""
    stage.restore(stage)
    before = stage.snapshot()
    outcome = stage.sync({**ORDINARY_LISTS, **lists}, pages, **changes)
    check_run(stage, outcome, before)
    return outcome


def _length_taken(stage: Stage, elements: Sequence[str]) -> Row[Any]:
    """The account of a body with these elements in its list."""
    outcome = _sync_with(stage, {WESSEX: [plainly(compose(elements).raw)]})
    part = outcome.parts[WESSEX]
    assert (part.status, part.received) == (BodyStatus.SUCCEEDED, len(elements))
    return part


def _megabytes_at_most(process: int) -> float:
    """The most memory that a process has had so far; 0 when it has just ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s*([0-9]+) kB", status)
    return int(found[1]) / 1024 if found else 0
