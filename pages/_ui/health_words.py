"""What the charts of the sync health page show, in one plain sentence or two each. Returns text, never HTML."""

from collections.abc import Iterable, Sequence
from typing import Final

from pages._ui.words import say_count, say_date, say_source, say_time
from reval_core.domain.uk_time import uk_date
from reval_core.queries.health import FailureCount, Findings, Stage, SyncTime
from reval_core.queries.health_bodies import BodyDay, DataState, Usual
from reval_core.queries.health_discrepancies import KindCourse

PHASES: Final = {
    "read what is held": "Read",
    "gather": "Gather",
    "look again": "Gather",
    "decide": "Decide",
    "apply TIS and reconsider": "Apply",
    "apply bodies": "Apply",
    "check": "Check",
    "close": "Check",
}
PHASES_EXPLAINED: Final = (
    "Read: what is held. Gather: ask the GMC and TIS. Decide: what changes. Apply: the changes. "
    "Check: what is stored against what was sent."
)
OTHER_PHASE: Final = "Other"
_MUCH_LONGER: Final = 1.5


def say_milliseconds(milliseconds: float) -> str:
    """A short time: 0.85 seconds, 12 seconds, 2 minutes 5 seconds."""
    seconds = milliseconds / 1000
    if seconds < 0.005:
        return "under 0.01 seconds"
    if seconds < 10:
        return f"{seconds:.2f} seconds" if seconds < 1 else f"{seconds:.1f} seconds"
    if seconds < 60:
        return f"{seconds:.0f} seconds"
    minutes, rest = divmod(round(seconds), 60)
    return f"{say_count(minutes, 'minute')} {say_count(rest, 'second')}" if rest else say_count(minutes, "minute")


def say_days(days: float | None) -> str | None:
    """How long something was open, in whole days; nothing where nothing was."""
    if days is None:
        return None
    return "less than a day" if days < 0.5 else say_count(round(days), "day")


def name_stage(stage: Stage) -> str:
    """A stage's name as a heading has it."""
    return stage.name[:1].upper() + stage.name[1:]


def add_up_phases(sync: SyncTime) -> dict[str, int]:
    """How long each phase of a sync took, in milliseconds: a few phases, of the stages that there are."""
    sums: dict[str, int] = {}
    for stage in sync.stages:
        phase = PHASES.get(stage.name, OTHER_PHASE)
        sums[phase] = sums.get(phase, 0) + stage.milliseconds
    return sums


def say_usual(usual: Usual) -> str:
    """What the lists before had."""
    return f"{usual.low:,.0f} to {usual.high:,.0f}"


def read_durations(syncs: Sequence[SyncTime]) -> str:
    """Whether the latest sync of everything took as long as usual, and what it was busy with."""
    sync = next((one for one in reversed(syncs) if one.is_whole), None)
    if sync is None:
        return "No sync of everything ended in these days."
    when = f"The latest sync of everything ({say_time(sync.started_at)})"
    if sync.milliseconds is None:
        return f"{when} was cut off, so nobody knows how long it took."
    phases = add_up_phases(sync)
    longest = max(phases, key=lambda phase: phases[phase])
    took = f"{when} took {say_milliseconds(sync.milliseconds)}"
    return f"{took}, {_compare(sync)}. The longest phase was “{longest}”, {say_milliseconds(phases[longest])}."


def _compare(sync: SyncTime) -> str:
    took, usual = sync.milliseconds or 0, sync.usual
    if usual is None:
        return "and there are too few before it to say what is usual"
    said = f"usually {say_milliseconds(usual.median)}"
    if took > max(usual.high, _MUCH_LONGER * usual.median):
        return f"longer than usual ({said})"
    if took > _MUCH_LONGER * usual.median:
        return f"longer than most ({said}, up to {say_milliseconds(usual.high)})"
    if took < min(usual.low, usual.median / _MUCH_LONGER):
        return f"less than usual ({said})"
    if took < usual.median / _MUCH_LONGER:
        return f"less than most ({said})"
    return f"about as long as usual ({said})"


def read_received(bodies: Iterable[Sequence[BodyDay]]) -> str:
    """Whose latest list was clearly shorter or longer than those before it."""
    latest = [next((one for one in reversed(days) if one.received is not None), None) for days in bodies]
    taken = [one for one in latest if one]
    if not taken:
        return "No list was taken in these days."
    odd = [one for one in taken if one.is_unusual]
    if odd:
        named = [f"{say_source(one.source)} ({_say_received(one)})" for one in odd]
        return f"Out of the ordinary in the latest list: {'; '.join(named)}."
    if not any(one.usual for one in taken):
        return "There are too few nights yet to say what is usual."
    return "The latest list of every body is about as long as those before it."


def _say_received(one: BodyDay) -> str:
    return f"{say_count(one.received or 0, 'doctor')}, usually {say_usual(one.usual)}" if one.usual else ""


def read_failures(failures: Sequence[FailureCount], latest: Sequence[BodyDay], number: int) -> str:
    """How much failed in these days, and what failed last."""
    span = f"in these {number} days" if number > 1 else "today"
    if not failures:
        return f"Nothing failed {span}."
    total = say_count(sum(one.times for one in failures), "failure")
    now = [f"{say_source(one.source)} ({one.failure.headline.lower()})" for one in latest if one.failure]
    if not now:
        return f"{total} {span}; none in the latest sync."
    named = "; ".join(now) if len(now) <= 3 else say_count(len(now), "source")
    return f"{total} {span}. Failed in the latest sync: {named}."


def read_ages(latest: Sequence[BodyDay]) -> str:
    """Whose data is fresh today, whose is not, and how old that is."""
    stale = [one for one in latest if one.state is not DataState.FRESH]
    if not stale:
        return f"All {len(latest)} sources are fresh today." if len(latest) > 1 else "It is fresh today."
    fresh = f"{len(latest) - len(stale)} of {say_count(len(latest), 'source')} are fresh today."
    named = [f"{say_source(one.source)}: {_say_age(one)}" for one in stale[:3]]
    rest = f"; and {len(stale) - 3} more" if len(stale) > 3 else ""
    return f"{fresh} {'; '.join(named)}{rest}."


def _say_age(one: BodyDay) -> str:
    if one.accepted_at is None:
        return "never received"
    return f"{one.state.label.lower()}, its list is of {say_date(uk_date(one.accepted_at))}"


def read_courses(courses: Sequence[KindCourse]) -> str:
    """How many discrepancies are open, whether that is more than before, and what stays open longest."""
    now, then = sum(one.open_now for one in courses), sum(one.open_then[0] for one in courses)
    if not now and not any(one.resolved for one in courses):
        return "No discrepancy is open, and none was resolved in these days."
    change = f"{now - then:,} more than" if now > then else f"{then - now:,} fewer than" if now < then else "as many as"
    said = f"{say_count(now, 'discrepancy is', 'discrepancies are')} open, {change} on the first of these days."
    timed = [one for one in courses if one.median_days is not None]
    if not timed:
        return f"{said} Not one was resolved since."
    slowest = max(timed, key=lambda one: one.median_days or 0)
    return f"{said} Of those resolved, “{slowest.kind.label}” had been open longest: {say_days(slowest.median_days)}."


def read_findings(findings: Sequence[Findings]) -> str:
    """What the latest sync did not simply apply, and what its check found."""
    if not findings:
        return "There was no sync in these days."
    last = findings[-1]
    said = [
        f"{say_count(last.set_aside, 'entry was', 'entries were')} set aside",
        f"{say_count(last.withheld, 'disconnection was', 'disconnections were')} held",
    ]
    if last.differences is None:
        check = "nothing was checked"
    else:
        check = f"the check found {say_count(last.differences, 'difference') if last.differences else 'no difference'}"
    return f"Latest night ({say_date(last.day)}): {', '.join(said)}, and {check}."
