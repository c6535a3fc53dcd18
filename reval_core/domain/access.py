"""What is recorded of people: who signed in, was refused, saw which doctor, took which list, decided what."""

from typing import Final

from reval_core.domain.labelled import Labelled


class AccessKind(Labelled):
    """Something that a person did or wanted to do here, in words for people."""

    SIGNED_IN = ("signed_in", "Signed in")
    SIGN_IN_REFUSED = ("sign_in_refused", "Was refused at sign-in")
    SIGNED_OUT = ("signed_out", "Signed out")
    OPENED_DOCTOR = ("opened_doctor", "Opened a doctor")
    FOUND_NO_DOCTOR = ("found_no_doctor", "Asked for a doctor who was not found for them")
    EXPORTED = ("exported", "Exported a list")
    HID = ("hid", "Hid a discrepancy")
    SHOWED = ("showed", "Showed a hidden discrepancy again")
    WROTE_NOTE = ("wrote_note", "Wrote a note")
    ERASED_NOTE = ("erased_note", "Erased a note")
    ERASED_NOTES = ("erased_notes", "Erased all notes of a person")
    APPROVED = ("approved", "Approved held disconnections")
    REJECTED = ("rejected", "Rejected held disconnections")
    ASKED_FOR_SYNC = ("asked_for_sync", "Asked for a sync")
    FORCED_SYNC = ("forced_sync", "Asked a service that was being given a rest")
    STOPPED_SYNC = ("stopped_sync", "Stopped a sync")
    PAUSED = ("paused", "Paused the schedule")
    RESUMED = ("resumed", "Resumed the schedule")
    ACKNOWLEDGED = ("acknowledged", "Acknowledged an alert")
    WAS_NOT_ALLOWED = ("was_not_allowed", "Wanted to do what they may not")
    READ_ACCESS = ("read_access", "Read the records of access")


LONGEST_DETAIL: Final = 1_000
"""Of what is said beside a record, in characters: filters and reasons are shorter; what is longer is cut."""
SHORTEST_KEPT_DAYS: Final = 90
"""For so long the database itself refuses to let go of a record of access, whatever the setting says."""
