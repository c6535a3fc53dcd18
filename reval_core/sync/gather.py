"""Gathers what the GMC and TIS say now: every list once, TIS page by page.

A source that fails is noted and left out; the others go on. Nothing here changes what is held of a doctor.
Doctors who vanished are looked for once more in `second_look.py`.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import orjson
import xxhash

from reval_core.asking import Asking, Attempt
from reval_core.config import Settings
from reval_core.domain.connections import BodyList, HeldBodies, read_list
from reval_core.domain.doctor import CannotRead
from reval_core.domain.membership import Membership, read_membership
from reval_core.domain.sources import TIS
from reval_core.domain.statuses import BodyStatus
from reval_core.errors import ImplausibleAnswer, Refused, UpstreamError
from reval_core.gmc.client import GmcClient, RawAnswer
from reval_core.gmc.excerpt import entries_xml
from reval_core.gmc.reply import read_doctor_list
from reval_core.sync import ledger
from reval_core.sync.ledger import Run
from reval_core.sync.plan import SentMembership, Unread
from reval_core.sync.set_aside import NotApplied
from reval_core.sync.upstream import Upstream
from reval_core.tis.client import TisClient
from reval_core.watch.tracing import step

_LIST_START: Final = re.compile(rb"<(?:[\w.-]+:)?Doctors[\s>]")
_NEEDED: Final = {
    "gmc_number": "a usable GMC number",
    "designated_body": "a programme owner that we know",
    "membership_type": "a membership type",
}
_MOST_REPEATED: Final = 20
"""So many memberships may be sent twice while others are missing, and be taken for what they seem to be."""
_NOT_A_MEMBERSHIP: Final = "It is not an object with the fields of a membership."
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


@dataclass(slots=True, repr=False)  # asyncio writes out a task's result for its log: here, every doctor
class Gathered:
    """All that both sides say. `lists` are in the order of arrival; `memberships` is `None` if TIS failed.

    Of the lists of a second look, `unread_at_second_look` keeps those with entries that could not be read. With
    `is_unsettled`, the lists changed at every look, so that nobody can be said to be in none of them. `upstream` is how
    whoever asks further has to ask.
    """

    upstream: Upstream
    lists: list[TakenList] = field(default_factory=list)
    failures: dict[str, UpstreamError] = field(default_factory=dict)
    failures_of_second_look: dict[str, UpstreamError] = field(default_factory=dict)
    unread_at_second_look: list[BodyList] = field(default_factory=list)
    is_unsettled: bool = False
    memberships: TakenMemberships | None = None
    fingerprints: dict[str, int] = field(default_factory=dict)

    def may_hide_someone(self, body: str, left: AbstractSet[str]) -> bool:
        """Whether doctors who left these bodies' lists may be in this one's unseen: asked for too early, or not at all.

        A list that failed a moment ago is not asked for again.
        """
        asked = {taken.answer.designated_body: taken.answer.asked_at for taken in self.lists}
        others = [taken.answer.received_at for taken in self.lists if taken.answer.designated_body in left - {body}]
        return body not in self.failures and bool(others) and (body not in asked or asked[body] <= max(others))

    @property
    def is_any_list_missing(self) -> bool:
        """Whether a list that may hold a vanished doctor could not be taken, or never stood still."""
        failures = [*self.failures.items(), *self.failures_of_second_look.items()]
        return self.is_unsettled or may_hide_doctors(failures)


def may_hide_doctors(failures: Iterable[tuple[str, UpstreamError]]) -> bool:
    """Whether a doctor of ours may be in one of the lists that failed so, by source. TIS has no list of the GMC's."""
    return any(
        not (isinstance(error, Refused) and error.return_code in _NOT_OURS)
        for source, error in failures
        if source != TIS
    )


async def gather(
    settings: Settings, run: Run, upstream: Upstream, connected: HeldBodies, fingerprints: Mapping[str, int]
) -> Gathered:
    """Ask the GMC for the list of each body of the run, and TIS for all memberships, side by side.

    `connected` and `fingerprints` are what is held: what is sent just as before is not read again.
    """
    gathered = Gathered(upstream)
    asking = Asking(upstream.gmc)
    reading = asyncio.Lock()  # a list at a time: two at once take no less time, but twice the memory
    async with (
        GmcClient(settings, now=run.now) as gmc,
        TisClient(settings, now=run.now, asking=Asking(upstream.tis)) as tis,
    ):

        async def take(body: str) -> None:
            with step("body", source=body):
                await _take_list(run, _Source(upstream, asking, gmc, reading), gathered, body, connected.get(body, {}))

        async def take_tis() -> None:
            with step("body", source=TIS):
                await _take_memberships(run, tis, gathered, fingerprints, settings.tis_may_lose_percent)

        try:
            await unless_cancelled(run, [*(take(body) for body in run.bodies), take_tis()])
        finally:
            upstream.made.flush()
    return gathered


class _Source(NamedTuple):
    """The GMC as it is asked while gathering."""

    upstream: Upstream
    asking: Asking
    gmc: GmcClient
    reading: asyncio.Lock


async def _take_list(run: Run, source: _Source, gathered: Gathered, body: str, held: Mapping[str, str | None]) -> None:
    upstream, answer_id = source.upstream, None

    async def take_once(attempt: Attempt) -> TakenList:
        nonlocal answer_id
        answer_id = None
        if attempt.number == 1:
            ledger.note_part(run, body, status=BodyStatus.ASKING, asked_at=attempt.asked_at)
        answer = await source.gmc.fetch_doctor_list(body, attempt)
        async with source.reading:
            answer_id = await asyncio.to_thread(_keep_answer, run, answer)
            taken = await asyncio.to_thread(_read_answer, run, answer, answer_id, held)
        gathered.fingerprints[body] = fingerprint_of(answer.raw)
        return taken

    try:
        taken = await source.asking.ask(body, take_once)
    except UpstreamError as error:
        if answer_id is None and error.raw:
            answer_id = _keep_refusal(run, body, error)
        gathered.failures[body] = error
        ledger.note_failure(run, body, error, answer_id)
        upstream.breakers.note_failure(body, error)
        return
    upstream.breakers.note_answer(body)
    upstream.made.flush()
    gathered.lists.append(taken)
    ledger.note_part(
        run,
        body,
        status=BodyStatus.RECEIVED,
        received_at=taken.answer.received_at,
        received=taken.body_list.received,
        answer_id=answer_id,
    )


def _keep_answer(run: Run, answer: RawAnswer) -> int:
    with run.stage("gather: keep raw answers"):
        return ledger.keep_answer(run, answer)


def _read_answer(run: Run, answer: RawAnswer, answer_id: int, held: Mapping[str, str | None]) -> TakenList:
    """Read an answer; in a thread of its own, since half of the work is done by libraries that let others run."""
    with run.stage("gather: read lists"), step("parse", source=answer.designated_body):
        return _read(answer, answer_id, held)


def _read(answer: RawAnswer, answer_id: int, held: Mapping[str, str | None]) -> TakenList:
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


async def _take_memberships(
    run: Run, tis: TisClient, gathered: Gathered, fingerprints: Mapping[str, int], may_lose_percent: float
) -> None:
    breakers = gathered.upstream.breakers
    remaining = Counter(fingerprints)
    taken = TakenMemberships(0, 0, remaining.total(), [], remaining, [])
    try:
        breakers.require_tis()
        ledger.note_part(run, TIS, status=BodyStatus.ASKING, asked_at=run.now())
        async with aclosing(tis.pages()) as pages:
            async for page in pages:
                with run.stage("gather: read TIS"):
                    _read_page(taken, page)
        _require_plausible(taken, fingerprints, may_lose_percent)
    except UpstreamError as error:
        gathered.failures[TIS] = error
        ledger.note_failure(run, TIS, error)
        if not isinstance(error, ImplausibleAnswer):
            breakers.note_failure(TIS, error)
        return
    breakers.note_answer(TIS)
    taken.gone = +remaining
    gathered.memberships = taken
    ledger.note_part(run, TIS, status=BodyStatus.RECEIVED, received_at=run.now(), received=taken.received)


def _require_plausible(taken: TakenMemberships, held: Mapping[str, int], may_lose_percent: float) -> None:
    """Raise `ImplausibleAnswer` if so many of the memberships held are missing that many would seem to have left, or
    if as many as that say something new, and it is that a value is empty or unusable without which nothing can be
    compared; also if many were sent twice where others are missing, which is what moving between pages looks like.

    Each counts once, however often it is held or sent: after a night on which TIS sent everything twice, one on which
    it sends everything once lacks nothing.
    """
    if may_lose_percent >= 100 or not held:
        return
    still_sent = sum(taken.gone[fingerprint] < count for fingerprint, count in held.items())
    sent = still_sent + len({one.fingerprint for one in taken.came}) + len(taken.set_aside)
    most = may_lose_percent * len(held) / 100
    if len(held) - sent > most:
        raise _implausible(f"TIS sent {sent:,} different memberships, where {len(held):,} were held.")
    for name, words in _NEEDED.items():
        without = sum(getattr(one.membership, name) is None for one in taken.came)
        if without > most:
            raise _implausible(f"TIS sent {without:,} memberships anew without {words}, where {len(held):,} were held.")
    repeated = sum(one.fingerprint in held for one in taken.came)
    missing = len(held) - still_sent
    if min(repeated, missing) > _MOST_REPEATED:
        raise _implausible(f"TIS sent {repeated:,} memberships twice, and {missing:,} not at all.")


def _implausible(what: str) -> ImplausibleAnswer:
    return ImplausibleAnswer(f"{what} Nothing of this answer was applied.", source=TIS)


def _read_page(taken: TakenMemberships, page: list[object]) -> None:
    taken.received += len(page)
    remaining = taken.gone
    for raw in page:
        text = _as_sent(raw)
        fingerprint = xxhash.xxh3_64_hexdigest(text)
        if remaining.get(fingerprint, 0) > 0:
            remaining[fingerprint] -= 1
            taken.unchanged += 1
            continue
        membership = read_membership(raw) if isinstance(raw, dict) else CannotRead(_NOT_A_MEMBERSHIP, None)
        if isinstance(membership, Membership):
            taken.came.append(SentMembership(fingerprint, membership))
        else:
            taken.set_aside.append(NotApplied(membership.gmc_number, membership.reason, text.decode()))
            taken.unread.note(raw.get("tcsPersonId") if isinstance(raw, dict) else None, membership.gmc_number)


def _as_sent(raw: object) -> bytes:
    """What TIS sent, written once more. Parts that are nested too deeply to be written are left out."""
    try:
        return orjson.dumps(raw)
    except TypeError:
        flat = raw.items() if isinstance(raw, dict) else ()
        return orjson.dumps({name: value for name, value in flat if not isinstance(value, dict | list)})


def fingerprint_of(raw: bytes) -> int:
    """Tells two answers apart by their doctors alone: each answer carries a request id of its own around them."""
    start, end = _LIST_START.search(raw), raw.rfind(b"Doctors>")
    return xxhash.xxh3_128_intdigest(raw[start.start() : end] if start else raw)


async def unless_cancelled(run: Run, work: Iterable[Coroutine[None, None, None]]) -> None:
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
