"""References: what is shown beside a failure leads back to it, however it is typed."""

import pytest

from reval_core.domain.incidents import read_incident_reference
from reval_core.domain.references import (
    REFERENCES,
    RunReference,
    make_trace_id,
    name_run,
    read_run_reference,
    read_trace_id,
    spell_trace,
    trace_id_of,
)


@pytest.mark.parametrize("source", [None, "1-1RSSQ2H", "TIS"])
def test_reference_leads_to_what_it_was_made_from(source: str | None) -> None:
    assert read_run_reference(f"  {name_run(12, source).lower()} ") == RunReference(12, source)


@pytest.mark.parametrize("text", ["", "12", "SYNC", "SYNC-", "SYNC-0", "SYNC-x", "SYNC-1-", "SYNC-" + "9" * 16])
def test_anything_else_is_no_reference(text: str) -> None:
    assert read_run_reference(text) is None


@pytest.mark.parametrize("number", [0, 1, 31, REFERENCES - 1])
def test_trace_and_reference_are_computed_from_each_other(number: int) -> None:
    trace_id = f"{make_trace_id(number):032x}"
    reference = spell_trace(trace_id)
    assert reference is not None
    assert read_incident_reference(reference) == reference
    assert trace_id_of(reference) == trace_id


def test_no_two_references_have_the_same_trace() -> None:
    assert len({make_trace_id(number) for number in range(10_000)}) == 10_000


def test_trace_of_another_system_has_no_reference() -> None:
    ours = f"{make_trace_id(12345):032x}"
    assert spell_trace(f"{int(ours, 16) + 1:032x}") is None
    assert spell_trace("0" * 22 + "f" * 10) is None  # its number is beyond the last reference


@pytest.mark.parametrize("typed", ["e-7k3f-9qxa", " E7K3F9QXA ", trace_id_of("E-7K3F-9QXA").upper()])
def test_trace_is_read_in_full_or_as_its_reference(typed: str) -> None:
    assert read_trace_id(typed) == trace_id_of("E-7K3F-9QXA")


@pytest.mark.parametrize("typed", ["", "Smith", "7000001", "0" * 31, "g" * 32])
def test_anything_else_is_no_trace(typed: str) -> None:
    assert read_trace_id(typed) is None
