"""What is sensitive is named as the records and the GMC name it; what is recorded of people has words of its own."""

from reval_core.domain.access import LONGEST_DETAIL, SHORTEST_KEPT_DAYS, AccessKind
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.sensitive import NOT_SHOWN, SENSITIVE_ELEMENTS, SENSITIVE_FIELDS


def test_what_is_sensitive_is_part_of_a_record() -> None:
    assert set(GmcRecord._fields) >= SENSITIVE_FIELDS
    assert "under_notice" not in SENSITIVE_FIELDS


def test_the_gmc_calls_the_same_by_its_own_names() -> None:
    assert {name.lower() for name in SENSITIVE_ELEMENTS} == {name.replace("_", "") for name in SENSITIVE_FIELDS}
    assert NOT_SHOWN.startswith("Not shown")


def test_each_record_of_access_has_words_of_its_own() -> None:
    labels = [kind.label for kind in AccessKind]
    assert len(set(labels)) == len(labels)
    assert all(label[0].isupper() and not label.endswith(".") for label in labels)
    assert max(map(len, labels)) < LONGEST_DETAIL
    assert SHORTEST_KEPT_DAYS > 0
