"""Looks again for doctors who are in none of the lists taken: they may have moved from one to another meanwhile."""

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from typing import Final, NamedTuple

from reval_core.asking import Asking, Attempt
from reval_core.config import Settings
from reval_core.domain.connections import read_list
from reval_core.domain.doctor import GmcRecord
from reval_core.errors import UpstreamError
from reval_core.gmc.client import GmcClient, RawAnswer
from reval_core.gmc.reply import read_doctor_list
from reval_core.sync import ledger
from reval_core.sync.gather import Gathered, fingerprint_of, unless_cancelled
from reval_core.sync.ledger import Run
from reval_core.watch.tracing import step

_MOST_LOOKS: Final = 4
"""After so many, whoever has not been found is left as they are until the next sync."""


@dataclass(slots=True)
class Located:
    """A vanished doctor whom a second look found in another body's list."""

    record: GmcRecord
    answer: RawAnswer
    answer_id: int


async def look_again(
    settings: Settings, run: Run, gathered: Gathered, vanished: set[str], left: AbstractSet[str]
) -> dict[str, Located]:
    """Ask once more for the doctors who are in no list; returns those found, by GMC number.

    A list that was asked for before theirs had arrived cannot show them; one asked for now can. Where a list has
    changed since the last look, someone is moving at this moment, and all are looked at again, until they stand still.
    Bodies that failed a moment ago are not asked again.
    """
    located: dict[str, Located] = {}
    asking = Asking(gathered.upstream.gmc)
    async with GmcClient(settings, now=run.now) as gmc:
        bodies = [body for body in settings.designated_bodies if gathered.may_hide_someone(body, left)]
        for _ in range(_MOST_LOOKS):
            look = _Look(run, asking, gmc, gathered, vanished - located.keys(), located)
            has_changed = await _look(look, bodies)
            if not has_changed or gathered.failures_of_second_look or vanished <= located.keys():
                return located
            bodies = [body for body in settings.designated_bodies if body not in gathered.failures]
    gathered.is_unsettled = True
    return located


class _Look(NamedTuple):
    """One look for some doctors into some lists; whoever is found goes into `located`."""

    run: Run
    asking: Asking
    gmc: GmcClient
    gathered: Gathered
    vanished: set[str]
    located: dict[str, Located]


async def _look(look: _Look, bodies: Collection[str]) -> bool:
    """Look into the lists of these bodies; returns whether any of them is not what it was at the look before."""
    before = dict(look.gathered.fingerprints)
    try:
        await unless_cancelled(look.run, [_look_into(look, body) for body in bodies])
    finally:
        look.gathered.upstream.made.flush()
    return look.gathered.fingerprints != before


async def _look_into(look: _Look, body: str) -> None:
    breakers = look.gathered.upstream.breakers
    try:
        with step("second look", source=body):
            await look.asking.ask(body, partial(_look_once, look, body))
    except UpstreamError as error:
        look.gathered.failures_of_second_look[body] = error
        breakers.note_failure(body, error)
        return
    breakers.note_answer(body)


async def _look_once(look: _Look, body: str, attempt: Attempt) -> None:
    gathered = look.gathered
    answer = await look.gmc.fetch_doctor_list(body, attempt)
    fingerprint = fingerprint_of(answer.raw)
    if gathered.fingerprints.get(body) == fingerprint:
        return
    with step("parse", source=body):
        doctor_list = read_doctor_list(answer.raw)
    gathered.fingerprints[body] = fingerprint
    body_list = read_list(body, doctor_list.entries, doctor_list.problems, {})
    if body_list.set_aside:
        gathered.unread_at_second_look.append(body_list)
    found = look.vanished & body_list.records.keys()
    if found:
        answer_id = ledger.keep_answer(look.run, answer, is_second_look=True)
        look.located.update((number, Located(body_list.records[number], answer, answer_id)) for number in found)
