"""A database in memory: every kind of column, opened again and again, and nothing that was not put there."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert, inspect, select
from sqlalchemy.exc import OperationalError

from reval_core.db.scratch import make_image, open_image
from reval_core.db.tables import discrepancy, doctor, gmc_answer, source_state

DOCTOR = {
    "gmc_number": "7000001",
    "last_name": "O’Brien-Śmith",
    "folded_last_name": "obriensmith",
    "folded_first_name": "",
    "submission_date": date(2027, 1, 1),
    "confirmed_at": datetime(2026, 8, 5, 0, 7, 0, 1, tzinfo=UTC),
    "confirmed_answer_id": 12,
    "standing": "confirmed",
    "is_left_out": True,
    "changed_at": datetime(2026, 8, 5, tzinfo=UTC),
}


def test_rows_come_out_as_they_went_in() -> None:
    answer = {
        "id": 3, "run_id": 1, "designated_body": "x", "is_second_look": False, "size_bytes": 2, "body": b"\x00\xff",
        "asked_at": DOCTOR["changed_at"], "received_at": DOCTOR["changed_at"],
    }  # fmt: skip
    with open_image(make_image({doctor: [DOCTOR], gmc_answer: [answer]})) as connection:
        (row,) = connection.execute(select(doctor)).mappings()
        (stored,) = connection.execute(select(gmc_answer)).mappings()
    assert {name: row[name] for name in DOCTOR} == DOCTOR
    assert row["first_name"] is None
    assert {name: stored[name] for name in answer} == answer


def test_what_one_reader_does_no_other_sees() -> None:
    image = make_image({doctor: [], source_state: []})
    with open_image(image) as one, open_image(image) as other:
        one.execute(insert(doctor), [DOCTOR])
        assert len(one.execute(select(doctor)).all()) == 1
        assert other.execute(select(doctor)).all() == []
    with open_image(image) as again:
        assert again.execute(select(doctor)).all() == []


def test_table_that_was_not_given_is_not_there() -> None:
    with open_image(make_image({doctor: []})) as connection:
        with pytest.raises(OperationalError):
            connection.execute(select(discrepancy))
        assert {index["name"] for index in inspect(connection).get_indexes("doctor")} == {
            index.name for index in doctor.indexes
        }
