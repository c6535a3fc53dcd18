"""What can be typed after `python -m reval_core`. What each command does is in the module that its parser names."""

import argparse
from collections.abc import Sequence
from typing import Final, NoReturn

from reval_core.errors import BadInput

PROGRAM: Final = "python -m reval_core"
RUNS_SHOWN: Final = 20
RECORDS_SHOWN: Final = 50
_TOO_MANY_DIGITS: Final = 10


class Parser(argparse.ArgumentParser):
    """A parser whose complaint is one sentence that names the fix, instead of a page of usage."""

    def error(self, message: str) -> NoReturn:
        """Raise `BadInput` with what argparse found wrong."""
        raise BadInput(f"{message[:1].upper()}{message[1:]}. `{self.prog} --help` shows what can be given.")


def read_arguments(typed: Sequence[str]) -> argparse.Namespace:
    """The arguments, with `module` naming the module whose `run` carries them out. Raises `BadInput`."""
    parser = Parser(prog=PROGRAM, description="Doctors' connections: what the GMC says, and where TIS disagrees.")
    parser.set_defaults(json=False)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _add_sync(commands)
    _add_runs(commands)
    _add_connections(commands)
    _add_discrepancies(commands)
    _add_doctor(commands)
    _add_set_aside(commands)
    _add_anomalies(commands)
    _add_holds(commands)
    _add_alerts(commands)
    _add_simulator(commands, is_wanted="simulator" in typed)
    _add_scenario(commands)
    _add_audit(commands)
    _add_access(commands)
    _add_erase_notes(commands)
    _add_db(commands)
    return parser.parse_args(typed)


_Commands = argparse._SubParsersAction  # type of what `add_subparsers` returns; argparse has no public name for it


def _add(commands: "_Commands[Parser]", name: str, description: str) -> Parser:
    parser = commands.add_parser(name, help=description, description=f"{description}.", allow_abbrev=False)
    module = name.replace("-", "_")
    parser.set_defaults(module=f"reval_core.command_line.{module}")
    return parser


def _add_sync(commands: "_Commands[Parser]") -> None:
    parser = _add(commands, "sync", "Bring everything up to date from the GMC and TIS")
    _add_body(parser, "sync only this designated body (may be repeated)")
    _add_json(parser, "the run")
    # For the scheduler, which starts a sync on someone's behalf.
    parser.add_argument(
        "--even-if-resting",
        "--force",
        action="store_true",
        dest="is_forced",
        help="ask also a service that is being given a rest after failures; that can make a block last longer",
    )
    parser.add_argument("--trigger", default="command_line", help=argparse.SUPPRESS)
    parser.add_argument("--actor", default="command line", help=argparse.SUPPRESS)
    parser.add_argument("--request", type=_whole_number, metavar="ID", help=argparse.SUPPRESS)
    parser.add_argument("--term", type=_whole_number, metavar="N", help=argparse.SUPPRESS)


def _add_runs(commands: "_Commands[Parser]") -> None:
    parser = _add(commands, "runs", "List the syncs, the newest first")
    parser.add_argument(
        "--limit", type=_whole_number, default=RUNS_SHOWN, metavar="N", help=f"how many (default: {RUNS_SHOWN})"
    )
    _add_json(parser, "a list of runs")


def _add_connections(commands: "_Commands[Parser]") -> None:
    parser = _add(commands, "connections", "List every doctor whom the GMC connects to our bodies")
    _add_body(parser, "only connections to this designated body (may be repeated)")
    parser.add_argument("--search", default="", metavar="TEXT", help="the beginning of a name or of a GMC number")
    _add_as_of(parser)
    _add_json(parser, "a list of connections")


def _add_discrepancies(commands: "_Commands[Parser]") -> None:
    parser = _add(commands, "discrepancies", "List where the GMC and TIS disagree")
    parser.add_argument("--kind", action="append", default=[], metavar="K", help="only this kind (may be repeated)")
    _add_body(parser, "only those that concern this designated body (may be repeated)")
    parser.add_argument(
        "--include-excluded",
        action="store_true",
        help="also doctors whom a rule leaves out of the working lists: the military, foundation year 1",
    )
    parser.add_argument("--hidden", action="store_true", help="only those that are hidden for a body, and why")
    _add_json(parser, "a list of discrepancies")


def _add_doctor(commands: "_Commands[Parser]") -> None:
    parser = _add(commands, "doctor", "Show all that is known of one doctor")
    parser.add_argument("gmc_number", metavar="GMC_NUMBER", help="seven digits")
    _add_as_of(parser)
    _add_json(parser, "the doctor")


def _add_set_aside(commands: "_Commands[Parser]") -> None:
    parser = _add(commands, "set-aside", "List the entries that could not be applied, and why")
    parser.add_argument(
        "--include-resolved", action="store_true", help="also those that were put right since, as --json always does"
    )
    _add_json(parser, "a list of entries")


def _add_anomalies(commands: "_Commands[Parser]") -> None:
    parser = _add(commands, "anomalies", "List what was unusual about entries that were applied all the same")
    parser.add_argument("--include-resolved", action="store_true", help="also those that no longer recur")
    _add_json(parser, "a list of anomalies")


def _add_holds(commands: "_Commands[Parser]") -> None:
    parser = _add(commands, "holds", "List the disconnections that are held for a person to decide, and decide")
    parser.set_defaults(decide=None)
    parser.add_argument("--all", action="store_true", help="also those that are decided or have dissolved")
    _add_json(parser, "a list of holds")
    actions = parser.add_subparsers(title="actions", metavar="ACTION")
    for word, description in (
        ("approve", "Let those be disconnected who are still missing from the next list"),
        ("reject", "Keep these doctors connected"),
    ):
        action = actions.add_parser(word, help=description, description=f"{description}.", allow_abbrev=False)
        action.set_defaults(decide=word)
        action.add_argument("id", type=_whole_number, metavar="ID", help="the number that `holds` gives")
        action.add_argument("--reason", required=True, metavar="TEXT", help="why; kept with each doctor's history")
        action.add_argument("--by", default="command line", metavar="NAME", help="who decides")
        _add_json(action, "the hold")


def _add_alerts(commands: "_Commands[Parser]") -> None:
    parser = _add(commands, "alerts", "List what somebody should know now, and acknowledge it")
    parser.set_defaults(acknowledge=False)
    parser.add_argument("--all", action="store_true", help="also those that are over")
    _add_json(parser, "a list of alerts")
    actions = parser.add_subparsers(title="actions", metavar="ACTION")
    acknowledge = "Note that an alert is known and what is being done"
    action = actions.add_parser("acknowledge", help=acknowledge, description=f"{acknowledge}.", allow_abbrev=False)
    action.set_defaults(acknowledge=True)
    action.add_argument("id", type=_whole_number, metavar="ID", help="the number that `alerts` gives")
    action.add_argument("--note", required=True, metavar="TEXT", help="what is being done; shown beside the alert")
    action.add_argument("--by", default="command line", metavar="NAME", help="who acknowledges")
    _add_json(action, "the alert")


def _add_simulator(commands: "_Commands[Parser]", *, is_wanted: bool) -> None:
    parser = _add(commands, "simulator", "Stand in for the GMC and TIS, with invented doctors")
    parser.set_defaults(module="reval_core.simulator.command")
    if is_wanted:
        from reval_core.simulator.command import add_arguments  # its libraries are of no use to the other commands

        add_arguments(parser)


def _add_scenario(commands: "_Commands[Parser]") -> None:
    parser = _add(commands, "scenario", "Play something that went wrong in real life, and say whether it is shown")
    parser.add_argument("name", metavar="NAME", nargs="?", help="which one; without it, they are listed")
    parser.add_argument("--list", action="store_true", help="list the scenarios, one to a line")
    _add_json(parser, "the story")


def _add_audit(commands: "_Commands[Parser]") -> None:
    parser = _add(commands, "audit", "Look after the audit trail")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    verify = "Say whether any event was altered, removed or inserted since it was written"
    action = actions.add_parser("verify", help=verify, description=f"{verify}.", allow_abbrev=False)
    action.add_argument("--head", metavar="HASH", help="a head that was printed earlier and kept elsewhere")
    _add_json(action, "what was found")


def _add_erase_notes(commands: "_Commands[Parser]") -> None:
    parser = _add(commands, "erase-notes", "Erase for good all notes about a doctor, or all that somebody wrote")
    whose = parser.add_mutually_exclusive_group(required=True)
    whose.add_argument("--doctor", metavar="GMC_NUMBER", help="all notes about this doctor")
    whose.add_argument("--by", metavar="NAME", help="all notes by this person, named as beside their notes")
    parser.add_argument("--reason", required=True, metavar="TEXT", help="why; kept for good, so quote no note in it")
    parser.add_argument("--yes", action="store_true", help="do it; without this, only say how many notes there are")
    _add_json(parser, "how many were erased")


def _add_access(commands: "_Commands[Parser]") -> None:
    parser = _add(commands, "access", "List who signed in, opened which doctor, took which list and did what")
    parser.add_argument("--doctor", metavar="GMC_NUMBER", help="only what was done with this doctor, also in a list")
    parser.add_argument("--person", default="", metavar="NAME", help="only people whose name begins like this")
    parser.add_argument(
        "--limit", type=_whole_number, default=RECORDS_SHOWN, metavar="N", help=f"how many (default: {RECORDS_SHOWN})"
    )
    _add_json(parser, "a list of records")


def _add_db(commands: "_Commands[Parser]") -> None:
    parser = _add(commands, "db", "Look after the database")
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    upgrade = "Bring the tables to what this version needs"
    actions.add_parser("upgrade", help=upgrade, description=f"{upgrade}.", allow_abbrev=False)


def _add_body(parser: Parser, description: str) -> None:
    parser.add_argument("--body", action="append", default=[], metavar="DBC", help=description)


def _add_as_of(parser: Parser) -> None:
    parser.add_argument(
        "--as-of",
        metavar="WHEN",
        help="as it was then: 2023-11-01T18:00, which is UK time, or 2023-11-01 for the end of that day",
    )


def _add_json(parser: Parser, what: str) -> None:
    parser.add_argument("--json", action="store_true", help=f"print {what} as one JSON document, and nothing else")


def _whole_number(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < _TOO_MANY_DIGITS and int(text) > 0:
        return int(text)
    raise argparse.ArgumentTypeError(f"“{text[:40]}” is not a whole number from 1")
