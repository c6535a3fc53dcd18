"""Folding names and telling surnames apart: accents, hyphens, double names, typing errors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reval_core.domain.names import are_clearly_different, fold_name

LETTERS = st.text(st.sampled_from("abcdeABCDE éØß'- "), max_size=10)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Ashworth", "ashworth"),
        ("O'Néill", "oneill"),
        ("O’Neill", "oneill"),
        ("ONEILL", "oneill"),
        ("Smith-Jones", "smithjones"),
        ("de la Cruz", "delacruz"),
        ("Þórsdóttir", "þorsdottir"),
        ("Sørensen", "sorensen"),
        ("Łukasz", "lukasz"),
        ("Đặng", "dang"),
        ("Yıldız", "yildiz"),
        ("Æbelø", "aebelo"),
        ("Cœur", "coeur"),
        ("Strauß", "strauss"),
        ("e\u0301", "e"),
        ("\ufb01", "fi"),
        ("Smith 2nd", "smith2nd"),
        ("—", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_accents_case_and_punctuation_do_not_count(written: str | None, folded: str) -> None:
    assert fold_name(written) == folded


@pytest.mark.parametrize("letter", ["a", "Ł", "\ufdfa", "\U00020000", "🦊"])
def test_folded_name_fits_an_index(letter: str) -> None:
    assert len(fold_name(letter * 1_000_000).encode()) <= 800


@given(st.text())
def test_folding_twice_changes_nothing_more(name: str) -> None:
    assert fold_name(fold_name(name)) == fold_name(name)


@pytest.mark.parametrize(
    ("surname", "other"),
    [
        ("Ashworth", "Ashworth"),
        ("Ashworth", "ASHWORTH"),
        ("O'Néill", "Oneill"),
        ("Macdonald", "McDonald"),
        ("Smyth", "Smith"),
        ("Ashwroth", "Ashworth"),
        ("Chaudhry", "Choudhury"),
        ("Smith-Jones", "Jones"),
        ("Smith-Jones", "Smith Brown"),
        ("Smith Jones", "Jones Smith"),
        ("Jones-Smith", "Smithjones-Jones"),
        ("Abdul Rahman", "Abdulrahman Khan"),
        ("Ng", "Ng-Williams"),
        ("Li", "Wei Li"),
        ("Venkata", "Venkatasubramanian"),
        ("Smithjones", "Jones"),
    ],
)
def test_spellings_and_parts_are_one_name(surname: str, other: str) -> None:
    assert not are_clearly_different(surname, other)


@pytest.mark.parametrize(
    ("surname", "other"),
    [
        ("Ashworth", "Okafor"),
        ("Singh", "Kaur"),
        ("Smith-Jones", "Brown-Green"),
        ("de la Cruz", "de la Torre"),
        ("Li", "Williams"),
        ("Young", "Ng"),
        ("Ali", "Khalid"),
        ("Roy", "Royston"),
    ],
)
def test_other_surnames_are_clearly_different(surname: str, other: str) -> None:
    assert are_clearly_different(surname, other)


@pytest.mark.parametrize("missing", [None, "", "  ", "—"])
def test_missing_surname_is_never_different(missing: str | None) -> None:
    assert not are_clearly_different(missing, "Ashworth")
    assert not are_clearly_different("Ashworth", missing)
    assert not are_clearly_different(missing, None)


@pytest.mark.parametrize(("surname", "other"), [("Ebdb", "Ebbdeb"), ("Acae", "Aceace"), ("Deda", "Edeada")])
def test_order_of_comparison_does_not_matter(surname: str, other: str) -> None:
    assert are_clearly_different(surname, other) == are_clearly_different(other, surname)


@given(LETTERS, LETTERS)
def test_comparing_any_surnames_is_symmetric(surname: str, other: str) -> None:
    assert are_clearly_different(surname, other) == are_clearly_different(other, surname)


@given(LETTERS)
def test_no_surname_differs_from_itself(surname: str) -> None:
    assert not are_clearly_different(surname, surname)
    assert not are_clearly_different(surname.upper(), f" {surname.lower()} ")
