"""How fresh the data is, in words: the line under every title, and what the overview says of everyone's."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from pages._ui.tables import Html, draw_text, joined, link, tag, time_ago
from pages._ui.words import say_count, say_day_and_time
from reval_core.domain.freshness import is_behind
from reval_core.domain.sources import TIS
from reval_core.queries.freshness import SourceAge

_NAMED_AT_MOST: Final = 4


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


def draw_trust(ages: Sequence[SourceAge], now: datetime) -> None:
    """Say in one sentence whether today's lists can be trusted; if not all can, whose cannot, since when and why."""
    received = [age.accepted_at for age in ages if age.accepted_at is not None]
    if not any(age.accepted_at for age in ages if age.source != TIS):
        draw_text(tag("No data yet", "warning"), "No list has been received from the GMC.", style="rv-trust")
        return
    late = [age for age in ages if is_source_behind(age, now)]
    if late:
        verb = "is" if len(late) == 1 else "are"
        whose = joined(*(_say_late(age, now) for age in late[:_NAMED_AT_MOST]), separator="; ")
        more = f"; and {len(late) - _NAMED_AT_MOST} more" if len(late) > _NAMED_AT_MOST else ""
        sentence = joined(f"{len(late)} of {len(ages)} {verb} behind:", joined(whose, more, ".", separator=""))
        draw_text(tag("Not all up to date", "warning"), sentence, style="rv-trust")
        return
    lists = say_count(len(ages) - 1, "list")
    oldest = min(received)
    whose = joined(f"{lists} and TIS are from {say_day_and_time(oldest, now)} or later,", time_ago(oldest, now))
    if len(ages) > 2:
        whose = joined("all", whose)
    draw_text(
        tag("Up to date", "good"), "Everyone’s data is fresh:", joined(whose, ".", separator=""), style="rv-trust"
    )


def say_data_age(ages: Sequence[SourceAge], now: datetime) -> Html | None:
    """How old the data is that is shown, in a sentence for whoever has just met a failure; `None` if there is none."""
    received = [age.accepted_at for age in ages if age.accepted_at is not None and age.source != TIS]
    if not received:
        return None
    oldest, newest = min(received), max(received)
    if oldest == newest:
        return joined("The data that is shown is from", joined(time_ago(oldest, now), ".", separator=""))
    span = joined("The lists that are shown are from", time_ago(newest, now), "to", time_ago(oldest, now))
    return joined(span, ".", separator="")


def _say_late(age: SourceAge, now: datetime) -> Html:
    why = f"({age.failure.headline[0].lower()}{age.failure.headline[1:]})" if age.failure else None
    if age.accepted_at is None:
        return joined(f"{age.name} never came", why)
    return joined(f"{age.name}, with data from {say_day_and_time(age.accepted_at, now)}", why)


def _name_late(late: Sequence[SourceAge], now: datetime) -> list[Html | str]:
    if len(late) > 3:
        return [f"{say_count(len(late), 'source')} are behind:", link("see which", "/")]
    named = [
        joined(f"{age.name} is from", time_ago(age.accepted_at, now)) if age.accepted_at else f"{age.name} never came"
        for age in late
    ]
    return [joined(*named, separator="; ")]
