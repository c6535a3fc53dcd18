"""Tells people of alerts by e-mail, Teams and Slack: once when one begins or grows, once when it is over.

What happens within some minutes of a message goes into one further message. No message is sent within a transaction.
"""

import logging
from datetime import datetime, timedelta
from typing import Final

from reval_core.config import Settings
from reval_core.db.database import Database, Writing
from reval_core.domain.messages import Channel
from reval_core.domain.viewer import EVERYONE
from reval_core.queries.alerts import show_alert, sort_by_urgency
from reval_core.services.notifications import (
    Taken,
    find_due,
    latest_made_at,
    note_not_sent,
    note_sent,
    store_message,
    take_messages,
)
from reval_core.watch.channels import Message, NotHandedOver, hand_over
from reval_core.watch.message_text import News, write_message

_UNEXPECTED: Final = "Something unexpected happened while it was being sent; the log says what."
_log = logging.getLogger(__name__)


def deliver(database: Database, settings: Settings, now: datetime, writing: Writing | None = None) -> None:
    """Make the messages that are due, and send what waits to be sent. Does nothing where no channel is set up.

    `writing` opens the transactions in which that is put on record, such as those of a leader.
    """
    channels = settings.channels
    if not channels:
        return
    open_transaction = writing or database.writing
    _make_message(settings, channels, now, open_transaction)
    with open_transaction() as connection:
        taken = take_messages(connection, channels, now)
    for message in taken:
        _send(settings, message, now, open_transaction)


def _make_message(settings: Settings, channels: list[Channel], now: datetime, writing: Writing) -> None:
    """Make one message of all that is due, unless there was one only minutes ago."""
    with writing() as connection:
        latest = latest_made_at(connection)
        if latest is not None and latest <= now < latest + timedelta(minutes=settings.digest_minutes):
            return
        due = find_due(connection, now)
        told = (due.began, due.grew, due.ended)
        news = News(*(sort_by_urgency(show_alert(connection, EVERYONE, key) for key in keys) for keys in told))
        if news.is_empty:
            return
        message = write_message(settings, news, due.told_before, due.told_of)
        store_message(connection, channels, message.title, message.text, message.links, due, now)


def _send(settings: Settings, message: Taken, now: datetime, writing: Writing) -> None:
    problem = _try_to_send(settings, message, now)
    with writing() as connection:
        if problem is None:
            note_sent(connection, message, now)
        else:
            note_not_sent(
                connection, message, str(problem), now, reached=problem.reached, is_rejected=problem.is_rejected
            )


def _try_to_send(settings: Settings, message: Taken, now: datetime) -> NotHandedOver | None:
    """Why a message could not be sent, or not to everybody; `None` if it was."""
    told = Message(message.title, message.text, message.links)
    try:
        hand_over(settings, message.channel, told, now, reached=message.reached)
    except NotHandedOver as problem:
        _log.warning("message %s by %s was not delivered: %s", message.id, message.channel.value, problem)
        return problem
    except Exception as problem:  # noqa: BLE001 - its text may hold an address or a password: the kind must do
        _log.error("message %s by %s failed with %s", message.id, message.channel.value, type(problem).__name__)
        return NotHandedOver(_UNEXPECTED)
    return None
