"""`alerts`: what somebody should know now, asked of every rule; `alerts acknowledge` notes that it is known."""

from argparse import Namespace
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from reval_core.command_line.arguments import PROGRAM
from reval_core.command_line.finding_documents import alert_document
from reval_core.command_line.installation import Installation, open_installation
from reval_core.command_line.output import in_words, print_document, print_line, print_list
from reval_core.domain.alert_findings import Affected
from reval_core.domain.viewer import EVERYONE, Viewer
from reval_core.errors import BadInput
from reval_core.queries.alerts import Alert, list_open_alerts, list_resolved_alerts
from reval_core.queries.reasons import say_moment
from reval_core.services.alerts import acknowledge_alert
from reval_core.watch.alerts import watch

_SHOWN: Final = 20


def run(arguments: Namespace) -> int:
    """Print the alerts, or acknowledge one of them."""
    with open_installation() as here:
        if arguments.acknowledge:
            _acknowledge(here, arguments)
        else:
            _list(here, arguments)
    return 0


def _list(here: Installation, arguments: Namespace) -> None:
    watch(here.database, here.settings, datetime.now(UTC))
    with here.database.reading() as connection:
        alerts = list_open_alerts(connection, EVERYONE)
        if arguments.all:
            alerts += list_resolved_alerts(connection, EVERYONE)
    if arguments.json:
        print_list(map(alert_document, alerts))
        return
    for one in alerts:
        for line in _lines(one):
            print_line(line)
        print_line()
    if not any(one.is_open for one in alerts):
        print_line("No alert is open: every rule was asked, and none found anything.")


def _acknowledge(here: Installation, arguments: Namespace) -> None:
    name = " ".join(in_words(arguments.by).split())
    if not name:
        raise BadInput("A name is missing: --by says who acknowledges.")
    settled = acknowledge_alert(here.database, Viewer(name), datetime.now(UTC), arguments.id, arguments.note)
    if arguments.json:
        print_document(alert_document(settled))
        return
    print_line(f"Alert {settled.id} is acknowledged: {in_words(settled.title)}.")
    print_line("It stays in the list until it is over. If it comes to concern others, it has to be acknowledged anew.")


def _lines(one: Alert) -> Iterator[str]:
    state = f"over since {say_moment(one.resolved_at)}" if one.resolved_at else one.urgency.label
    yield f"Alert {one.id} – {state}: {in_words(one.title)}"
    yield f"Since {say_moment(one.first_seen_at)}; last seen on {say_moment(one.last_seen_at)}."
    if one.detail:
        yield in_words(one.detail)
    yield from map(_line_of, one.affected[:_SHOWN])
    if one.affected_count > _SHOWN or len(one.affected) > _SHOWN:
        yield f"  And {max(one.affected_count, len(one.affected)) - _SHOWN:,} more: --json has them."
    if one.is_open:
        yield f"Why it matters: {one.rule.why_it_matters}"
        yield f"What to do: {one.rule.what_to_do}"
        yield f"Whom to ask: {one.rule.contact}. More: {one.rule.runbook}"
    if one.reference:
        yield f"Reference: {one.reference}"
    yield from _lines_of_acknowledgement(one)


def _line_of(one: Affected) -> str:
    who = one.gmc_number or (f"TIS person {one.person_id}" if one.person_id else None)
    named = ", ".join(part for part in (who, one.place, one.name, one.reference) if part)
    return f"  {named or 'No usable GMC number'}: {in_words(one.why)}"


def _lines_of_acknowledgement(one: Alert) -> Iterator[str]:
    if one.acknowledged:
        known = one.acknowledged
        yield f"Acknowledged by {in_words(known.by)} on {say_moment(known.at)}: {in_words(known.note)}"
    elif one.earlier_note:
        yield f"Acknowledged before it came to concern others: {in_words(one.earlier_note)}"
    elif one.is_open:
        yield f"Acknowledge it with `{PROGRAM} alerts acknowledge {one.id} --note TEXT`."
