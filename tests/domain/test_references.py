"""References: what is shown beside a failure leads back to it, however it is typed."""

import pytest

from reval_core.domain.references import RunReference, name_run, read_run_reference


@pytest.mark.parametrize("source", [None, "1-1RSSQ2H", "TIS"])
def test_reference_leads_to_what_it_was_made_from(source: str | None) -> None:
    assert read_run_reference(f"  {name_run(12, source).lower()} ") == RunReference(12, source)


@pytest.mark.parametrize("text", ["", "12", "SYNC", "SYNC-", "SYNC-0", "SYNC-x", "SYNC-1-", "SYNC-" + "9" * 16])
def test_anything_else_is_no_reference(text: str) -> None:
    assert read_run_reference(text) is None
