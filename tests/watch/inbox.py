"""What tests of messages share: a mail server that keeps what it gets, settings for channels, and what is found."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message as ParsedMail
from typing import Any, Final

from aiosmtpd.controller import Controller
from sqlalchemy import select

from reval_core.config import Settings, settings_without_environment
from reval_core.db.database import Database
from reval_core.db.tables import alert, notification
from reval_core.domain.alert_findings import Affected, Finding
from reval_core.domain.alerts import AlertRule
from reval_core.services.alerts import record_findings
from tests.builders import WESSEX
from tests.servers.awkward import AwkwardServer
from tests.servers.ports import find_free_port

NOW: Final = datetime(2026, 8, 5, 1, 0, tzinfo=UTC)
NAME: Final = "Quillfeather"
SET_ASIDE: Final = Finding(
    AlertRule.RECORD_SET_ASIDE,
    "1 record was set aside",
    (Affected(f"The name “{NAME}” cannot be read.", "7000001", WESSEX, WESSEX),),
    reference="SYNC-1",
)
BLOCKED: Final = Finding(
    AlertRule.BLOCKED, "The GMC blocks our requests", (Affected("Status 403.", None, WESSEX, WESSEX),), "GMC"
)


class Inbox:
    """What a mail server on loopback received; it can be told to refuse."""

    def __init__(self) -> None:
        self.mails: list[ParsedMail] = []
        self.recipients: list[list[str]] = []
        self.answer = "250 OK"
        self.refused: set[str] = set()

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        """Take an address, unless told to refuse it."""
        if address in self.refused:
            return "550 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep a message, unless told to refuse."""
        if self.answer.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content))
            self.recipients.append(envelope.rcpt_tos)
        return self.answer


@contextmanager
def serve_mail(**options: Any) -> Iterator[tuple[Inbox, int]]:
    """A real mail server on a free port."""
    inbox, port = Inbox(), find_free_port()
    controller = Controller(inbox, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield inbox, port
    finally:
        controller.stop()


def by_mail(port: int, **more: Any) -> Settings:
    to = ("team@example.org", "lead@example.org")
    return settings_without_environment(smtp_host="127.0.0.1", smtp_port=port, mail_to=to, **more)


def by_slack(server: AwkwardServer, **more: Any) -> Settings:
    return settings_without_environment(slack_webhook_url=f"{server.url}/services/SECRET", **more)


def record(database: Database, now: datetime, *findings: Finding) -> None:
    with database.writing() as connection:
        record_findings(connection, findings, frozenset(), now)


def minutes(number: float) -> datetime:
    return NOW + timedelta(minutes=number)


def rows_in(database: Database) -> list[Any]:
    with database.reading() as connection:
        return list(connection.execute(select(notification).order_by(notification.c.id)))


def read_alert(database: Database, subject: str) -> Any:
    """The alert about this."""
    with database.reading() as connection:
        return connection.execute(select(alert).where(alert.c.subject == subject)).one()


def text_of(mail: ParsedMail) -> str:
    raw = mail.get_payload(decode=True)
    assert isinstance(raw, bytes)
    return raw.decode()
