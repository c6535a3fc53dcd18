"""Each line of the log says what it belongs to, in both formats, and never a name or a password."""

import json
import logging
import sys
import threading
from collections.abc import Iterator

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from reval_core.config import Settings, settings_without_environment
from reval_core.db.database import Database
from reval_core.watch.logs import write_log
from reval_core.watch.tracing import current_reference, current_trace_id, keeping_steps, note_run, step

NAME = "Amelia Canary"
log = logging.getLogger("reval_core.something")


def fail(said: str) -> None:
    raise KeyError(said)


def meet(said: str) -> ValueError:
    """An error whose words, and those of what is behind it, name somebody."""
    try:
        try:
            fail(said)
        except KeyError as cause:
            raise ValueError(said) from cause
    except ValueError as error:
        return error
    return ValueError()


@pytest.fixture(autouse=True)
def put_back() -> Iterator[None]:
    """The log of the tests themselves, as it was."""
    root, hooks = logging.getLogger(), (sys.excepthook, threading.excepthook)
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    sys.excepthook, threading.excepthook = hooks


def settings(log_format: str, **more: object) -> Settings:
    return settings_without_environment(log_format=log_format, **more)


def test_line_of_text_says_run_body_and_reference(capsys: pytest.CaptureFixture[str]) -> None:
    write_log(settings("text"))
    with keeping_steps(), step("run"):
        note_run(12)
        with step("body", source="1-1RUZUSF"):
            log.info("asked")
            reference = current_reference()
    log.info("later")
    asked, later = capsys.readouterr().err.splitlines()
    assert asked.endswith(f"INFO reval_core.something: asked [run 12, source 1-1RUZUSF, reference {reference}]")
    assert later.endswith("INFO reval_core.something: later")


def test_line_of_json_is_one_object_with_the_trace(capsys: pytest.CaptureFixture[str]) -> None:
    write_log(settings("json"))
    with keeping_steps(), step("run"):
        note_run(12)
        trace_id = current_trace_id()
        log.warning("two\nlines")
    [line] = capsys.readouterr().err.splitlines()
    entry = json.loads(line)
    assert (entry["message"], entry["level"], entry["run"], entry["trace"]) == ("two\nlines", "WARNING", 12, trace_id)
    assert "source" not in entry


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_error_has_its_steps_but_not_its_words(log_format: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_log(settings(log_format))
    log.error("it failed", exc_info=meet(NAME))
    said = capsys.readouterr().err
    for told in ("in fail", "in meet", "KeyError: (text left out", "ValueError: (text left out"):
        assert told in said
    assert NAME not in said


def test_parameters_of_a_statement_never_reach_the_log(database_url: str, capsys: pytest.CaptureFixture[str]) -> None:
    write_log(settings("text"))
    database = Database(database_url)
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE t (name VARCHAR(40) PRIMARY KEY)"))
    add = text("INSERT INTO t VALUES (:name)"), {"name": NAME}
    with database.writing() as connection:
        connection.execute(*add)
    with database.writing() as connection, pytest.raises(IntegrityError) as met:
        connection.execute(*add)
    database.close()
    assert "hide_parameters" in str(met.value)
    log.error("it failed", exc_info=met.value)
    said = capsys.readouterr().err
    assert "IntegrityError" in said
    assert NAME not in said


def test_password_in_a_line_is_taken_out(capsys: pytest.CaptureFixture[str]) -> None:
    write_log(settings("json", gmc_password=SecretStr("Tr0ub4dor&3")))
    log.info("sent <Password>%s</Password> as %s", "hunter2", "Tr0ub4dor&3")
    said = capsys.readouterr().err
    assert "hunter2" not in said
    assert "Tr0ub4dor" not in said


def test_libraries_that_write_by_themselves_write_through_this_log(capsys: pytest.CaptureFixture[str]) -> None:
    library = logging.getLogger("a_library.of_its_own")
    library.propagate = False
    library.addHandler(logging.StreamHandler())
    write_log(settings("json"))
    library.warning("password=hunter2")
    [line] = capsys.readouterr().err.splitlines()
    assert json.loads(line)["logger"] == "a_library.of_its_own"
    assert "hunter2" not in line


def test_error_that_ends_a_thread_is_logged_without_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise ValueError(NAME)

    write_log(settings("text"))
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    said = capsys.readouterr().err
    assert "An unexpected error ended a part of this process." in said
    assert NAME not in said
