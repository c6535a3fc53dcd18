"""Starts syncs in processes of their own, and never leaves one behind."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from tests.source import ROOT
from tests.sync.scene import Scene


@contextmanager
def sync_in_process(scene: Scene) -> Iterator[subprocess.Popen[bytes]]:
    """A process that syncs what the scene holds, by the scene's clock as it stands."""
    settings = scene.settings()
    arguments = [settings.database_url.get_secret_value(), settings.gmc_url, settings.tis_url]
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.sync.one_sync",
            *map(str, arguments),
            ",".join(scene.bodies),
            scene.clock().isoformat(),
        ],
        cwd=ROOT,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
