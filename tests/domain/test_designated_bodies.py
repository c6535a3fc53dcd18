"""Codes and names of designated bodies, known and unknown."""

import pytest

from reval_core.domain.designated_bodies import NAMES, code_of, name_of


@pytest.mark.parametrize(
    ("code", "name"),
    [("1-1RUZV1D", "Kent, Surrey and Sussex"), ("1-SCOTLAND", "1-SCOTLAND"), (None, "no designated body")],
)
def test_body_is_called_by_its_name(code: str | None, name: str) -> None:
    assert name_of(code) == name


def test_every_name_leads_back_to_its_code() -> None:
    assert [code_of(f" {name.upper()} ") for name in NAMES.values()] == list(NAMES)


@pytest.mark.parametrize("name", ["NHS Education for Scotland", "Kent", "1-1RUZUSF", "", " ", None])
def test_name_of_no_body_of_ours_has_no_code(name: str | None) -> None:
    assert code_of(name) is None
