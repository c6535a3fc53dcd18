"""Rules about the sources: blocked, credentials refused, data too old, too many failures, lists that were not taken."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Row, Select, and_, case, func, literal, or_, select

from reval_core.db.tables import audit_event, breaker, doctor, sync_run, sync_run_part, upstream_request
from reval_core.domain.alert_findings import Affected, Finding, say_names, say_service
from reval_core.domain.alerts import AlertRule
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.failures import FailureKind
from reval_core.domain.freshness import FRESH_FOR
from reval_core.domain.references import name_run
from reval_core.domain.sources import TIS
from reval_core.domain.statuses import BodyStatus, RunStatus
from reval_core.queries.freshness import SourceAge
from reval_core.queries.reasons import say_moment
from reval_core.queries.stored import as_member_or_none
from reval_core.watch.rules.look import Look, name_source, say_age

WINDOW: Final = timedelta(hours=24)
FEWEST_REQUESTS: Final = 3
_CLOSED: Final = "closed"
_WHOLE_GMC: Final = "GMC"
_CREDENTIALS: Final = re.compile(r"return code 99\b|\(status 401\)|\bThe GMC is given a rest\b")
"""What says of a refusal that it is about who we are. The whole GMC is given a rest after no other refusal."""
_OWN_RULES: Final = (FailureKind.BLOCKED, FailureKind.REFUSED)
"""Failures that do not count as such in a rate: a block has its own alert, and a refusal is an answer."""

Judge = Callable[[FailureKind | None, str | None], bool]
"""Says of a failure and its details whether it is of the kind that is looked for."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stands in the way of asking a service. `is_whole` says whether for all its lists."""

    sources: tuple[str, ...]
    is_whole: bool
    detail: str | None
    next_attempt_at: datetime | None


def find_blocks(look: Look) -> Iterator[Finding]:
    """The GMC, or TIS, or a firewall before it, does not let us through. Open until it does, whatever is probed."""
    for service, trouble in _find_troubles(look, _is_block):
        whose = "" if trouble.is_whole else f" for {say_names(trouble.sources)}"
        title = f"{say_service(service)[:1].upper()}{say_service(service)[1:]} blocks our requests{whose}"
        yield _say_trouble(look, AlertRule.BLOCKED, service, title, trouble)


def find_refused_credentials(look: Look) -> Iterator[Finding]:
    """The GMC, or TIS, does not accept our user name, password or address."""
    for service, trouble in _find_troubles(look, is_about_credentials):
        title = f"{say_service(service)[:1].upper()}{say_service(service)[1:]} refuses our user name or password"
        yield _say_trouble(look, AlertRule.CREDENTIALS_REFUSED, service, title, trouble)


def find_old_data(look: Look) -> Iterator[Finding]:
    """Lists, and TIS, that were last taken more than 26 hours ago, or never since the first sync that long ago."""
    look.wait_for_end_of_sync()
    first: datetime | None = look.connection.scalar(select(sync_run.c.started_at).order_by(sync_run.c.id).limit(1))
    if first is None:
        return
    old = [age for age in look.ages.values() if look.now - (age.accepted_at or first) > FRESH_FOR]
    if old:
        yield Finding(
            AlertRule.DATA_TOO_OLD,
            f"Data of {say_names([age.source for age in old])} is older than 26 hours",
            tuple(name_source(age.source, f"{say_age(age)} {_say_why_old(age)}") for age in old),
            detail=look.say_whether_to_start([age.source for age in old]),
            reference=_reference_of(old),
        )


def find_error_rates(look: Look) -> Iterator[Finding]:
    """Sources of whose requests too many fail, each counted by itself: one that is ill among many that are well.

    It is over as soon as the latest request was answered at the first attempt.
    """
    look.wait_for_end_of_sync()
    told = look.named_by(AlertRule.BLOCKED, AlertRule.CREDENTIALS_REFUSED, AlertRule.SYNC_FAILED)
    told |= {source for source in look.affected_before(AlertRule.SYNC_PARTIAL) if _is_failing(look, source)}
    rows = look.connection.execute(_select_rates(look.now - WINDOW)).all()
    for service in (_WHOLE_GMC, TIS):
        its_rows = [row for row in rows if (row.source == TIS) == (service == TIS) and row.source in look.ages]
        ill = [row for row in its_rows if _is_above(look, row.failed, row.asked) and not row.is_well]
        if not ill and _is_above(look, sum(row.failed for row in its_rows), sum(row.asked for row in its_rows)):
            ill = [row for row in its_rows if row.failed and not row.is_well]
        ill = [row for row in ill if row.source not in told]
        if ill:
            yield _say_rates(look, service, ill)


def find_partial(look: Look) -> Iterator[Finding]:
    """Lists that could not be taken, and what else was not done, as far as no other alert says so."""
    look.wait_for_end_of_sync()
    told = look.named_by(AlertRule.BLOCKED, AlertRule.CREDENTIALS_REFUSED, AlertRule.SYNC_FAILED, AlertRule.ERROR_RATE)
    failing = [source for source in look.ages if _is_failing(look, source) and source not in told]
    affected = [look.name_failing(source) for source in failing]
    troubles = list(_find_whole_problems(look))
    affected += [Affected(detail or kind.headline, reference=name_run(run)) for run, kind, detail in troubles]
    if not affected:
        return
    runs = [run for run, _, _ in troubles]
    title = f"{say_names(failing)} could not be synced" if failing else f"The sync {name_run(runs[0])} was done in part"
    reference = _reference_of([look.ages[source] for source in failing]) or (name_run(runs[0]) if runs else None)
    yield Finding(AlertRule.SYNC_PARTIAL, title, tuple(affected), reference=reference)


def find_never_filled(look: Look) -> Iterator[Finding]:
    """Bodies whose list came, and is empty, and that have never had a doctor: the code may be wrong, or the account."""
    e = audit_event.c
    for body in look.settings.designated_bodies:
        age = look.ages[body]
        if age.accepted_at is None or age.received != 0:
            continue
        has_one = select(doctor.c.gmc_number).where(doctor.c.designated_body == body)
        had_one = select(e.id).where(e.field == literal("designated_body", literal_execute=True), e.old == body)
        if any(look.connection.execute(query.limit(1)).first() for query in (has_one, had_one)):
            continue
        yield Finding(
            AlertRule.LIST_NEVER_FILLED,
            f"{name_of(body)} has never had a doctor",
            (
                name_source(
                    body, f"The list that came on {say_moment(age.accepted_at)} is empty, as was every one before."
                ),
            ),
            subject=body,
            reference=name_run(age.accepted_run_id, body) if age.accepted_run_id else None,
        )


def service_of(scope: str) -> str:
    """The service that a body's code, or a service, belongs to."""
    return TIS if scope == TIS else _WHOLE_GMC


def is_about_credentials(failure: FailureKind | None, detail: str | None) -> bool:
    """Whether a refusal is about who we are, and not about what we asked for."""
    return failure is FailureKind.REFUSED and _CREDENTIALS.search(detail or "") is not None


def _is_block(failure: FailureKind | None, _detail: str | None) -> bool:
    return failure is FailureKind.BLOCKED


def _find_troubles(look: Look, is_it: Judge) -> Iterator[tuple[str, Trouble]]:
    resting = list(look.connection.execute(select(breaker).where(breaker.c.state != _CLOSED)))
    resting = [row for row in resting if is_it(as_member_or_none(FailureKind, row.failure), row.failure_detail)]
    for service in (_WHOLE_GMC, TIS):
        of_service = [source for source in look.ages if service_of(source) == service]
        rows = [row for row in resting if service_of(row.scope) == service]
        hit = {source for source in of_service if is_it(look.ages[source].failure, look.ages[source].failure_detail)}
        hit |= {row.scope for row in rows if row.scope in look.ages}
        if not hit and not rows:
            continue
        is_whole = any(row.scope == service for row in rows) or len(hit) == len(of_service)
        sources = tuple(source for source in of_service if source in hit or not hit)
        detail = next((row.failure_detail for row in rows), None)
        attempts = [row.next_attempt_at for row in rows if row.next_attempt_at]
        yield service, Trouble(sources, is_whole, detail, min(attempts, default=None))


def _say_trouble(look: Look, rule: AlertRule, service: str, title: str, trouble: Trouble) -> Finding:
    affected = tuple(
        look.name_failing(source) if _is_failing(look, source) else name_source(source, say_age(look.ages[source]))
        for source in trouble.sources
    )
    due = f"The next attempt is due on {say_moment(trouble.next_attempt_at)}." if trouble.next_attempt_at else None
    detail = " ".join(part for part in (trouble.detail, due) if part) or None
    reference = _reference_of([look.ages[source] for source in trouble.sources])
    return Finding(rule, title, affected, service, detail, reference)


def _is_failing(look: Look, source: str) -> bool:
    return source in look.ages and look.ages[source].failure is not None


def _reference_of(ages: Sequence[SourceAge]) -> str | None:
    """The sync of the latest failure; if only one source is concerned, its part of that sync."""
    failed = [age for age in ages if age.failed_run_id is not None]
    if not failed:
        return None
    latest = max(failed, key=lambda age: age.failed_run_id or 0)
    return name_run(latest.failed_run_id or 0, latest.source if len(ages) == 1 else None)


def _say_why_old(age: SourceAge) -> str:
    if age.failure is None or age.failed_at is None:
        return "No sync has taken it since."
    return f"The latest attempt failed on {say_moment(age.failed_at)}: {age.failure_detail or age.failure.headline}"


def _is_above(look: Look, failed: int, asked: int) -> bool:
    return asked >= FEWEST_REQUESTS and failed * 100 > look.settings.error_rate_percent * asked


def _say_rates(look: Look, service: str, ill: Sequence[Row[Any]]) -> Finding:
    names = say_names([row.source for row in ill])
    if all(_is_failing(look, row.source) for row in ill):
        said = {failure.headline for row in ill if (failure := look.ages[row.source].failure)}
        headline = said.pop() if len(said) == 1 else ""
        title = f"Requests for {names} fail" + (f": {headline[:1].lower()}{headline[1:]}" if headline else "")
    else:
        title = f"Too many requests for {names} fail"
    affected = tuple(
        name_source(row.source, f"{row.failed:,} of {row.asked:,} requests failed within a day. {_say_last(look, row)}")
        for row in ill
    )
    reference = _reference_of([look.ages[row.source] for row in ill if _is_failing(look, row.source)])
    return Finding(AlertRule.ERROR_RATE, title, affected, service, reference=reference)


def _say_last(look: Look, row: Row[Any]) -> str:
    age = look.ages[row.source]
    if age.failure is None:
        return "Its list came in the end, after repeated attempts."
    return f"{age.failure_detail or age.failure.headline} {say_age(age)}"


def _select_rates(since: datetime) -> Select[Any]:
    r, last = upstream_request.c, upstream_request.alias("last")
    is_counted = or_(r.failure.is_(None), r.failure.not_in(_OWN_RULES))
    failed = func.sum(case((r.failure.is_not(None), 1), else_=0))
    rates = (
        select(r.source, func.count().label("asked"), failed.label("failed"), func.max(r.id).label("last_id"))
        .where(r.asked_at >= since, is_counted)
        .group_by(r.source)
        .subquery()
    )
    is_well = and_(last.c.failure.is_(None), last.c.attempt == 1)
    return (
        select(rates.c.source, rates.c.asked, rates.c.failed, is_well.label("is_well"))
        .join(last, last.c.id == rates.c.last_id)
        .order_by(rates.c.source)
    )


def _find_whole_problems(look: Look) -> Iterator[tuple[int, FailureKind, str | None]]:
    """What made a sync partial although its lists were taken, since the latest sync of everything."""
    r = sync_run.c
    ended = (RunStatus.SUCCEEDED, RunStatus.PARTIAL)
    query = select(r.id, r.scope, r.status, r.failure, r.failure_detail, r.differences).where(r.status.in_(ended))
    for row in look.connection.execute(query.order_by(r.id.desc()).limit(50)):
        kind = as_member_or_none(FailureKind, row.failure)
        has_own_alert = kind is FailureKind.DISCONNECTIONS_HELD or (
            kind is FailureKind.DIFFERENCES_FOUND and row.differences
        )
        if kind and not has_own_alert and not _is_told_by_lists(look, row.id, kind):
            yield row.id, kind, row.failure_detail
        if row.scope is None:
            return


def _is_told_by_lists(look: Look, run_id: int, kind: FailureKind) -> bool:
    """Whether lists of the same sync failed for the same cause, which are named by themselves."""
    p = sync_run_part.c
    its = select(p.source).where(p.run_id == run_id, p.status == BodyStatus.FAILED, p.failure == kind)
    return look.connection.execute(its.limit(1)).first() is not None
