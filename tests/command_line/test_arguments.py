"""What is typed wrongly is answered by one sentence that names it and the fix, and exit status 2."""

import pytest

from tests.command_line.conftest import Run


@pytest.mark.parametrize(
    ("typed", "named", "fix"),
    [
        ((), "COMMAND", "--help"),
        (("rums",), "rums", "runs"),
        (("runs", "--limit", "many"), "many", "whole number from 1"),
        (("runs", "--limit", "0"), "0", "whole number from 1"),
        (("runs", "--limit", "9" * 5_000), "999", "whole number from 1"),
        (("runs", "--lim", "3"), "--lim", "--help"),
        (("connections", "--body", "1-1NOWHERE"), "1-1NOWHERE", "1-1RUZUSF (Wessex)"),
        (("connections", "--body", ""), "“”", "1-1RUZUSF (Wessex)"),
        (("discrepancies", "--kind", "strange"), "strange", "ready_for_connection"),
        (("discrepancies", "--body", "x\ny\x00"), "x y", "1-1RUZUSF (Wessex)"),
        (("doctor",), "GMC_NUMBER", "--help"),
        (("doctor", "700000"), "700000", "seven digits"),
        (("doctor", "7999999"), "7999999", "Check the number"),
        (("doctor", "7000001\n"), "7000001", "Check the number"),
        (("db",), "ACTION", "--help"),
        (("sync", "--body", "1-1NOWHERE"), "REVAL_GMC_URL", "REVAL_TIS_URL"),
        (("sync", "--trigger", "magic"), "magic", "schedule"),
        (("simulator", "--doctors", "some"), "some", "whole number"),
    ],
)
def test_what_cannot_be_understood_is_named_with_the_fix(
    run: Run, typed: tuple[str, ...], named: str, fix: str
) -> None:
    said = run(*typed)
    assert (said.status, said.out) == (2, "")
    assert named in said.err
    assert fix in said.err


@pytest.mark.parametrize("command", [(), ("sync",), ("runs",), ("connections",), ("doctor",), ("simulator",), ("db",)])
def test_help_is_there_for_every_command(
    command: tuple[str, ...], run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        run(*command, "--help")
    assert ended.value.code == 0
    assert "usage: python -m reval_core" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("REVAL_DATABASE_URL", "nonsense", ""),
        ("REVAL_DATABASE_URL", "mysql://someone:hush@host/name", "hush"),
        ("REVAL_DATABASE_URL", "postgresql://someone:hush@127.0.0.1:1/name", "hush"),
        ("REVAL_TIS_PAGE_SIZE", "0", ""),
        ("REVAL_DESIGNATED_BODIES", ",", ""),
    ],
)
def test_wrong_setting_is_explained_without_its_secret(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, secret: str
) -> None:
    monkeypatch.setenv(name, value)
    said = run("runs")
    assert (said.status, said.out) == (2, "")
    assert not secret or secret not in said.err


def test_upgrade_prepares_an_empty_database(run: Run) -> None:
    for _ in range(2):
        said = run("db", "upgrade")
        assert (said.status, said.out.startswith("The database is up to date")) == (0, True)
