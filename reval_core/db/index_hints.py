"""Lets a query tell SQLite which index to read, as SQLAlchemy's `with_hint(table, "INDEXED BY …", "sqlite")` asks for.

SQLAlchemy passes such hints on to other databases, but not to SQLite. Without statistics, SQLite takes every range for
a narrow one, and looks up most doctors one by one where reading an index from end to end is many times quicker.
"""

from sqlalchemy import Engine, FromClause
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler


class _Compiler(SQLiteCompiler):
    def get_from_hint_text(self, table: FromClause, text: str | None) -> str | None:
        return text


def allow_index_hints(engine: Engine) -> Engine:
    """Let the queries of an engine for SQLite name an index. Returns the engine."""
    engine.dialect.statement_compiler = _Compiler
    return engine
