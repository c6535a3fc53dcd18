"""A change that takes a further right to see is told from one that everybody may see."""

import pytest

from reval_core.domain.doctor import GmcRecord
from reval_core.domain.sensitive import SENSITIVE_FIELDS, is_change_unseen
from tests.domain.people import gmc_record


@pytest.mark.parametrize("field", sorted(SENSITIVE_FIELDS))
def test_change_in_what_is_sensitive_alone_is_unseen(field: str) -> None:
    old = gmc_record()
    new = GmcRecord(**old._asdict() | {field: "Something new"})
    assert is_change_unseen(old, new)
    assert not is_change_unseen(old, new._replace(last_name="Another"))
