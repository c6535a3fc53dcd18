"""A soak of a few days with few people: that it comes to its end, and that nothing is wrong then."""

import pytest

from tests.soak.__main__ import main


@pytest.mark.slow
def test_days_of_trouble_end_with_everybody_accounted_for(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["--days", "5", "--doctors", "3000", "--processes", "2", "--seed", "3"])
    assert status == 0, capsys.readouterr().out
