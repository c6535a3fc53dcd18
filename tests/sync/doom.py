"""Orders syncs that meet with something at an exact step (`doomed_syncs.py`), and tells what became of each."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.source import ROOT
from tests.sync.scene import Scene


@dataclass
class Ending:
    """How a sync in a process of its own ended.

    `status` is its exit status, or the negative number of the signal that ended it; `at` is the step before which
    something happened to it, and `seconds` how long it still lived. `steps` is how many there were, if all were done.
    """

    status: int = 0
    steps: int = 0
    at: str = ""
    said: str = ""
    seconds: float = 0


@dataclass
class Doom:
    """The program that carries out the orders."""

    process: subprocess.Popen[str]

    def sync(self, scene: Scene, what: str = "", step: int = 0) -> Ending:
        """One sync of the scene by its clock as it stands; `what` happens to it right before that step."""
        settings = scene.settings(parallel_requests=1)  # so that each step is the same every time
        order = {
            "settings": {
                "database_url": settings.database_url.get_secret_value(),
                "gmc_url": str(settings.gmc_url),
                "tis_url": str(settings.tis_url),
                "designated_bodies": ",".join(scene.bodies),
                "parallel_requests": settings.parallel_requests,
            },
            "moment": scene.clock().isoformat(),
            "what": what,
            "step": step,
        }
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return self._read_ending()

    def _read_ending(self) -> Ending:
        assert self.process.stdout is not None
        ending, since = Ending(), time.monotonic()
        for line in self.process.stdout:
            words = json.loads(line)
            if "ended" in words:
                ending.status, ending.seconds = words["ended"], time.monotonic() - since
                return ending
            if "at" in words:
                since = time.monotonic()
            vars(ending).update(words)
        raise AssertionError("The program that carries out the syncs has ended.")


@contextmanager
def doomed_syncs() -> Iterator[Doom]:
    """The program, for as long as the block lasts."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.sync.doomed_syncs"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield Doom(process)
        finally:
            process.kill()
