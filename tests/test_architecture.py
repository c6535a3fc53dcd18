"""The rules of docs/architecture.md, checked by reading what each file imports. A failure names file, line and fix."""

import ast
import sys
from dataclasses import dataclass
from typing import Final

import pytest

from reval_core.db.tables import metadata
from tests.source import PRODUCT, SourceFile, read_sources, report

DOMAIN: Final = "reval_core/domain"
CONFIG: Final = "reval_core/config.py"


@dataclass(frozen=True)
class OnlyIn:
    """Only these places may import these modules."""

    modules: tuple[str, ...]
    places: tuple[str, ...]
    fix: str


ONLY_IN: Final = (
    OnlyIn(
        ("httpx", "httpcore", "requests", "urllib3", "urllib.request", "http.client"),
        ("reval_core/gmc", "reval_core/tis", "reval_core/transport.py", "reval_core/watch/channels.py"),
        "Ask through the client in reval_core/gmc or reval_core/tis.",
    ),
    OnlyIn(
        ("lxml", "xml"),
        ("reval_core/gmc", "reval_core/simulator"),
        "Read XML in reval_core/gmc, and pass on plain records.",
    ),
    OnlyIn(("streamlit",), ("app.py", "pages"), "Draw it in pages/; reval_core returns plain values."),
    OnlyIn(
        ("sqlalchemy", "alembic", "psycopg", "sqlite3", "reval_core.db.tables"),
        (
            "reval_core/db",
            "reval_core/queries",
            "reval_core/services",
            "reval_core/sync",
            "reval_core/watch/rules",  # the rules of alerts, which read; `watch/alerts.py` only asks them
            "reval_core/scenarios/tampering.py",  # plays somebody who goes past the product, and past these rules
        ),
        "Read through reval_core/queries, change through reval_core/services.",
    ),
    OnlyIn(
        ("pydantic_settings", "dotenv"),
        (CONFIG, "reval_core/config_people.py", "reval_core/config_secrets.py"),
        f"Add the setting to {CONFIG}, and pass its value in.",
    ),
    OnlyIn(("apscheduler",), ("reval_core/sync",), "Plan it in the scheduler in reval_core/sync."),
    OnlyIn(("app", "pages"), ("app.py", "pages"), "Move what both need to reval_core."),
    OnlyIn(("tests", "docs", "pytest"), (), "The product runs without its tests and documents."),
)

PAGES_MAY_IMPORT: Final = ("reval_core.queries", "reval_core.services", "reval_core.domain", "reval_core.errors")
# The shared code behind the pages opens what they hand to queries and services.
SHARED_UI: Final = "pages/_ui"
SHARED_UI_MAY_IMPORT: Final = (
    *PAGES_MAY_IMPORT,
    "reval_core.config",
    "reval_core.db.database",
    "reval_core.export",
    "reval_core.door",  # who is looking, whose tab it is, how often they may try
    "reval_core.watch.tracing",  # a page and its questions are steps of a trace
    "reval_core.scenarios.catalogue",  # the title of the scenario that is shown, for every page to say
)

# Parts of the standard library that touch the outside world, the clock or chance.
IMPURE: Final = frozenset(
    "asyncio ctypes fcntl ftplib glob http io logging mmap multiprocessing os pathlib pickle platform random secrets "
    "select shelve shutil signal smtplib socket sqlite3 ssl subprocess sys tempfile threading time urllib xml".split()
)
CLOCK: Final = frozenset({"now", "today", "utcnow"})

WRITING: Final = frozenset({"insert", "update", "delete"})
WRITTEN_BY_SYNC_ONLY: Final = frozenset(
    "doctor membership discrepancy set_aside gmc_answer hold_doctor anomaly check_difference".split()
)


@pytest.mark.parametrize("rule", ONLY_IN, ids=lambda rule: rule.modules[0])
def test_module_is_imported_only_where_allowed(rule: OnlyIn) -> None:
    report(
        [
            f"{source.path}:{found.line}: imports {found.name}. {rule.fix}"
            for source in read_sources(*PRODUCT)
            if not source.is_in(*rule.places)
            for found in source.imports
            if found.is_from(*rule.modules)
        ]
    )


def test_domain_imports_only_pure_modules() -> None:
    report(
        [
            f"{source.path}:{found.line}: imports {found.name}. The domain is pure: pass in what it needs as a value."
            for source in read_sources(DOMAIN)
            for found in source.imports
            if not _is_pure(found.name)
        ]
    )


def test_domain_never_reads_the_clock() -> None:
    report(
        [
            f"{source.path}:{call.lineno}: reads the clock. Take `today` or `now` as a parameter."
            for source in read_sources(DOMAIN)
            for call in source.calls
            if isinstance(call.func, ast.Attribute) and call.func.attr in CLOCK
        ]
    )


def test_pages_import_only_queries_and_services() -> None:
    report(
        [
            f"{source.path}:{found.line}: imports {found.name}. Ask reval_core/queries or reval_core/services."
            for source in read_sources("pages")
            for found in source.imports
            if found.is_from("reval_core")
            and not found.is_from(*(SHARED_UI_MAY_IMPORT if source.is_in(SHARED_UI) else PAGES_MAY_IMPORT))
        ]
    )


def test_only_config_reads_the_environment() -> None:
    report(
        [
            f"{source.path}:{line}: reads the environment. Add the setting to {CONFIG}, and pass its value in."
            for source in read_sources(*PRODUCT)
            if source.path != CONFIG
            for line in _lines_reading_environment(source)
        ]
    )


def test_queries_never_change_anything() -> None:
    report(
        [
            f"{source.path}:{found.line}: imports {found.name}. Queries read; move the change to reval_core/services."
            for source in read_sources("reval_core/queries")
            for found in source.imports
            if found.is_from("sqlalchemy") and found.name.rpartition(".")[2] in WRITING
        ]
    )


def test_only_sync_writes_what_the_sources_said() -> None:
    assert set(metadata.tables) >= WRITTEN_BY_SYNC_ONLY, "WRITTEN_BY_SYNC_ONLY names a table that does not exist"
    report(
        [
            f"{source.path}:{call.lineno}: writes {table}, as only reval_core/sync may. Record a request for the sync."
            for source in read_sources("reval_core/queries", "reval_core/services")
            for call in source.calls
            if (table := _table_written(call)) in WRITTEN_BY_SYNC_ONLY
        ]
    )


def _is_pure(name: str) -> bool:
    top = name.partition(".")[0]
    if top == "reval_core":
        return name.startswith("reval_core.domain.")
    return top in sys.stdlib_module_names and top not in IMPURE


def _lines_reading_environment(source: SourceFile) -> list[int]:
    names = {"environ", "environb", "getenv", "getenvb"}
    imported = [found.line for found in source.imports if found.is_from(*(f"os.{name}" for name in names))]
    used = [node.lineno for node in ast.walk(source.tree) if isinstance(node, ast.Attribute) and node.attr in names]
    return imported + used


def _table_written(call: ast.Call) -> str | None:
    """The table in `insert(table)`, `sa.insert(table)` or `table.insert()`, and likewise for updates and deletions."""
    if _last_name(call.func) not in WRITING:
        return None
    if call.args and (table := _last_name(call.args[0])):
        return table
    return _last_name(call.func.value) if isinstance(call.func, ast.Attribute) else None


def _last_name(node: ast.expr) -> str | None:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return None
