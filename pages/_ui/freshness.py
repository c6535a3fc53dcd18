"""How fresh the data is, in words: the line under every title, and what the overview says of each body."""

from collections.abc import Sequence
from datetime import datetime

from pages._ui.tables import Html, draw_text, joined, link, tag, time_ago
from pages._ui.words import say_count
from reval_core.domain.freshness import is_behind
from reval_core.domain.sources import TIS
from reval_core.queries.freshness import SourceAge


def is_source_behind(age: SourceAge, now: datetime) -> bool:
    """Whether a source is behind by the rule."""
    return is_behind(age.accepted_at, age.failed_at, now)


def draw_data_age(ages: Sequence[SourceAge], now: datetime) -> None:
    """Say how old the data on this page is, and name whose is behind."""
    lists = [age for age in ages if age.source != TIS]
    received = [age.accepted_at for age in lists if age.accepted_at is not None]
    if not received:
        draw_text(tag("No data yet", "warning"), "No list has been received from the GMC.", style="rv-meta")
        return
    late = [age for age in ages if is_source_behind(age, now)]
    if not late:
        counted = "The GMC's list is" if len(lists) == 1 else f"All {len(lists)} of the GMC’s lists are"
        draw_text(tag("Up to date", "good"), f"{counted} from", time_ago(min(received), now), style="rv-meta")
        return
    draw_text(tag("Not all up to date", "warning"), *_name_late(late, now), style="rv-meta")


def _name_late(late: Sequence[SourceAge], now: datetime) -> list[Html | str]:
    if len(late) > 3:
        return [f"{say_count(len(late), 'source')} are behind:", link("see which", "/")]
    named = [
        joined(f"{age.name} is from", time_ago(age.accepted_at, now)) if age.accepted_at else f"{age.name} never came"
        for age in late
    ]
    return [joined(*named, separator="; ")]
