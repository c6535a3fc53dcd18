"""Decides what a run changes about connections: looks again for the vanished, then asks the rules of the domain."""

import asyncio
from dataclasses import dataclass

from reval_core.config import Settings
from reval_core.domain.connections import BodyDecision, HeldBodies, decide_connections, find_vanished
from reval_core.domain.designated_bodies import name_of
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.holds import hold_disconnections
from reval_core.errors import SumsDiffer
from reval_core.sync import held, plan
from reval_core.sync.gather import Gathered
from reval_core.sync.holds import load_held_for
from reval_core.sync.ledger import Run
from reval_core.sync.second_look import Located, look_again


@dataclass(slots=True)
class Decided:
    """What the run is about to write about connections.

    `records` are the doctors that change, as they will be; `units` says in which body's transaction each is written.
    """

    decisions: list[BodyDecision]
    located: dict[str, Located]
    records: dict[str, GmcRecord]
    units: dict[str, str]


def decide(settings: Settings, run: Run, gathered: Gathered, connected: HeldBodies) -> Decided:
    """What changes for each body whose list was taken. Raises `SumsDiffer` if somebody is unaccounted for."""
    vanished = find_vanished(connected, [taken.body_list for taken in gathered.lists])
    located = {}
    if vanished:
        with run.stage("look again"):
            left = {body for body, doctors in connected.items() if not vanished.isdisjoint(doctors)}
            located = asyncio.run(look_again(settings, run, gathered, vanished, left))
    with run.stage("decide"):
        decisions = _decisions(settings, run, gathered, connected, located)
        _require_sums(decisions)
        records: dict[str, GmcRecord] = {}
        units = plan.apply_to_records(records, decisions)
    return Decided(decisions, located, records, units)


def _decisions(
    settings: Settings, run: Run, gathered: Gathered, connected: HeldBodies, located: dict[str, Located]
) -> list[BodyDecision]:
    lists = [taken.body_list for taken in gathered.lists]
    concerned = {number for body_list in lists for number in body_list.records}
    for body_list in lists:
        concerned |= connected.get(body_list.designated_body, {}).keys() - body_list.sent.keys()
    with run.database.reading() as connection:
        known = held.load_records(connection, concerned)
        earlier = load_held_for(connection)
    found_again = {number: found.record for number, found in located.items()}
    decisions = decide_connections(
        connected, known, lists, found_again, gathered.is_any_list_missing, gathered.unread_at_second_look
    )
    hold_disconnections(decisions, earlier, settings.hold_limits, found_again)
    return decisions


def _require_sums(decisions: list[BodyDecision]) -> None:
    for decision in decisions:
        problem = decision.problem_with_sums()
        if problem:
            raise SumsDiffer(f"The account of {name_of(decision.designated_body)} does not add up: {problem}.")
