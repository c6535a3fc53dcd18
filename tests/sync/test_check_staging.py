"""What the check makes of the GMC's texts: the same as a run does, by code of its own; and how it lays them out."""

from typing import Final

from hypothesis import given
from hypothesis import strategies as st

from reval_core.domain.doctor import CannotRead, read_entry
from reval_core.gmc.second_reading import SecondReading
from reval_core.sync.check_staging import SENT, stage, staging, understand
from tests.builders import WESSEX
from tests.gmc.replies import ANNA, BEN
from tests.sync.scene import Scene

_BLANKS: Final = st.sampled_from(["", "", " ", "\n", "\u2003"])
_DIGITS: Final = st.text("0123456789٣３", max_size=8)
_NUMBERS: Final = st.one_of(st.from_regex("[0-9]{7}", fullmatch=True), _DIGITS, st.just("UNKNOWN"))
_DAYS: Final = st.one_of(
    st.dates().map(lambda day: f"{day:%d/%m}/{day.year:04}"),
    st.from_regex("[0-3][0-9]/[01][0-9]/[0-9]{4}", fullmatch=True),
    st.text("0123456789/-. ٣", max_size=11),
)
_NOTICES: Final = st.one_of(
    st.sampled_from(["Yes", "NO", "On Hold", "on-hold", "onhold", "Y e s", "Yés", "ＹＥＳ", "Yes1", "-"]),
    st.text(max_size=6),
)
_WORDS: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_PARTS: Final = (_NUMBERS, _WORDS, _WORDS, _DAYS, _WORDS, _WORDS, _DAYS, _NOTICES, _WORDS, _WORDS, _WORDS)
_ENTRIES: Final = st.tuples(*(st.tuples(_BLANKS, part, _BLANKS).map("".join) for part in _PARTS))


@given(_ENTRIES)
def test_texts_mean_the_same_to_the_check_as_to_a_run(texts: tuple[str, ...]) -> None:
    (row,) = understand(WESSEX, SecondReading([texts], frozenset()))
    body, number, position, is_usable, *values = row
    record = read_entry(texts, WESSEX)
    assert (body, number, position) == (WESSEX, record.gmc_number or "", 0)
    if isinstance(record, CannotRead):
        assert not (number and is_usable)
    else:
        assert is_usable
        assert values == [value if value is None else str(value) for value in record[1:-1]]


def test_malformed_entry_keeps_its_number_and_is_of_no_use() -> None:
    rows = understand(WESSEX, SecondReading([ANNA, BEN], frozenset({1})))
    assert [(row[1], row[3]) for row in rows] == [("7000001", True), ("7000002", False)]


def test_staged_rows_hinder_nobody_and_end_with_the_block(scene: Scene) -> None:
    nobody = ("", *BEN[1:])
    for _ in range(2):
        with staging(scene.database) as connection:
            assert stage(connection, WESSEX, SecondReading([BEN, nobody, ANNA, BEN], frozenset())) == 2
            assert stage(connection, WESSEX + "X", SecondReading([], frozenset())) == 0
            rows = connection.execute(SENT.select().order_by(SENT.c.gmc_number, SENT.c.position)).all()
            assert [(row.gmc_number, row.position) for row in rows] == [
                ("", 1),
                ("7000001", 2),
                ("7000002", 0),
                ("7000002", 3),
            ]
            assert (rows[1].last_name, str(rows[1].date_added), rows[1].under_notice) == (
                "Ashworth",
                "2020-08-05",
                "yes",
            )
            assert (rows[2].submission_date, rows[2].under_notice, rows[2].sanction) == (None, None, None)
            scene.sync(bodies=(WESSEX,))  # has to write to the same database meanwhile
