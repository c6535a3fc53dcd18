"""Looks again for doctors who are in none of the lists taken: they may have moved from one to another meanwhile."""

import asyncio
from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from reval_core.config import Settings
from reval_core.domain.connections import read_list
from reval_core.domain.doctor import GmcRecord
from reval_core.errors import UpstreamError
from reval_core.gmc.client import GmcClient, RawAnswer
from reval_core.gmc.reply import read_doctor_list
from reval_core.sync import ledger
from reval_core.sync.gather import Gathered, fingerprint_of, unless_cancelled
from reval_core.sync.ledger import Run

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
    async with GmcClient(settings, now=run.now) as gmc:
        bodies = [body for body in settings.designated_bodies if gathered.may_hide_someone(body, left)]
        for _ in range(_MOST_LOOKS):
            has_changed = await _look(settings, run, gmc, gathered, bodies, vanished - located.keys(), located)
            if not has_changed or gathered.failures_of_second_look or vanished <= located.keys():
                return located
            bodies = [body for body in settings.designated_bodies if body not in gathered.failures]
    gathered.is_unsettled = True
    return located


async def _look(
    settings: Settings,
    run: Run,
    gmc: GmcClient,
    gathered: Gathered,
    bodies: Collection[str],
    vanished: set[str],
    located: dict[str, Located],
) -> bool:
    """Look into the lists of these bodies; returns whether any of them is not what it was at the look before."""
    before = dict(gathered.fingerprints)
    limit = asyncio.Semaphore(settings.parallel_requests)

    async def look(body: str) -> None:
        async with limit:
            await _look_into(run, gmc, gathered, body, vanished, located)

    await unless_cancelled(run, [look(body) for body in bodies])
    return gathered.fingerprints != before


async def _look_into(
    run: Run, gmc: GmcClient, gathered: Gathered, body: str, vanished: set[str], located: dict[str, Located]
) -> None:
    try:
        answer = await gmc.fetch_doctor_list(body)
        fingerprint = fingerprint_of(answer.raw)
        if gathered.fingerprints.get(body) == fingerprint:
            return
        doctor_list = read_doctor_list(answer.raw)
    except UpstreamError as error:
        gathered.failures_of_second_look[body] = error
        return
    gathered.fingerprints[body] = fingerprint
    body_list = read_list(body, doctor_list.entries, doctor_list.problems, {})
    if body_list.set_aside:
        gathered.unread_at_second_look.append(body_list)
    found = vanished & body_list.records.keys()
    if found:
        answer_id = ledger.keep_answer(run, answer, is_second_look=True)
        located.update((number, Located(body_list.records[number], answer, answer_id)) for number in found)
