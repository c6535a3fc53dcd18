"""The server of the empty page. The product's own is started as the browser tests start it."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from tests.browser.dashboard import ROOT, DashboardFailed, ask
from tests.servers.ports import find_free_port

_APP: Final = Path(__file__).with_name("empty_page") / "app.py"
_START_SECONDS: Final = 60


@contextmanager
def run_empty_page(log: Path) -> Iterator[str]:
    """Serve the empty page with the product's settings, and give its address."""
    port = find_free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "streamlit", "run", str(_APP), "--server.port", str(port)]
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait_until_served(server, address, log)
            yield address
        finally:
            server.terminate()
            server.wait(30)


def _wait_until_served(server: subprocess.Popen[bytes], address: str, log: Path) -> None:
    give_up = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up and server.poll() is None:
        with suppress(OSError):
            if ask(f"{address}/_stcore/health")[0] == 200:
                return
        time.sleep(0.1)
    raise DashboardFailed(log.read_text())
