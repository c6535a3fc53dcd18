"""Words for what screens show: dates, times, counts, and values that may be unknown. Returns text, never HTML."""

from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from reval_core.domain.designated_bodies import name_of
from reval_core.domain.doctor import UnderNotice
from reval_core.domain.failures import FailureKind
from reval_core.domain.holds import HoldStatus
from reval_core.domain.membership import F1_GRADE
from reval_core.domain.standing import Standing

UK: Final = ZoneInfo("Europe/London")
UNKNOWN: Final = "Unknown"
_LATEST_RELATIVE: Final = timedelta(days=14)
_ONE_DAY: Final = timedelta(days=1)

_FIELD_LABELS: Final = {
    "gmc_number": "GMC number",
    "gmc_number_text": "GMC number as TIS has it",
    "tcs_person_id": "TIS person",
    "tis_designated_body": "Designated body in TIS",
    "under_notice_text": "Under notice, the GMC's own word",
    "date_added": "Date connected",
    "doctor_status": "Status at the GMC",
    "start_date": "Programme starts",
    "end_date": "Programme ends",
    "curriculum_end_date": "Curriculum ends",
    "status": "Status in TIS",
    "standing": "Mark beside the doctor",
    "hold": "Held disconnection",
    "created": "First seen",
    "removed": "No longer there",
}
_BODY_FIELDS: Final = frozenset({"designated_body", "tis_designated_body", "former_designated_body"})
_NOTICE_LABELS: Final = {member.value: member.label for member in UnderNotice}
_MARKS: Final = {member.value: member.label for member in Standing} | {Standing.CONFIRMED.value: "No mark"}
_HOLD_LABELS: Final = {member.value: member.label for member in HoldStatus}
_MEMBERSHIP_TYPES: Final = {"LAT": "LAT", "NTN": "NTN"}


def say_count(number: int, singular: str, plural: str | None = None) -> str:
    """A number with its noun: 1 doctor, 2 doctors, 1,040 doctors."""
    return f"{number:,} {singular if number == 1 else plural or f'{singular}s'}"


def say_date(day: date) -> str:
    """A date, short: 5 Aug 2026."""
    return f"{day.day} {day:%b %Y}"


def say_time(moment: datetime | None) -> str:
    """A moment in UK time, to the minute: 5 Aug 2026, 00:05."""
    if moment is None:
        return UNKNOWN
    local = moment.astimezone(UK)
    return f"{say_date(local.date())}, {local:%H:%M}"


def say_exact_time(moment: datetime) -> str:
    """A moment in UK time, to the second and with its zone, for whoever needs it exactly."""
    local = moment.astimezone(UK)
    return f"{local:%A} {local.day} {local:%B %Y, %H:%M:%S} UK time ({local.tzname()})"


def say_ago(moment: datetime, now: datetime) -> str:
    """How long ago a moment was, in the largest unit that tells enough; the date if it is long ago."""
    passed = now - moment
    if passed > _LATEST_RELATIVE:
        return f"on {say_date(moment.astimezone(UK).date())}"
    minutes = int(passed.total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{say_count(minutes, 'minute')} ago"
    if minutes < 48 * 60:
        return f"{say_count(minutes // 60, 'hour')} ago"
    return f"{say_count(minutes // (24 * 60), 'day')} ago"


def say_long_ago(moment: datetime, now: datetime) -> str:
    """How long ago a moment was, however long: 3 weeks ago, 5 months ago."""
    if now - moment <= _LATEST_RELATIVE:
        return say_ago(moment, now)
    days = (now - moment).days
    for size, noun in ((365, "year"), (30, "month")):
        if days >= 2 * size:
            return f"{say_count(days // size, noun)} ago"
    return f"{say_count(days // 7, 'week')} ago"


def say_in(moment: datetime, now: datetime) -> str:
    """How long it is until a moment, in the largest unit that tells enough: in 11 minutes, in 9 hours."""
    minutes = -int(-(moment - now).total_seconds() // 60)
    if minutes <= 1:
        return "in a minute"
    return f"in {say_count(minutes, 'minute')}" if minutes < 120 else f"in {say_count(minutes // 60, 'hour')}"


def say_day_and_time(moment: datetime, now: datetime) -> str:
    """A moment in UK time, by the day as people call it: today 00:05, yesterday 23:10, 21 Nov 2026, 00:05."""
    local, today = moment.astimezone(UK), now.astimezone(UK).date()
    day = {today: "today", today - _ONE_DAY: "yesterday", today + _ONE_DAY: "tomorrow"}.get(local.date())
    return f"{day} {local:%H:%M}" if day else say_time(moment)


def say_duration(start: datetime, end: datetime) -> str:
    """How long something took: 8 seconds, 2 minutes 5 seconds."""
    seconds = max(0, round((end - start).total_seconds()))
    if seconds == 0:
        return "under a second"
    if seconds < 60:
        return say_count(seconds, "second")
    minutes, rest = divmod(seconds, 60)
    if minutes >= 60:
        return f"{say_count(minutes // 60, 'hour')} {say_count(minutes % 60, 'minute')}"
    return f"{say_count(minutes, 'minute')} {say_count(rest, 'second')}" if rest else say_count(minutes, "minute")


def say_under_notice(value: str | None, own_word: str | None = None) -> str:
    """Whether a doctor is under notice. Unknown is a value of its own; a word that nobody knows is quoted."""
    if value:
        return _NOTICE_LABELS.get(value, value)
    return f"{UNKNOWN} (the GMC says “{own_word}”)" if own_word else UNKNOWN


def say_name(first_name: str | None, last_name: str | None) -> str:
    """A person's name as one says it."""
    return " ".join(part for part in (first_name, last_name) if part) or "name unknown"


def say_name_to_sort(first_name: str | None, last_name: str | None) -> str:
    """A person's name as lists have it: surname first."""
    return ", ".join(part for part in (last_name, first_name) if part) or "name unknown"


def say_source(source: str) -> str:
    """The name of a designated body, or TIS."""
    return name_of(source)


def say_membership_type(code: str | None) -> str:
    """A membership type as TIS calls it, in ordinary letters."""
    if not code:
        return UNKNOWN
    return _MEMBERSHIP_TYPES.get(code, code.replace("_", " ").capitalize())


def say_placement_grade(grade: str | None) -> str:
    """A placement grade; TIS gives an identifier, of which only that of foundation year 1 has a meaning here."""
    if grade is None:
        return UNKNOWN
    return f"{grade} (foundation year 1)" if grade == F1_GRADE else grade


def say_detail(failure: FailureKind | None, detail: str | None) -> str | None:
    """What is known of a failure beyond its headline. An unexpected one has only the text of an error, for the log."""
    return None if failure is FailureKind.INTERNAL else detail


def say_field(field: str) -> str:
    """The label of a stored field, as in the audit trail."""
    return _FIELD_LABELS.get(field) or field.replace("_", " ").capitalize()


def say_value(field: str, value: str | None) -> str | None:
    """A stored value of a field, as in the audit trail; `None` where there was none."""
    if value is None or value == "":
        return None
    if field in _BODY_FIELDS:
        return name_of(value)
    if field == "under_notice":
        return say_under_notice(value)
    if field == "standing":
        return _MARKS.get(value, value)
    if field == "hold":
        return _HOLD_LABELS.get(value, value)
    if field == "membership_type":
        return say_membership_type(value)
    if field in {"status", "doctor_status", "discrepancy"}:
        return value.capitalize()
    if field == "placement_grade":
        return say_placement_grade(value)
    return _say_if_date(value)


def say_change(field: str, old: str | None, new: str | None) -> str:
    """One field that changed, in a line: Under notice: Yes, before: No."""
    before, after = say_value(field, old), say_value(field, new)
    if before is None:
        return f"{say_field(field)}: {after or 'none'}"
    return f"{say_field(field)}: {after or 'none'}, before: {before}"


def say_day_of_week(day: date) -> str:
    """A date with its day of the week: Wednesday 5 August 2026."""
    return f"{day:%A} {day.day} {day:%B %Y}"


def _say_if_date(value: str) -> str:
    if len(value) != 10 or value[4] != "-":
        return value
    try:
        return say_date(date.fromisoformat(value))
    except ValueError:
        return value
