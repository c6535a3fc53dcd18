"""What may hang is waited for only so long, and asked once for all who wait."""

import threading
import time

import pytest

from reval_core.watch.bounded import Bounded


def test_answer_and_error_reach_whoever_asked() -> None:
    assert Bounded(lambda: 7, 1).answer() == 7
    with pytest.raises(ZeroDivisionError):
        Bounded(lambda: 1 // 0, 1).answer()


def test_what_hangs_is_given_up_in_time_and_asked_only_once() -> None:
    asked, over = [], threading.Event()

    def hang() -> int:
        asked.append(1)
        over.wait(10)
        return 7

    question = Bounded(hang, 0.1)
    began = time.monotonic()
    for _ in range(3):
        with pytest.raises(TimeoutError):
            question.answer()
    assert time.monotonic() - began < 2
    assert len(asked) == 1
    over.set()
    assert question.answer() == 7
