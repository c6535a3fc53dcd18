"""Hands a message to a mail server, to Teams or to Slack. Neither a webhook's address nor a password is ever said."""

import logging
import smtplib
import ssl
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any, Final

import httpx
from pydantic import SecretStr

from reval_core.config import Settings
from reval_core.domain.messages import Channel
from reval_core.errors import RevalError

SECONDS: Final = 10.0
"""How long each step of handing over a message may take."""
_LONGEST_BLOCK: Final = 2_900
_MOST_BLOCKS: Final = 45
_MOST_BUTTONS: Final = 5
_LONGEST_TEXT: Final = 12_000
_FOR_GOOD: Final = 500
"""From this code on a mail server says no for good."""
_MAY_PASS: Final = (408, 429)
"""Statuses that begin with a 4 and yet say nothing about what was sent: it came too slowly, or too much came."""

for _talkative in ("httpx", "httpcore"):  # they would write the address of a webhook, which is a secret, into the log
    logging.getLogger(_talkative).setLevel(logging.WARNING)


class NotHandedOver(RevalError):
    """A message could not be handed over; the message of the error says why, in a sentence without a secret.

    `is_rejected` where the other side turned down this very message, so that another may fare better; `reached` are the
    addresses that it was handed over for all the same.
    """

    def __init__(self, message: str, *, is_rejected: bool = False, reached: Collection[str] = ()) -> None:
        super().__init__(message)
        self.is_rejected = is_rejected
        self.reached = frozenset(reached)


@dataclass(frozen=True, slots=True)
class Message:
    """What is said: one line as its title, and paragraphs of plain text. `links` lead to the pages, by their title."""

    title: str
    text: str
    links: tuple[tuple[str, str], ...] = ()

    @property
    def paragraphs(self) -> list[str]:
        """The text, a paragraph each, cut where it is far too long for a chat."""
        whole = self.text if len(self.text) <= _LONGEST_TEXT else f"{self.text[:_LONGEST_TEXT]}…"
        return [part for part in whole.split("\n\n") if part.strip()]


def hand_over(
    settings: Settings, channel: Channel, message: Message, now: datetime, *, reached: Collection[str] = ()
) -> None:
    """Send a message by one channel, but not to those addresses that it has `reached`. Raises `NotHandedOver`."""
    if channel is Channel.MAIL:
        to = [address for address in settings.mail_to if address not in reached]
        if to:
            _send_mail(settings, message, to, now)
    elif channel is Channel.TEAMS:
        _post(channel, settings.teams_webhook_url, as_card(message))
    else:
        _post(channel, settings.slack_webhook_url, as_blocks(message))


def as_mail(settings: Settings, message: Message, now: datetime) -> EmailMessage:
    """The message as an e-mail to everybody at once."""
    mail = EmailMessage()
    mail["Subject"] = " ".join(message.title.split())
    mail["From"] = settings.mail_from
    mail["To"] = ", ".join(settings.mail_to)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = make_msgid(domain=settings.mail_from.partition("@")[2] or "localhost")
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    return mail


def as_card(message: Message) -> dict[str, Any]:
    """The message as Teams takes it: an adaptive card, in runs of text of which nothing becomes markup."""
    heading = {"type": "TextRun", "text": message.title, "weight": "Bolder", "size": "Medium"}
    runs = [heading, *({"type": "TextRun", "text": paragraph} for paragraph in message.paragraphs)]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": message.title,
        "body": [{"type": "RichTextBlock", "inlines": [run]} for run in runs],
        "actions": [
            {"type": "Action.OpenUrl", "title": title, "url": url} for title, url in message.links[:_MOST_BUTTONS]
        ],
    }
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [content]}


def as_blocks(message: Message) -> dict[str, Any]:
    """The message as Slack takes it: plain text in blocks; only our own links are markup."""
    texts = [
        part[at : at + _LONGEST_BLOCK] for part in message.paragraphs for at in range(0, len(part), _LONGEST_BLOCK)
    ]
    blocks = [{"type": "section", "text": {"type": "plain_text", "text": text, "emoji": False}} for text in texts]
    links = " · ".join(f"<{_escape(url)}|{_escape(title)}>" for title, url in message.links[:_MOST_BUTTONS])
    if links:
        blocks = [*blocks[:_MOST_BLOCKS], {"type": "section", "text": {"type": "mrkdwn", "text": links}}]
    heading = {"type": "section", "text": {"type": "mrkdwn", "text": f"*{_escape(message.title.replace('*', ''))}*"}}
    return {"text": _escape(message.title), "blocks": [heading, *blocks[: _MOST_BLOCKS + 1]]}


def _escape(text: str) -> str:
    """Text for Slack, where these three characters begin markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _send_mail(settings: Settings, message: Message, to: list[str], now: datetime) -> None:
    try:
        with _open_mail_server(settings) as server:
            if settings.smtp_security == "starttls":
                server.starttls(context=ssl.create_default_context())
            if settings.smtp_username:
                password = settings.smtp_password.get_secret_value() if settings.smtp_password else ""
                server.login(settings.smtp_username, password)
            refused = server.send_message(as_mail(settings, message, now), to_addrs=to)
    except smtplib.SMTPAuthenticationError as problem:
        raise NotHandedOver("The mail server does not accept our user name or password.") from problem
    except smtplib.SMTPRecipientsRefused as problem:
        raise _say_refused(settings, to, to) from problem
    except smtplib.SMTPResponseException as problem:
        said = f"The mail server refused the message (code {problem.smtp_code})."
        raise NotHandedOver(said, is_rejected=problem.smtp_code >= _FOR_GOOD) from problem
    except TimeoutError as problem:
        raise NotHandedOver(f"The mail server did not answer within {SECONDS:g} seconds.") from problem
    except ssl.SSLError as problem:
        raise NotHandedOver("No secure connection to the mail server could be made.") from problem
    except (OSError, smtplib.SMTPException) as problem:
        raise NotHandedOver(f"The mail server cannot be reached ({type(problem).__name__}).") from problem
    if refused:
        raise _say_refused(settings, [address for address in to if address in refused], to)


def _say_refused(settings: Settings, refused: list[str], to: list[str]) -> NotHandedOver:
    """That a message went to some of the addresses only, or to none of them. Those refused stand between quotes."""
    if len(refused) == len(settings.mail_to):
        return NotHandedOver("The mail server refuses every address that the message was to go to.")
    which = ", ".join(f"“{address}”" for address in refused)
    said = f"The mail server refused {len(refused)} of {len(settings.mail_to)} addresses: {which}."
    reached = [address for address in to if address not in refused]
    return NotHandedOver(f"{said} The others have the message.", is_rejected=True, reached=reached)


def _open_mail_server(settings: Settings) -> smtplib.SMTP:
    host, port = settings.smtp_host or "", settings.smtp_port
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=ssl.create_default_context())
    return smtplib.SMTP(host, port, timeout=SECONDS)


def _post(channel: Channel, url: SecretStr | None, document: Mapping[str, Any]) -> None:
    if url is None:
        raise NotHandedOver(f"No address is set for {channel.label}.")
    try:
        # What is answered is not read: the status says all, and an answer without end would keep us.
        with httpx.stream("POST", url.get_secret_value(), json=document, timeout=SECONDS) as answer:
            status = answer.status_code
    except httpx.TimeoutException:
        raise NotHandedOver(f"{channel.label} did not answer within {SECONDS:g} seconds.") from None
    except (httpx.HTTPError, httpx.InvalidURL) as problem:
        raise NotHandedOver(f"{channel.label} cannot be reached ({type(problem).__name__}).") from None
    if not 200 <= status < 300:
        is_rejected = 400 <= status < 500 and status not in _MAY_PASS
        raise NotHandedOver(f"{channel.label} did not take the message (status {status}).", is_rejected=is_rejected)
