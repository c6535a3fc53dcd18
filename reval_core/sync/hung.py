"""Notices a sync whose process stands still, and takes the right to sync from it, so that the next can begin."""

import logging
from datetime import datetime
from typing import Final

from reval_core.db.database import Database
from reval_core.db.lock import evict_holder, is_right_free, last_sign_of_life

LOOKS_WITHOUT_SIGN: Final = 12
"""After so many looks, five seconds apart, at which nothing had changed. A holder gives a sign every five seconds.

Looks are counted rather than time: whoever looks may have slept just as well.
"""
_log = logging.getLogger(__name__)


class HungSyncs:
    """Remembers, from one look to the next, whether the sync that is under way has given a sign of life."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sign: datetime | float | None = None
        self._looks = 0

    def look(self) -> None:
        """Look once more; end the sync that has not given a sign for too long."""
        sign = last_sign_of_life(self._database)
        if sign != self._sign:
            self._sign, self._looks = sign, 0
            return
        self._looks += 1
        if self._looks < LOOKS_WITHOUT_SIGN or is_right_free(self._database):
            return
        _log.warning("a sync gives no sign of life: its process is ended, and what it had not completed is undone")
        evict_holder(self._database)
        self._looks = 0
