"""A world after some nights of real syncs in which one office has doctors of whom another must learn nothing."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from reval_core.db.tables import doctor, sync_run, sync_run_part
from reval_core.db.trail import append_events
from reval_core.domain.access import AccessKind
from reval_core.domain.alert_findings import Affected, Finding
from reval_core.domain.alerts import AlertRule
from reval_core.domain.permissions import Role
from reval_core.domain.viewer import Viewer
from reval_core.errors import NotFound
from reval_core.services.access import record_access
from reval_core.services.alerts import acknowledge_alert, record_findings
from reval_core.services.hiding import hide_discrepancies
from reval_core.services.incidents import record_incident
from reval_core.services.notes import write_note
from reval_core.simulator.faults import FaultKind
from tests.builders import (
    NORTH_EAST,
    WESSEX,
    add_anomaly,
    add_difference,
    add_discrepancy,
    add_hold,
    add_request,
    add_set_aside,
)
from tests.sync.scene import Scene

OF_NORTH_EAST: Final = Viewer("Nora", frozenset({NORTH_EAST}), Role.OPERATOR)
OF_WESSEX: Final = Viewer("Wes", frozenset({WESSEX}), Role.OPERATOR)
UNTRUSTED: Final = Viewer("Una", None, Role.OPERATOR, is_trusted_with_sensitive=False)
NAME: Final = "Quillfeather"
FIRST_NAME: Final = "Zebediah"
NOTE: Final = "Secret-note"
WHY: Final = "Secret-reason"
NOTED: Final = "Secret-acknowledgement"
WORD: Final = "Secret-word"
SANCTION: Final = "Secret-sanction"
INVESTIGATION: Final = "Secret-investigation"
PRELIMINARY: Final = "Secret-preliminary"
SENSITIVE: Final = (SANCTION, INVESTIGATION, PRELIMINARY)


@dataclass(frozen=True)
class Secrets:
    """The doctors of North East: one of whom there is everything, one set aside, and one who came from Wessex."""

    known: str
    set_aside: str
    moved: str

    @property
    def numbers(self) -> tuple[str, ...]:
        return self.known, self.set_aside, self.moved

    @property
    def words(self) -> tuple[str, ...]:
        """All that nobody but North East may read of them."""
        return (*self.numbers, NAME, FIRST_NAME, NOTE, WHY, NOTED, WORD, *SENSITIVE)


def play_nights(scene: Scene) -> Secrets:
    """Three nights: all is as usual; the list is empty and held; it is back, one entry unreadable, one doctor moved."""
    known, set_aside, *_ = scene.listed(NORTH_EAST)
    moved = scene.listed(WESSEX)[0]
    for number in (known, set_aside, moved):
        _make_known_by(scene, number, NAME)
    scene.next_day()
    scene.sync()
    scene.fault(FaultKind.EMPTY_LIST, NORTH_EAST)
    scene.next_day()
    scene.sync()
    scene.lift_faults()
    scene.simulator.world.move(moved, NORTH_EAST)
    scene.alter(set_aside, "DateAdded", "32/01/2026")
    scene.alter(known, "Sanction", f"{SANCTION}, changed")
    scene.next_day()
    scene.sync()
    assert scene.doctor(moved).designated_body == NORTH_EAST
    secrets = Secrets(known, set_aside, moved)
    _add_findings(scene, secrets)
    _look(scene, *secrets.numbers)
    return secrets


def _make_known_by(scene: Scene, number: str, name: str) -> None:
    """Let the GMC and TIS say of this doctor what can be found again wherever it comes to light."""
    texts = {"DoctorLastName": name, "DoctorFirstName": FIRST_NAME, "UnderNotice": WORD}
    hidden = {"Sanction": SANCTION, "Investigation": INVESTIGATION, "PreliminaryInvestigation": PRELIMINARY}
    in_tis = {"tcsDesignatedBody": NORTH_EAST, "programmeOwner": "North East"}
    for field, text in (texts | hidden | in_tis).items():
        scene.alter(number, field, text)


def _look(scene: Scene, *numbers: str) -> None:
    """Let somebody of North East open these doctors, and take a list with them and one of Wessex in it."""
    now = scene.clock()
    for number in numbers:
        record_access(scene.database, OF_NORTH_EAST, now, AccessKind.OPENED_DOCTOR, gmc_number=number)
    listed = [*numbers, scene.listed(WESSEX)[-1]]
    record_access(scene.database, OF_NORTH_EAST, now, AccessKind.EXPORTED, detail=f"Filters: {NAME}", doctors=listed)


def _add_findings(scene: Scene, secrets: Secrets) -> None:
    now, run_id, number = scene.clock(), scene.latest().run.id, secrets.known
    names: dict[str, Any] = {"first_name": FIRST_NAME, "last_name": NAME}
    theirs = {"designated_body": NORTH_EAST, "opened_at": now, **names}
    with scene.database.writing() as connection:
        add_request(connection)
        connection.execute(doctor.update().where(doctor.c.gmc_number == secrets.moved).values(programme_name=NAME))
        for kind in ("visitor", "inactive"):
            add_discrepancy(connection, kind, number, run_id, **theirs)
        found = {"designated_body": NORTH_EAST, "field": "sanction", "sent": SANCTION}
        add_difference(connection, run_id, "value_differs", number, **found)
        add_difference(
            connection, 1, "value_differs", secrets.moved, designated_body=WESSEX, field="last_name", sent=NAME
        )
        # Wessex held the doctor once, who had moved.
        ended = {"status": "dissolved", "closed_at": now, "designated_body": WESSEX}
        add_hold(connection, 1, {secrets.moved: "moved"}, **ended)
        over = {"resolved_at": now, "resolved_run_id": run_id, "source": WESSEX}
        add_anomaly(connection, secrets.moved, 1, detail=WORD, **over)
        affected = (
            Affected(f"Sanction: the list says “{SANCTION}”.", number, NORTH_EAST),
            Affected(f"Names: {NAME}", secrets.moved, NORTH_EAST),
            Affected("The list of Wessex says something.", None, WESSEX),
        )
        told = Finding(AlertRule.CHECK_FOUND_DIFFERENCES, f"About {NAME}", affected, detail=f"About {SANCTION}")
        record_findings(connection, [told], [], now)
    hide_discrepancies(scene.database, OF_NORTH_EAST, now, [("visitor", number)], NORTH_EAST, WHY, date(2030, 1, 1))
    write_note(scene.database, OF_NORTH_EAST, now, number, NOTE)
    acknowledge_alert(scene.database, OF_NORTH_EAST, now + timedelta(seconds=1), 1, NOTED)
    record_incident(scene.database, OF_NORTH_EAST, now, "Doctor, /doctor", NotFound(f"Doctor {number} is not there."))


def add_more_findings(scene: Scene, secrets: Secrets) -> None:
    """Let there be one more of everything that can be found about the doctors of North East."""
    now, run_id, number = scene.clock(), scene.latest().run.id, secrets.set_aside
    _look(scene, number)
    theirs = {"designated_body": NORTH_EAST}
    with scene.database.writing() as connection:
        more = {"opened_at": now, "tis_designated_body": NORTH_EAST}
        add_discrepancy(connection, "not_in_tis", number, run_id, **theirs | more)
        resolved = {"resolved_at": now, "resolved_run_id": run_id}
        add_discrepancy(connection, "update_refused", number, run_id, **theirs | more | resolved)
        add_difference(connection, run_id, "value_differs", number, **theirs, field="last_name", sent=NAME)
        add_anomaly(connection, number, run_id, source=NORTH_EAST, detail=WORD)
        add_set_aside(connection, NORTH_EAST, run_id, gmc_number=number)
        add_hold(connection, run_id, {number: None}, **theirs)
        event = {"source": "gmc", "gmc_number": number, "tcs_person_id": None, "about": None, "actor": "scheduler"}
        append_events(connection, run_id, now, [event | {"field": "last_name", "old": None, "new": NAME}])
        counted = (
            "discrepancies_opened",
            "discrepancies_resolved",
            "differences",
            "anomalies",
            "set_aside",
            "withheld",
        )
        one_more = {name: sync_run.c[name] + 1 for name in counted}
        connection.execute(sync_run.update().where(sync_run.c.id == run_id).values(one_more))
        its_part = sync_run_part.c.run_id == run_id, sync_run_part.c.source == NORTH_EAST
        of_part = {name: sync_run_part.c[name] + 1 for name in ("set_aside", "withheld", "received")}
        connection.execute(sync_run_part.update().where(*its_part).values(of_part))
