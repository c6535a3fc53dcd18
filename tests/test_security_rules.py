"""What reading the code can prove: no SQL is put together from values, no text becomes HTML or code by accident."""

import ast
from typing import Final

import pytest

from tests.source import PRODUCT, SourceFile, read_sources, report

SQL_OF_OUR_OWN_NAMES: Final = (
    "reval_core/db",  # names of our own tables and triggers, and settings of the connection
    "reval_core/sync/check_staging.py",  # a scratch table whose columns are listed in the file
    "reval_core/scenarios/tampering.py",  # plays somebody who owns the database
)
MAKES_HTML: Final = (
    "pages/_ui/tables.py",
    "pages/_ui/attention.py",
    "pages/_ui/banner.py",
    "pages/_ui/alert.py",
    "pages/_ui/frame.py",
    "pages/overview.py",
)
"""The files where markup is made of values. What they draw is tried with hostile names in a real browser."""
NEVER_CALLED: Final = frozenset({"eval", "exec", "compile", "__import__", "system", "popen", "iframe"})
NEVER_IMPORTED: Final = (
    "pickle",
    "marshal",
    "shelve",
    "yaml",
    "dill",
    "streamlit.components.v1",
    "telnetlib",
    "ftplib",
)
NEVER_GIVEN: Final = frozenset({"unsafe_allow_html", "unsafe_allow_javascript", "shell"})
RAW_SQL: Final = frozenset({"text", "exec_driver_sql", "literal_column"})


@pytest.mark.parametrize("source", read_sources("reval_core"), ids=lambda source: source.path)
def test_sql_is_never_put_together_from_values(source: SourceFile) -> None:
    if not source.is_in(*SQL_OF_OUR_OWN_NAMES):
        report(list(find_sql_of_values(source)))


def test_code_is_never_made_of_text() -> None:
    report(
        [
            f"{source.path}:{call.lineno}: calls {name_of(call.func)}. Say what is meant in code that can be read."
            for source in read_sources(*PRODUCT)
            for call in source.calls
            if name_of(call.func) in NEVER_CALLED and not is_of_re(call)
        ]
        + [
            f"{source.path}:{found.line}: imports {found.name}, which runs what it reads. Use JSON."
            for source in read_sources(*PRODUCT)
            for found in source.imports
            if found.is_from(*NEVER_IMPORTED)
        ]
    )


def test_nothing_asks_for_less_safety() -> None:
    report(
        [
            f"{source.path}:{call.lineno}: gives {given.arg}. There is a safe way."
            for source in read_sources(*PRODUCT)
            for call in source.calls
            for given in call.keywords
            if given.arg in NEVER_GIVEN or (given.arg == "verify" and is_false(given.value))
        ]
    )


def test_html_is_made_of_values_in_few_places() -> None:
    report(
        [
            f"{source.path}:{call.lineno}: makes HTML of values. Use what pages/_ui/tables.py has, which escapes."
            for source in read_sources("pages")
            if not source.is_in(*MAKES_HTML)
            for call in source.calls
            if name_of(call.func) in ("Html", "html") and call.args and not isinstance(call.args[0], ast.Constant)
        ]
    )


def test_rules_find_what_they_look_for() -> None:
    tree = ast.parse('connection.execute(text(f"SELECT * FROM doctor WHERE gmc_number = {number}"))')
    (call,) = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and name_of(node.func) == "text"]
    assert is_made_of_values(call.args[0])
    assert not is_made_of_values(ast.parse("_QUERY", mode="eval").body)
    assert not is_made_of_values(ast.parse("'SELECT 1'", mode="eval").body)


def find_sql_of_values(source: SourceFile) -> list[str]:
    """Where raw SQL is something else than a literal or a constant."""
    return [
        f"{source.path}:{call.lineno}: {name_of(call.func)} of something that is not a literal. Bind the values."
        for call in source.calls
        if name_of(call.func) in RAW_SQL and call.args and is_made_of_values(call.args[0]) and is_sql(call)
    ]


def is_made_of_values(node: ast.expr) -> bool:
    """Whether an argument is anything but a literal, or a constant of the module (`_LIKE_THIS`)."""
    is_constant = isinstance(node, ast.Name) and node.id.isupper()
    return not (is_constant or (isinstance(node, ast.Constant) and isinstance(node.value, str)))


def is_sql(call: ast.Call) -> bool:
    """`text(…)` by itself; a method of that name is some other thing's."""
    return name_of(call.func) != "text" or isinstance(call.func, ast.Name)


def is_false(node: ast.expr) -> bool:
    """Whether it is the word False."""
    return isinstance(node, ast.Constant) and node.value is False


def is_of_re(call: ast.Call) -> bool:
    """`re.compile`, which compiles a pattern."""
    return isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and call.func.value.id == "re"


def name_of(node: ast.expr) -> str:
    """The last part of what is called."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return ""
