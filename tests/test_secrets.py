"""Secrets come from the environment or from files, and are found nowhere else: a canary in each, a search of all."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest
from sqlalchemy import select

from reval_core.config import Settings, load_settings
from reval_core.config_secrets import list_secrets
from reval_core.db.database import Database
from reval_core.db.tables import metadata, notification
from reval_core.errors import BadSetting
from reval_core.simulator.gmc_service import ServiceOptions
from reval_core.simulator.server import running_simulator
from tests.browser.dashboard import run_dashboard
from tests.browser.signing_in import GROUPS
from tests.servers.ports import find_free_port
from tests.servers.postgresql import PostgreSQLServer
from tests.simulator.asking import SMALL
from tests.source import ROOT

MARK: Final = "hunter2"
NOBODY: Final = "http://127.0.0.1:9"
TOKEN: Final = f"metrics-{MARK}"
PLANTED: Final = {
    "REVAL_GMC_PASSWORD": f"gmc-{MARK}",
    "REVAL_OPENID_CLIENT_SECRET": f"openid-{MARK}",
    "REVAL_METRICS_TOKEN": TOKEN,
    "REVAL_SMTP_PASSWORD": f"smtp-{MARK}",
    "REVAL_TEAMS_WEBHOOK_URL": f"{NOBODY}/teams-{MARK}",
    "REVAL_SLACK_WEBHOOK_URL": f"{NOBODY}/slack-{MARK}",
    "REVAL_OTLP_HEADERS": f"authorization=otlp-{MARK}",
    "REVAL_SENTRY_DSN": f"http://sentry{MARK}@127.0.0.1:9/1",
}
BESIDE: Final = GROUPS | {
    "REVAL_OPENID_ISSUER": NOBODY,
    "REVAL_OPENID_CLIENT_ID": "dashboard",
    "REVAL_OTLP_ENDPOINT": NOBODY,
    "REVAL_SMTP_HOST": "127.0.0.1",
    "REVAL_SMTP_PORT": "9",
    "REVAL_SMTP_USERNAME": "dashboard",
    "REVAL_MAIL_TO": "team@example.org",
    "REVAL_ATTEMPTS": "1",
    "REVAL_DIGEST_MINUTES": "0",
}


@dataclass
class Planted:
    """An installation with a canary in each secret, and all that it has said."""

    environment: Mapping[str, str]
    database: Database
    said: dict[str, str]

    def run(self, *command: str, **changed: str) -> int:
        """Run a command line of ours, and keep what it says. Returns its status."""
        environment = os.environ | dict(self.environment) | changed
        program = [sys.executable, *(command if command[0] == "-c" else ("-m", "reval_core", *command))]
        ended = subprocess.run(
            program, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
        )
        self.said[f"{' '.join(command)} {' '.join(changed)}"] = ended.stdout + ended.stderr
        return ended.returncode


@pytest.fixture(scope="module")
def planted(postgresql_server: PostgreSQLServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planted]:
    """The installation, on a database whose address has a password."""
    url = postgresql_server.url(postgresql_server.create_database()).replace("@", f":database-{MARK}@", 1)
    database = Database(url)
    with running_simulator(SMALL, ServiceOptions(password=PLANTED["REVAL_GMC_PASSWORD"])) as simulator:
        sources = {"REVAL_GMC_URL": simulator.gmc_url, "REVAL_TIS_URL": simulator.tis_url, "REVAL_DATABASE_URL": url}
        installation = Planted(PLANTED | BESIDE | sources, database, {})
        assert installation.run("db", "upgrade") == 0
        let_much_happen(installation)
        serve(installation, tmp_path_factory.mktemp("served") / "log")
        yield installation
    database.close()


def let_much_happen(installation: Planted) -> None:
    """What goes well, and what fails in as many ways as there are secrets."""
    run = installation.run
    assert run("sync", "--json") == 0
    assert run("sync", "--json", REVAL_LOG_FORMAT="json", REVAL_GMC_PASSWORD=f"wrong-{MARK}") != 0
    assert run("sync", REVAL_GMC_URL=f"http://user:address-{MARK}@127.0.0.1:9", REVAL_TIS_URL=NOBODY) != 0
    assert run("runs", REVAL_DATABASE_URL=f"postgresql://me:database-{MARK}@127.0.0.1:9/nowhere") == 2
    assert run("runs", REVAL_DATABASE_URL=f"mysql://me:database-{MARK}@127.0.0.1/x") == 2
    assert run("runs", REVAL_DATABASE_URL=f"no address but {MARK}") == 2
    assert run("runs", REVAL_SMTP_PORT="many") == 2
    assert run("runs", REVAL_SLACK_WEBHOOK_URL=f"no-address-{MARK}") == 2
    for command in (["runs", "--json"], ["alerts", "--all", "--json"], ["access", "--json"], ["audit", "verify"]):
        run(*command)
    run("-c", "from reval_core.config import load_settings as s; print(s(), repr(s()), s().model_dump(), vars(s()))")
    fails = "from reval_core.config import load_settings\nsettings = load_settings()\nraise ValueError(settings)"
    assert run("-c", fails) == 1


def serve(installation: Planted, log: Path) -> None:
    """Let the server run until it has tried to tell somebody of what failed."""
    port = find_free_port()
    given = dict(installation.environment) | {
        "REVAL_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "REVAL_LOG_FORMAT": "json",
    }
    url = given.pop("REVAL_DATABASE_URL")
    with run_dashboard(url, log, port, runs_schedule=True, settings=given) as address:
        for path in ("/", "/sign-in", "/sign-in/callback?code=x&state=y", "/signed-out", "/readyz", "/media/x"):
            answer = httpx.get(address + path, headers={"accept": "text/html"})
            installation.said[f"GET {path}"] = f"{answer.headers}\n{answer.text}"
        answer = httpx.get(f"{address}/metrics", headers={"authorization": f"Bearer {TOKEN}"})
        assert answer.status_code == 200
        assert "reval_" in answer.text
        installation.said["GET /metrics"] = answer.text
        assert httpx.get(f"{address}/metrics", headers={"authorization": "Bearer wrong"}).status_code == 401
        wait_for_messages(installation.database)
    installation.said["the log of the server"] = log.read_text()


def wait_for_messages(database: Database) -> None:
    """Until every channel has been tried."""
    give_up = time.monotonic() + 60
    while time.monotonic() < give_up:
        with database.reading() as connection:
            tried = connection.scalars(select(notification.c.channel).where(notification.c.attempts > 0))
            if len(set(tried)) == 3:
                return
        time.sleep(0.5)
    pytest.fail("Not every channel was tried.")


def test_every_secret_is_planted() -> None:
    assert {name for name in list_secrets(Settings) if name != "database_url"} == {
        name.removeprefix("REVAL_").lower() for name in PLANTED
    }


def test_what_is_called_a_secret_is_one() -> None:
    words = ("password", "secret", "token", "dsn", "webhook")
    assert [name for name in Settings.model_fields if any(word in name for word in words)] == [
        name for name in list_secrets(Settings) if name not in ("database_url", "otlp_headers")
    ]


def test_nothing_that_is_said_has_a_secret_in_it(planted: Planted) -> None:
    assert len(planted.said) > 20
    assert "was not delivered" in planted.said["the log of the server"]
    assert {what: text for what, text in planted.said.items() if MARK in text} == {}


def test_nothing_in_the_database_has_a_secret_in_it(planted: Planted) -> None:
    searched = 0
    with planted.database.reading() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(select(table)):
                searched += 1
                assert MARK not in str(row), table.name
                assert not [value for value in row if isinstance(value, bytes) and MARK.encode() in value]
    assert searched > 1_000


def test_secret_is_read_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list_secrets(Settings):
        file = tmp_path / name
        file.write_text(f"{PLANTED.get(f'REVAL_{name.upper()}', 'sqlite:///x.sqlite3')}\n")
        monkeypatch.setenv(f"REVAL_{name.upper()}_FILE", str(file))
    settings = load_settings()
    for name in list_secrets(Settings):
        assert getattr(settings, name).get_secret_value() == (tmp_path / name).read_text().strip()


@pytest.mark.parametrize("trouble", ["both", "missing", "empty", "folder", "binary"])
def test_file_that_cannot_be_used_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, trouble: str) -> None:
    file = tmp_path / "secret"
    if trouble == "folder":
        file.mkdir()
    elif trouble != "missing":
        file.write_bytes({"both": MARK.encode(), "empty": b" \n", "binary": b"\xff\xfe" + MARK.encode()}[trouble])
    monkeypatch.setenv("REVAL_GMC_PASSWORD_FILE", str(file))
    if trouble == "both":
        monkeypatch.setenv("REVAL_GMC_PASSWORD", MARK)
    with pytest.raises(BadSetting) as refused:
        load_settings()
    assert "REVAL_GMC_PASSWORD_FILE" in str(refused.value)
    assert MARK not in str(refused.value)
