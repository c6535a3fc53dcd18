"""Whether the audit trail is whole: every event as it was written, none missing, none slipped in."""

from sqlalchemy import Connection

from reval_core.db.trail_check import verify_trail
from reval_core.domain.trail import TrailVerdict
from reval_core.domain.viewer import Viewer


def check_trail(connection: Connection, viewer: Viewer, kept_head: str | None = None) -> TrailVerdict:
    """Read the whole trail and hold it against its seals; a million events take some seconds.

    `kept_head` is a head noted earlier and kept elsewhere: that it is still there shows that nothing before it was cut
    off or replaced. Whatever a viewer's bodies are, they may know: what is found names runs, and no doctor.
    """
    return verify_trail(connection, kept_head)
