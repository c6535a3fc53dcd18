"""No way to read about a doctor goes past the viewer. Judged from the source, so that a new way is judged as well.

A function may do without a viewer if it stands in a list here, with the reason, or if nothing but functions with a
viewer can reach it.
"""

import ast
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import pytest

from reval_core.db.tables import metadata
from tests.source import PRODUCT, SourceFile, read_sources

QUERIES: Final = "reval_core/queries"
PERSONAL: Final = frozenset(
    "doctor membership discrepancy set_aside gmc_answer audit_event hold hold_doctor anomaly check_difference note "
    "hidden_discrepancy incident alert notification access_event".split()
)
"""Tables whose rows are about somebody. `source_state`, the runs and the schedule are about none."""

ABOUT_NOBODY: Final = {
    "attention.latest_start_of_all": "When a sync began.",
    "change_mark.change_mark": "Two numbers that differ once anything has changed.",
    "freshness.data_mark": "The same.",
    "freshness.newer_data": "That there is newer data, and when the sync ended.",
    "leader.leader_now": "Which process runs the schedule.",
    "leader.show_leader": "The same.",
    "past.first_list_applied": "When the first list was applied.",
    "readiness.why_not_ready": "Whether the server has what it needs.",
    "schedule.show_schedule": "What is planned, and who paused it.",
    "schedule.list_pauses": "The same.",
    "trail.check_trail": "Whether the trail is whole: what is found names numbers of events, runs and seals.",
    "upstream.failure_rates": "How many requests failed, for the alerts.",
}
FOR_MACHINES: Final = {
    "alerts.count_open": "How many alerts of each rule are open, whomever they concern.",
    "incidents.count_incidents_of": "How many failures the person has met whose latest is being recorded.",
    "measures.read_measures": "The sums on /metrics, whose readers are let in by address.",
    "measures._held": "The same.",
    "measures._read_last_run": "The same.",
    "upstream.read_breakers": "For the sync itself.",
    "upstream.due_for_recovery": "For the sync itself.",
    "sign_ins.find_sign_in": "For the door, before there is a viewer.",
    "sign_ins.latest_sign_in_of": "For the door, before there is a viewer.",
}
NARROWED_BY_THEIR_CALLERS: Final = {
    "connection_order.Matching.select": "The conditions that it is given begin with the viewer's bodies.",
}
WITHOUT_VIEWER: Final = {**ABOUT_NOBODY, **FOR_MACHINES, **NARROWED_BY_THEIR_CALLERS}

WAYS_IN: Final = {
    "pages/_ui/data.py": "It is how pages ask: `view.ask` and `act` add the viewer.",
    "pages/_ui/database.py": "It opens the database.",
    "pages/_ui/viewer.py": "It finds out who the viewer is.",
    "pages/_ui/problems.py": "It records what fails, also where there is no view.",
}


@dataclass
class Function:
    """A function of the queries: what it takes, what it reads, and which functions can reach it."""

    name: str
    line: int
    path: str
    is_public: bool
    takes_connection: bool
    uses_viewer: bool
    reads: frozenset[str]
    names: frozenset[str]
    reached_from: list["Function"] = field(default_factory=list)
    is_used_outside: bool = False

    def is_guarded(self, asked: frozenset[str] = frozenset()) -> bool:
        """Whether it has a viewer, or only functions that are guarded reach it."""
        if self.uses_viewer or self.name in asked:
            return True
        if self.is_used_outside or not self.reached_from:
            return False
        return all(one.is_guarded(asked | {self.name}) for one in self.reached_from)


def find_functions(sources: Iterable[SourceFile]) -> dict[str, Function]:
    """Every function of the queries by module and name, linked with those that reach it."""
    sources = list(sources)
    ours = [source for source in sources if source.is_in(QUERIES)]
    functions = {one.name: one for source in ours for one in _functions_in(source)}
    for source in sources:
        known = _known_names(source, functions)
        if source in ours:
            _link(source, known, functions)
        else:
            for found in known.values():
                found.is_used_outside = True
    return functions


def _link(source: SourceFile, known: Mapping[str, Function], functions: Mapping[str, Function]) -> None:
    for one in functions.values():
        for name in one.names & known.keys() if one.path == source.path else ():
            if known[name] is not one:
                known[name].reached_from.append(one)


def judge_queries(functions: Mapping[str, Function], allowed: Collection[str] = WITHOUT_VIEWER) -> list[str]:
    """What is wrong with the queries, a line each."""
    return [
        f"{one.path}:{one.line}: {one.name} {what}. Take the viewer and narrow by it, or give the reason in this test."
        for one in functions.values()
        if one.name not in allowed and not one.is_guarded()
        for what in [_what_is_wrong(one)]
        if what
    ]


def judge_page(source: SourceFile, functions: Mapping[str, Function]) -> list[str]:
    """Where a page calls a query or a service by itself, or makes up who is looking."""
    asked = {name for name, one in _known_names(source, functions).items() if one.takes_connection}
    acting = {
        found.name.rpartition(".")[2]
        for found in source.imports
        if found.is_from("reval_core.services") and found.name.rpartition(".")[2].islower()
    } & SERVICES_WITH_DATABASE
    offences = [
        f"{source.path}:{call.lineno}: calls {call.func.id} by itself. Use view.ask for queries, act for services."
        for call in source.calls
        if isinstance(call.func, ast.Name) and call.func.id in asked | acting
    ]
    offences += [
        f"{source.path}:{found.line}: imports {found.name}, which sees all. Use view.ask and act."
        for found in source.imports
        if found.is_from("reval_core.domain.viewer.EVERYONE")
    ]
    return offences + [
        f"{source.path}:{node.lineno}: {word} goes round the viewer. Use view.ask and act."
        for node in ast.walk(source.tree)
        if isinstance(node, ast.expr)
        for word in [_word_of(node)]
        if word in ("Viewer()", "shared_database", "_connection", "LOCAL_VIEWER")
    ]


def test_every_query_narrows_by_its_viewer() -> None:
    assert judge_queries(find_functions(read_sources(*PRODUCT))) == []


def test_pages_ask_only_as_their_viewer() -> None:
    functions = find_functions(read_sources(*PRODUCT))
    pages = [source for source in read_sources("pages") if source.path not in WAYS_IN]
    assert [offence for source in pages for offence in judge_page(source, functions)] == []


def test_reasons_are_given_only_for_what_needs_one() -> None:
    functions = find_functions(read_sources(*PRODUCT))
    assert [name for name in WITHOUT_VIEWER if name not in functions or functions[name].is_guarded()] == []
    assert set(metadata.tables) >= PERSONAL
    assert {source.path for source in read_sources("pages")} >= WAYS_IN.keys()


BAD_QUERIES: Final = {
    "without a viewer": "def f(connection: Connection) -> object:\n    return connection.scalar(select(doctor.c.a))",
    "viewer not used": "def f(connection: Connection, viewer: Viewer) -> object:\n    return select(note.c.text)",
    "viewer thrown away": "def f(connection: Connection, _viewer: Viewer) -> object:\n    return 1",
    "viewer of another kind": "def f(connection: Connection, viewer: str) -> object:\n    return viewer",
    "helper nobody guards": "def _f() -> object:\n    return select(alert.c.id)",
    "by way of a helper": (
        "def _h(connection: Connection) -> object:\n    return select(hold.c.id)\n"
        "def f(connection: Connection) -> object:\n    return _h(connection)"
    ),
}
HEAD: Final = (
    "from sqlalchemy import Connection, select\nfrom reval_core.domain.viewer import Viewer\n"
    "from reval_core.db.tables import alert, doctor, hold, note\n"
)


@pytest.mark.parametrize("text", BAD_QUERIES.values(), ids=BAD_QUERIES.keys())
def test_query_that_goes_past_the_viewer_is_found(text: str) -> None:
    assert judge_queries(find_functions([_invented("reval_core/queries/bad.py", HEAD + text)])) != []


def test_helper_of_guarded_queries_is_allowed() -> None:
    text = (
        f"{HEAD}def _h(connection: Connection) -> object:\n    return select(doctor.c.a)\n"
        "def f(connection: Connection, viewer: Viewer) -> object:\n    return _h(connection) if viewer.bodies else 1"
    )
    helped = _invented("reval_core/queries/good.py", text)
    assert judge_queries(find_functions([helped])) == []
    outside = _invented("pages/bad.py", "from reval_core.queries.good import _h")
    assert judge_queries(find_functions([helped, outside])) != []


@pytest.mark.parametrize(
    "text",
    [
        "from reval_core.queries.runs import show_run\nshow_run(c, v, 1)",
        "from reval_core.queries.runs import show_run as look\nlook(c, v, 1)",
        "from reval_core.services.notes import write_note\nwrite_note(d, v, n, '7', 't')",
        "from reval_core.domain.viewer import EVERYONE\nview.ask(f, EVERYONE)",
        "from reval_core.domain.viewer import Viewer\nViewer('me')",
        "view._connection.execute(q)",
    ],
)
def test_page_that_goes_past_the_viewer_is_found(text: str) -> None:
    assert judge_page(_invented("pages/bad.py", text), find_functions(read_sources(*PRODUCT))) != []


def _what_is_wrong(one: Function) -> str | None:
    if one.is_public and one.takes_connection:
        return "reads, and does not narrow what it reads by a viewer"
    return f"reads {', '.join(sorted(one.reads))}, and can be reached without a viewer" if one.reads else None


def _functions_in(source: SourceFile) -> Iterator[Function]:
    tables = {
        found.name.rpartition(".")[2] for found in source.imports if found.is_from("reval_core.db.tables")
    } & PERSONAL
    connections = _names_for(source, "sqlalchemy.Connection") | _names_for(source, "reval_core.db.database.Database")
    for prefix, node in _definitions(source.tree):
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        kinds = {one.arg: ast.unparse(one.annotation) for one in arguments if one.annotation}
        names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}
        is_reading = bool(names & {"select", "exists", "union", "union_all"})
        yield Function(
            name=f"{_module_of(source)}.{prefix}{node.name}",
            line=node.lineno,
            path=source.path,
            is_public=not prefix and not node.name.startswith("_"),
            takes_connection=any(kind in connections for kind in kinds.values()),
            uses_viewer=kinds.get("viewer") == "Viewer" and "viewer" in names,
            reads=frozenset(tables & names) if is_reading else frozenset(),
            names=frozenset(names),
        )


def _definitions(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield "", node
        elif isinstance(node, ast.ClassDef):
            yield from ((f"{node.name}.", one) for one in node.body if isinstance(one, ast.FunctionDef))


def _known_names(source: SourceFile, functions: Mapping[str, Function]) -> dict[str, Function]:
    """The functions of the queries by what this file calls them."""
    known = {one.name.partition(".")[2]: one for one in functions.values() if one.path == source.path}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("reval_core.queries."):
            module = (node.module or "").removeprefix("reval_core.queries.")
            for alias in node.names:
                if found := functions.get(f"{module}.{alias.name}"):
                    known[alias.asname or alias.name] = found
    return known


def _names_for(source: SourceFile, wanted: str) -> set[str]:
    """What this file calls something that it imports."""
    return {
        alias.asname or alias.name
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if f"{node.module}.{alias.name}" == wanted
    }


def _services_with_database() -> frozenset[str]:
    return frozenset(
        node.name
        for source in read_sources("reval_core/services")
        for node in source.functions
        if node.args.args and node.args.args[0].arg in ("database", "connection")
    )


def _word_of(node: ast.expr) -> str | None:
    match node:
        case ast.Call(func=ast.Name(id="Viewer")):
            return "Viewer()"
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return None


def _module_of(source: SourceFile) -> str:
    return source.path.removeprefix(f"{QUERIES}/").removesuffix(".py").replace("/", ".")


def _invented(path: str, text: str) -> SourceFile:
    source = SourceFile(path)
    source.__dict__["text"] = text
    return source


SERVICES_WITH_DATABASE: Final = _services_with_database()
