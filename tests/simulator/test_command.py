"""The simulator as a program of its own: started, told to stop, and told why it cannot start."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

PROGRAM = [sys.executable, "-m", "reval_core.simulator"]


@contextmanager
def started(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The program, and the one line that it printed."""
    command = [*PROGRAM, "--port", "0", "--doctors", "50", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout is not None
            yield program, program.stdout.readline()
        finally:
            program.kill()


def refusal(*options: str) -> str:
    """What the program says on stderr when it cannot start."""
    ended = subprocess.run([*PROGRAM, *options], capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "Traceback" not in ended.stderr
    return ended.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signal_stops_it_cleanly(number: signal.Signals) -> None:
    with started() as (program, _):
        program.send_signal(number)
        assert program.wait(10) == 0
        assert program.stderr is not None
        assert program.stderr.read() == ""


def test_printed_line_holds_both_settings() -> None:
    with started("--start-date", "2026-01-05", "--days", "3", "--seed", "9") as (_, line):
        found = re.fullmatch(r"REVAL_GMC_URL=(\S+) REVAL_TIS_URL=(\S+)\n", line)
        assert found is not None
        assert httpx.get(f"{found[1]}?wsdl").status_code == 200
        assert httpx.get(f"{found[2]}/programme-memberships").status_code == 200
        described = httpx.get(found[2].replace("/tis", "/simulator")).json()
        assert (described["seed"], described["today"]) == (9, "2026-01-08")


def test_taken_port_is_one_clear_sentence() -> None:
    with started() as (_, line):
        port = re.findall(r":(\d+)/", line)[0]
        assert refusal("--port", port).count("\n") == 1
        assert f"Port {port} cannot be used" in refusal("--port", port)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (["--doctors", "0"], "number of doctors"),
        (["--doctors", "many"], "many is not a whole number"),
        (["--start-date", "5 January"], "5 January is not a date"),
        (["--no-access", "1-NOSUCH"], "1-NOSUCH"),
        (["--port", "70000"], "70000"),
    ],
)
def test_wrong_option_is_named(options: list[str], named: str) -> None:
    assert named in refusal(*options)
