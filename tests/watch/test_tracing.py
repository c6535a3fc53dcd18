"""Steps have the right parents, also in tasks and threads; and nothing of an error but its kind is traced."""

import asyncio
import threading

import pytest
from opentelemetry.sdk.trace import ReadableSpan

from reval_core.domain.references import spell_trace
from reval_core.errors import Blocked
from reval_core.watch.tracing import (
    FAILURE,
    SOURCE,
    STEPS_AT_MOST,
    apart,
    current_reference,
    current_run,
    current_source,
    current_trace_id,
    keeping_steps,
    note_run,
    step,
    trace_of,
)


def parents(steps: list[ReadableSpan]) -> dict[str, str | None]:
    names = {one.context.span_id: one.name for one in steps if one.context}
    return {one.name: names[one.parent.span_id] if one.parent else None for one in steps}


def test_step_within_another_belongs_to_it() -> None:
    with keeping_steps() as steps, step("run"):
        with step("body", source="TIS"), step("request"):
            assert current_source() == "TIS"
        assert current_source() is None
    assert parents(steps) == {"request": "body", "body": "run", "run": None}
    assert {one.context.trace_id for one in steps if one.context} == {steps[0].context and steps[0].context.trace_id}


def test_tasks_and_threads_keep_their_parents_apart() -> None:
    async def take(body: str) -> None:
        with step(f"body {body}", source=body):
            await asyncio.sleep(0.01)
            await asyncio.to_thread(read, body)

    def read(body: str) -> None:
        assert current_source() == body
        with step(f"parse {body}"):
            pass

    async def take_all() -> None:
        await asyncio.gather(*(take(body) for body in "abc"))

    with keeping_steps() as steps, step("run"):
        asyncio.run(take_all())
    found = parents(steps)
    assert {found[f"parse {body}"] for body in "abc"} == {f"body {body}" for body in "abc"}
    assert all(found[f"parse {body}"] == f"body {body}" and found[f"body {body}"] == "run" for body in "abc")


def test_nothing_of_a_step_leaks_into_what_comes_after_it() -> None:
    with step("page"):
        first = current_trace_id()
    assert current_trace_id() is None
    with step("page"):
        assert current_trace_id() not in (None, first)
    seen: list[str | None] = []
    with step("page"):  # a thread that was not given a context, as each of a visitor's reruns, has nothing of it
        thread = threading.Thread(target=lambda: seen.append(current_trace_id()))
        thread.start()
        thread.join()
    assert seen == [None]


def test_failure_is_marked_by_its_kind_alone() -> None:
    with keeping_steps() as steps:
        with pytest.raises(Blocked), step("request"):
            raise Blocked("The GMC refuses Amelia Smith.", source="GMC")
        with pytest.raises(KeyError), step("parse"):
            raise KeyError("Smith, Amelia")
    assert [dict(one.attributes or {})[FAILURE] for one in steps] == ["blocked", "internal"]
    assert "Smith" not in "".join(one.to_json() for one in steps)


def test_what_only_looks_like_an_error_is_no_failure() -> None:
    class Rerun(BaseException):
        pass

    with keeping_steps() as steps:
        with pytest.raises(Rerun), step("page"):
            raise Rerun
        with pytest.raises(KeyboardInterrupt), step("run"):
            raise KeyboardInterrupt
    assert [dict(one.attributes or {}).get(FAILURE) for one in steps] == [None, "cancelled"]


def test_error_remembers_the_trace_that_it_arose_in() -> None:
    error = ValueError("x")
    with keeping_steps() as steps, pytest.raises(ValueError, match="x"), step("page"), step("query"):
        raise error
    assert steps[0].context is not None
    assert trace_of(error) == f"{steps[0].context.trace_id:032x}"
    assert trace_of(ValueError("elsewhere")) is None


def test_every_trace_can_be_read_out() -> None:
    with step("page"):
        assert current_reference() == spell_trace(current_trace_id() or "")
        assert current_reference() is not None
        with apart(), step("failure"):
            assert current_reference() is not None
            inner = current_trace_id()
        assert current_trace_id() != inner


def test_steps_kept_are_bounded_and_the_outermost_is_among_them() -> None:
    with keeping_steps() as steps, step("run"):
        for _ in range(STEPS_AT_MOST + 10):
            with step("request"):
                pass
    assert len(steps) == STEPS_AT_MOST
    assert steps[-1].name == "run"


def test_run_is_known_until_its_end() -> None:
    with keeping_steps() as steps, step("run"):
        note_run(7)
        assert current_run() == 7
    assert current_run() is None
    assert dict(steps[0].attributes or {}) == {"reval.run": 7}
    assert SOURCE not in dict(steps[0].attributes or {})
