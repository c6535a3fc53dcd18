"""The messages about alerts on a screen: what was said when, by which channel, and whether it arrived."""

from collections.abc import Sequence
from typing import Final

from pages._ui.tables import Column, Html, draw_table, lines, tag
from pages._ui.words import say_time
from reval_core.domain.messages import MessageStatus
from reval_core.queries.notifications import Notification

TONES: Final = {
    MessageStatus.SENT: "good",
    MessageStatus.GIVEN_UP: "bad",
    MessageStatus.WAITING: "info",
    MessageStatus.SENDING: "info",
}


def draw_messages(messages: Sequence[Notification]) -> None:
    """These messages, in the order given."""
    draw_table("The latest messages about alerts, and whether they arrived", MESSAGES, messages)


def say_sent(message: Notification) -> Html:
    """Whether it arrived; if not, why, and when it is tried again."""
    tried = f"Tried {message.attempts} times" if message.attempts > 1 else None
    again = f"Next attempt: {say_time(message.next_attempt_at)}" if message.next_attempt_at else None
    state = tag(message.status.label, TONES[message.status])
    if message.status is MessageStatus.SENT:
        return lines(state, say_time(message.sent_at))
    return lines(state, message.failure_detail, tried, again)


MESSAGES: Final[list[Column[Notification]]] = [
    Column("Message", lambda message: message.title, is_row_heading=True),
    Column("By", lambda message: message.channel.label),
    Column("Made", lambda message: say_time(message.made_at), shape="short"),
    Column("Delivery", say_sent, shape="wide"),
]
