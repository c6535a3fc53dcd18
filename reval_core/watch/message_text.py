"""What a message about alerts says: which began, grew and ended, since when, whom they concern, and what to do.

Never the name of a doctor, nor what the GMC, TIS or a person wrote; GMC numbers only where that is wished.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from reval_core.config import Settings
from reval_core.domain.alert_findings import Affected, say_number
from reval_core.queries.alerts import Alert
from reval_core.queries.reasons import say_moment
from reval_core.watch.channels import Message

NAMED_AT_MOST: Final = 20
_QUOTED: Final = re.compile(r"“[^”]*”?")
_PLAIN_NUMBER: Final = re.compile("[0-9]{1,12}")
_NUMBER: Final = re.compile(r"(?<!\d)\d{7}(?!\d)")


class News(NamedTuple):
    """The alerts that a message tells of. Those in `ended` may never have been told of: then they began, too."""

    began: Sequence[Alert]
    grew: Sequence[Alert]
    ended: Sequence[Alert]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to tell."""
        return not (self.began or self.grew or self.ended)


def write_message(
    settings: Settings, news: News, told_before: frozenset[int], told_of: Mapping[int, Sequence[Affected]]
) -> Message:
    """The message. `told_before` are the numbers of those alerts that an earlier message told of; `told_of` has whom
    each of them concerned in the latest, where that is known.
    """
    parts = [_say_where(settings)]
    parts += [_say_open(settings, one, "New", None) for one in news.began]
    parts += [_say_grown(settings, one, told_of.get(one.id)) for one in news.grew]
    parts += [_say_over(settings, one, one.id in told_before) for one in news.ended]
    links = tuple(
        (_clean(settings, one.title), link_to(settings, one)) for one in (*news.began, *news.grew, *news.ended)
    )
    return Message(_write_title(settings, news), "\n\n".join(parts) + "\n", links)


def link_to(settings: Settings, one: Alert) -> str:
    """The address of an alert's page."""
    return f"{settings.public_url.rstrip('/')}/alerts?id={one.id}"


def _write_title(settings: Settings, news: News) -> str:
    everything = [*news.began, *news.grew, *news.ended]
    if len(everything) == 1:
        (one,) = everything
        said = "Over" if news.ended else one.urgency.label
        return f"[{settings.environment}] {said}: {_clean(settings, one.title)}"
    counts = ((len(news.began), "new"), (len(news.grew), "grown"), (len(news.ended), "over"))
    told = ", ".join(f"{count} {word}" for count, word in counts if count)
    return f"[{settings.environment}] Revalidation alerts: {told}"


def _say_where(settings: Settings) -> str:
    invented = " Its people are invented." if settings.is_demonstration else ""
    return f"From the revalidation dashboard, environment “{settings.environment}”.{invented}"


class _Others(NamedTuple):
    """Whom an alert has come to concern since the latest message, and whom it no longer does."""

    new: Sequence[Affected]
    over: Sequence[Affected]


def _say_grown(settings: Settings, one: Alert, told_of: Sequence[Affected] | None) -> str:
    """An alert that concerns somebody whom it did not: besides all of before, or instead of some of them."""
    if told_of is None or one.affected_count > len(one.affected):
        return _say_open(settings, one, "Now concerns more than before", None)
    before, now = {each.identity for each in told_of}, {each.identity for each in one.affected}
    others = _Others(
        [each for each in one.affected if each.identity not in before],
        [each for each in told_of if each.identity not in now],
    )
    how = "Now concerns others" if others.over else "Now concerns more than before"
    return _say_open(settings, one, how, others)


def _say_open(settings: Settings, one: Alert, how: str, others: _Others | None) -> str:
    lines = [
        f"{how} – {one.urgency.label.lower()}: {_clean(settings, one.title)}",
        f"Since {say_moment(one.first_seen_at)}.",
        *([_clean(settings, one.detail)] if one.detail and not one.rule.may_quote else []),
        *(_say_others(settings, one, others) if others else ()),
        *_say_whom(settings, one),
        f"Why it matters: {one.rule.why_it_matters}",
        f"What to do: {one.rule.what_to_do}",
        f"Whom to ask: {one.rule.contact}",
        *([f"Reference: {one.reference}"] if one.reference else []),
        link_to(settings, one),
    ]
    return "\n".join(lines)


def _say_over(settings: Settings, one: Alert, was_told: bool) -> str:
    ended = say_moment(one.resolved_at or one.last_seen_at)
    began = say_moment(one.first_seen_at)
    how = f"Over since {ended}" if was_told else f"Began on {began} and is over since {ended}"
    return f"{how}: {_clean(settings, one.title)}\n{link_to(settings, one)}"


def _say_whom(settings: Settings, one: Alert) -> Iterator[str]:
    """Whom it concerns, a line each, up to twenty."""
    count = one.affected_count if settings.messages_name_numbers else 0
    yield from _say_list("Whom it concerns:", list(_name_all(settings, one, one.affected)), count)


def _say_others(settings: Settings, one: Alert, others: _Others) -> Iterator[str]:
    yield from _say_list("New among them:", list(_name_all(settings, one, others.new)))
    yield from _say_list("No longer among them:", list(_name_all(settings, one, others.over)))


def _say_list(heading: str, told: Sequence[str], count: int = 0) -> Iterator[str]:
    if not told:
        return
    yield heading
    yield from (f"- {line}" for line in told[:NAMED_AT_MOST])
    unnamed = max(len(told), count) - NAMED_AT_MOST
    if unnamed > 0:
        yield f"- and {unnamed:,} more"


def _name_all(settings: Settings, one: Alert, affected: Sequence[Affected]) -> Iterator[str]:
    numbered = [each for each in affected if each.gmc_number or each.person_id]
    yield from (_name_other(settings, one, each) for each in affected if each not in set(numbered))
    if settings.messages_name_numbers:
        yield from map(_name_person, numbered)
        return
    for place, count in Counter(each.place or "no designated body" for each in numbered).items():
        yield f"{say_number(count, 'doctor')}, {place}"


def _name_person(each: Affected) -> str:
    """By number. What TIS sends in the place of one may be any words, and a name too: then only that it is somebody."""
    kind, number = ("GMC number", each.gmc_number) if each.gmc_number else ("TIS person", each.person_id)
    who = f"{kind} {number}" if _PLAIN_NUMBER.fullmatch(number or "") else "a person without a usable number"
    return f"{who}, {each.place}" if each.place else who


def _name_other(settings: Settings, one: Alert, each: Affected) -> str:
    named = ", ".join(part for part in (each.place, each.name) if part)
    who = named or each.reference or "an entry without a usable GMC number"
    if each.place and each.source and one.rule.may_quote:
        who = f"an entry without a usable GMC number, {each.place}"
    return who if one.rule.may_quote or not each.why else f"{who}: {_clean(settings, each.why)}"


def _clean(settings: Settings, text: str) -> str:
    """A sentence of ours on one line, without the words of others that it quotes, and without numbers if so wished."""
    plain = _QUOTED.sub("“…”", " ".join(text.split()))
    return plain if settings.messages_name_numbers else _NUMBER.sub("(number withheld)", plain)
