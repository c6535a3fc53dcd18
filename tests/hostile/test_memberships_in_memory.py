"""Any JSON as a membership of TIS: read into values that can be stored, or set aside with a reason."""

from datetime import date

import orjson
from hypothesis import given
from hypothesis import strategies as st

from reval_core.domain.doctor import CannotRead
from reval_core.domain.membership import Membership, is_left_out, main_membership, read_membership
from tests.hostile.checks import assert_storable, serials_in
from tests.hostile.exports import FIELDS, entries

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=3), inside, max_size=3),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(FIELDS), _JSON))
def test_any_values_are_read_or_set_aside(raw: dict[str, object]) -> None:
    _read(raw)


@given(entries(1))
def test_any_entry_is_read_from_nothing_but_itself(text: str) -> None:
    raw = orjson.loads(text)
    if isinstance(raw, dict):
        found = _read(raw)
        assert serials_in(*map(str, found)) <= {1}


def _read(raw: dict[str, object]) -> Membership | CannotRead:
    found = read_membership(raw)
    assert_storable(*(value for value in found if isinstance(value, str)))
    if isinstance(found, CannotRead):
        assert_storable(found.reason, longest=300)
        assert found.reason
        return found
    assert 0 < len(found.tcs_person_id) <= 100
    assert len(found.designated_body or "") <= 100
    assert all(value is None or isinstance(value, str | date) for value in found)
    assert main_membership([found], date(2026, 8, 5)) is found
    is_left_out([found], date(2026, 8, 5))
    return found
