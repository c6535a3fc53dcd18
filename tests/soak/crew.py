"""The processes of a soak that compete for the schedule: started, killed, put to sleep, measured."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tests.soak.one_sync import PID_FILE
from tests.source import ROOT

_STOP_SECONDS: Final = 30
_PAGE: Final = os.sysconf("SC_PAGE_SIZE")

Process = subprocess.Popen[bytes]


class Crew:
    """So many processes. The first lives as long as the soak, for its memory to be watched: it only ever sleeps."""

    def __init__(self, number: int, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = environment
        self._logs = 0
        self._asleep: list[int] = []
        self.processes = [self._start() for _ in range(number)]
        self.restarts = 0

    @property
    def eldest(self) -> int:
        """The number of the process that is never ended."""
        return self.processes[0].pid

    def replace(self, pid: int, sign: signal.Signals) -> None:
        """End one, and start another in its place."""
        place = next(number for number, one in enumerate(self.processes) if one.pid == pid)
        os.kill(pid, sign)
        self.processes[place].wait(_STOP_SECONDS)
        self.processes[place] = self._start()
        self.restarts += 1

    def put_to_sleep(self, pid: int) -> None:
        """It stands still, whatever it was doing."""
        os.kill(pid, signal.SIGSTOP)
        self._asleep.append(pid)

    def wake_up(self) -> None:
        """Whoever sleeps goes on where it stood."""
        while self._asleep:
            os.kill(self._asleep.pop(), signal.SIGCONT)

    def find_dead(self) -> list[int]:
        """Those that have ended although nobody ended them."""
        return [one.pid for one in self.processes if one.poll() is not None]

    def megabytes(self, pid: int) -> float:
        """How much memory one of them holds now."""
        pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * _PAGE / 1_000_000

    def kill_sync(self) -> bool:
        """Kill the sync that is under way; whether there was one."""
        pid = _number_in(self._folder / PID_FILE)
        with suppress(OSError):
            if pid and b"tests.soak.one_sync" in Path(f"/proc/{pid}/cmdline").read_bytes():
                os.kill(pid, signal.SIGKILL)
                return True
        return False

    def end(self) -> None:
        """End them all, and the sync that one may have begun."""
        self.wake_up()
        for one in self.processes:
            one.terminate()
        give_up = time.monotonic() + _STOP_SECONDS
        for one in self.processes:
            with suppress(subprocess.TimeoutExpired):
                one.wait(max(0.1, give_up - time.monotonic()))
            one.kill()
            one.wait()
        self.kill_sync()

    def logs(self) -> Iterator[Path]:
        """What they have logged."""
        yield from sorted(self._folder.glob("worker-*.log"))

    def _start(self) -> Process:
        self._logs += 1
        with (self._folder / f"worker-{self._logs:03}.log").open("wb") as log:
            command = [sys.executable, "-m", "tests.soak.worker", str(self._folder)]
            return subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=log, stderr=log)


@contextmanager
def running_crew(number: int, folder: Path, environment: Mapping[str, str]) -> Iterator[Crew]:
    """A crew, of which nobody is left at the end."""
    crew = Crew(number, folder, environment)
    try:
        yield crew
    finally:
        crew.end()


def _number_in(path: Path) -> int | None:
    with suppress(OSError, ValueError):
        return int(path.read_text(encoding="ascii"))
    return None
