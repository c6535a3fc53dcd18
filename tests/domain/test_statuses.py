"""The states of a run and of its parts, as scripts read them, and which of them can still change."""

from reval_core.domain.statuses import BodyStatus, RunStatus


def test_only_a_running_run_can_still_change() -> None:
    assert {status.value: status.is_final for status in RunStatus} == {
        "running": False,
        "succeeded": True,
        "partial": True,
        "failed": True,
        "cancelled": True,
        "interrupted": True,
    }


def test_only_work_under_way_can_still_change() -> None:
    assert [status.value for status in BodyStatus if not status.is_final] == ["waiting", "asking", "received"]
