"""Gathers what the GMC and TIS say now: every list once, TIS page by page, and a second look for doctors who vanished.

A source that fails is noted and left out; the others go on. Nothing here changes what is held of a doctor.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

import orjson

from reval_core.config import Settings
from reval_core.domain.connections import BodyList, HeldBodies, read_list
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.membership import Membership, read_membership
from reval_core.domain.statuses import BodyStatus
from reval_core.errors import Refused, UpstreamError
from reval_core.gmc.client import GmcClient, RawAnswer
from reval_core.gmc.excerpt import entries_xml
from reval_core.gmc.reply import read_doctor_list
from reval_core.sync import ledger
from reval_core.sync.ledger import TIS, Run
from reval_core.sync.plan import SentMembership, Unread
from reval_core.sync.set_aside import NotApplied
from reval_core.tis.client import TisClient

_NOT_OURS: Final = ("80", "81")
"""Return codes that say that a list is not ours to have: no doctor of ours can be hiding in it."""


@dataclass(slots=True)
class TakenList:
    """One body's list as taken: read, with the answer it came in and the exact text of what was set aside."""

    body_list: BodyList
    answer: RawAnswer
    answer_id: int
    set_aside: list[NotApplied]


@dataclass(slots=True)
class TakenMemberships:
    """TIS's complete answer, compared with what is held by fingerprints of what was sent.

    `came` was not held, `gone` are fingerprints held that were not sent, as often as they are missing; `set_aside`
    could not be read, and `unread` says of whom that was.
    """

    received: int
    unchanged: int
    held_before: int
    came: list[SentMembership]
    gone: Counter[str]
    set_aside: list[NotApplied]
    unread: Unread = field(default_factory=Unread)


@dataclass(slots=True)
class Located:
    """A vanished doctor whom a second look found in another body's list."""

    record: GmcRecord
    answer: RawAnswer
    answer_id: int


@dataclass(slots=True, repr=False)  # asyncio writes out a task's result for its log: here, every doctor
class Gathered:
    """All that both sides say. `lists` are in the order of arrival; `memberships` is `None` if TIS failed."""

    lists: list[TakenList] = field(default_factory=list)
    failures: dict[str, UpstreamError] = field(default_factory=dict)
    failures_of_second_look: dict[str, UpstreamError] = field(default_factory=dict)
    memberships: TakenMemberships | None = None
    fingerprints: dict[str, bytes] = field(default_factory=dict)

    @property
    def is_any_list_missing(self) -> bool:
        """Whether a list that may hold a vanished doctor could not be taken."""
        return any(
            not (isinstance(error, Refused) and error.return_code in _NOT_OURS)
            for source, error in (*self.failures.items(), *self.failures_of_second_look.items())
            if source != TIS
        )


async def gather(settings: Settings, run: Run, connected: HeldBodies, fingerprints: Mapping[str, int]) -> Gathered:
    """Ask the GMC for the list of each body of the run, and TIS for all memberships, side by side.

    `connected` and `fingerprints` are what is held: what is sent just as before is not read again.
    """
    gathered = Gathered()
    limit = asyncio.Semaphore(settings.parallel_requests)
    async with GmcClient(settings, now=run.now) as gmc, TisClient(settings, now=run.now) as tis:

        async def take(body: str) -> None:
            async with limit:
                await _take_list(run, gmc, gathered, body, connected.get(body, {}))

        work = [take(body) for body in run.bodies]
        await _unless_cancelled(run, [*work, _take_memberships(run, tis, gathered, fingerprints)])
    return gathered


async def look_again(settings: Settings, run: Run, gathered: Gathered, vanished: set[str]) -> dict[str, Located]:
    """Ask every body once more for the doctors who are in no list, since they may have moved while we were asking.

    A list that was taken before the doctor moved into it cannot show them; one taken now can. Bodies that failed a
    moment ago are not asked again. Returns those found, by GMC number.
    """
    located: dict[str, Located] = {}
    limit = asyncio.Semaphore(settings.parallel_requests)
    async with GmcClient(settings, now=run.now) as gmc:

        async def look(body: str) -> None:
            async with limit:
                await _look_into(run, gmc, gathered, body, vanished, located)

        asked = [look(body) for body in settings.designated_bodies if body not in gathered.failures]
        await _unless_cancelled(run, asked)
    return located


async def _take_list(run: Run, gmc: GmcClient, gathered: Gathered, body: str, held: Mapping[str, str | None]) -> None:
    ledger.note_part(run, body, status=BodyStatus.ASKING, asked_at=run.now())
    answer_id = None
    try:
        answer = await gmc.fetch_doctor_list(body)
        with run.stage("gather: keep raw answers"):
            answer_id = ledger.keep_answer(run, answer)
        with run.stage("gather: read lists"):
            taken = _read_answer(answer, answer_id, held)
    except UpstreamError as error:
        if answer_id is None and error.raw:
            answer_id = _keep_refusal(run, body, error)
        gathered.failures[body] = error
        ledger.note_failure(run, body, error, answer_id)
        return
    gathered.lists.append(taken)
    gathered.fingerprints[body] = _fingerprint(answer.raw)
    ledger.note_part(
        run,
        body,
        status=BodyStatus.RECEIVED,
        received_at=answer.received_at,
        received=taken.body_list.received,
        answer_id=answer_id,
    )


def _read_answer(answer: RawAnswer, answer_id: int, held: Mapping[str, str | None]) -> TakenList:
    doctor_list = read_doctor_list(answer.raw)
    body_list = read_list(answer.designated_body, doctor_list.entries, doctor_list.problems, held)
    positions = [entry.position for entry in body_list.set_aside if entry.position is not None]
    texts = entries_xml(answer.raw, positions) if positions else {}
    set_aside = [
        NotApplied(entry.gmc_number, entry.reason, texts.get(entry.position, "") if entry.position is not None else "")
        for entry in body_list.set_aside
    ]
    without_raw = RawAnswer(answer.designated_body, answer.client_request_id, answer.asked_at, answer.received_at, b"")
    return TakenList(body_list, without_raw, answer_id, set_aside)


def _keep_refusal(run: Run, body: str, error: UpstreamError) -> int:
    answer = RawAnswer(body, "", run.now(), run.now(), error.raw)
    return ledger.keep_answer(run, answer)


async def _take_memberships(run: Run, tis: TisClient, gathered: Gathered, fingerprints: Mapping[str, int]) -> None:
    ledger.note_part(run, TIS, status=BodyStatus.ASKING, asked_at=run.now())
    remaining = Counter(fingerprints)
    taken = TakenMemberships(0, 0, remaining.total(), [], remaining, [])
    try:
        async with aclosing(tis.pages()) as pages:
            async for page in pages:
                with run.stage("gather: read TIS"):
                    _read_page(taken, page)
    except UpstreamError as error:
        gathered.failures[TIS] = error
        ledger.note_failure(run, TIS, error)
        return
    taken.gone = +remaining
    gathered.memberships = taken
    ledger.note_part(run, TIS, status=BodyStatus.RECEIVED, received_at=run.now(), received=taken.received)


def _read_page(taken: TakenMemberships, page: list[dict[str, object]]) -> None:
    taken.received += len(page)
    remaining = taken.gone
    for raw in page:
        text = orjson.dumps(raw)
        fingerprint = hashlib.blake2b(text, digest_size=12).hexdigest()
        if remaining.get(fingerprint, 0) > 0:
            remaining[fingerprint] -= 1
            taken.unchanged += 1
            continue
        membership = read_membership(raw)
        if isinstance(membership, Membership):
            taken.came.append(SentMembership(fingerprint, membership))
        else:
            taken.set_aside.append(NotApplied(membership.gmc_number, membership.reason, text.decode()))
            taken.unread.note(raw.get("tcsPersonId"), membership.gmc_number)


async def _look_into(
    run: Run, gmc: GmcClient, gathered: Gathered, body: str, vanished: set[str], located: dict[str, Located]
) -> None:
    try:
        answer = await gmc.fetch_doctor_list(body)
        if gathered.fingerprints.get(body) == _fingerprint(answer.raw):
            return
        doctor_list = read_doctor_list(answer.raw)
    except UpstreamError as error:
        gathered.failures_of_second_look[body] = error
        return
    records = read_list(body, doctor_list.entries, doctor_list.problems, {}).records
    found = vanished & records.keys()
    if found:
        answer_id = ledger.keep_answer(run, answer, is_second_look=True)
        located.update((number, Located(records[number], answer, answer_id)) for number in found)


def _fingerprint(raw: bytes) -> bytes:
    """Tells two answers apart by their doctors alone: each answer carries a request id of its own around them."""
    start, end = raw.find(b"Doctors"), raw.rfind(b"Doctors")
    return hashlib.blake2b(raw[start:end] if start >= 0 else raw, digest_size=16).digest()


async def _unless_cancelled(run: Run, work: Iterable[Coroutine[None, None, None]]) -> None:
    """Do all the work side by side; drop it at once, between two steps, when a person cancels the run."""
    watch = asyncio.create_task(_watch_for_cancelling(run))
    tasks = [asyncio.create_task(part) for part in work]
    pending = set(tasks)
    try:
        while pending:
            done, _ = await asyncio.wait({*pending, watch}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            pending -= done
    finally:
        for task in (*tasks, watch):
            task.cancel()
        await asyncio.gather(*tasks, watch, return_exceptions=True)


async def _watch_for_cancelling(run: Run) -> None:
    while True:
        ledger.raise_if_cancelled(run)
        await asyncio.sleep(0.5)
