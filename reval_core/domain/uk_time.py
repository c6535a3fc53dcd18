"""UK time: what people read, and the day by which programmes begin and end."""

from datetime import date, datetime
from typing import Final
from zoneinfo import ZoneInfo

UK: Final = ZoneInfo("Europe/London")


def uk_date(moment: datetime) -> date:
    """The day that it is in the UK at this moment."""
    return moment.astimezone(UK).date()
