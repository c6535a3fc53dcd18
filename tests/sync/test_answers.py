"""The GMC's raw answers: kept word for word, compressed, for as long as set, and the latest of each body always."""

from collections.abc import Iterator

import pytest
import zstandard

from reval_core.db.tables import gmc_answer
from reval_core.domain.designated_bodies import NAMES
from reval_core.domain.statuses import RunStatus
from reval_core.simulator.faults import FaultKind
from tests.builders import NORTH_EAST, WESSEX
from tests.servers.awkward import AwkwardServer, http, serve
from tests.sync.scene import BODIES, Scene

REPLY = """<?xml version="1.0" encoding="utf-8"?>
<!-- as nobody would write it -->  <s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body
 ><GetDoctorsForDBResponse xmlns='https://webcache.gmc-uk.org/GMCWebServices/'><GetDoctorsForDBResult><Doctors>
 <GetDoctorsForDBResponse_Doctor><GMCReferenceNumber> 7123456 </GMCReferenceNumber
 ><DoctorLastName>O&#8217;Néill<![CDATA[ & Co]]></DoctorLastName></GetDoctorsForDBResponse_Doctor>
</Doctors><ReturnCode>0</ReturnCode></GetDoctorsForDBResult></GetDoctorsForDBResponse></s:Body></s:Envelope>
""".encode()


@pytest.fixture
def awkward() -> Iterator[AwkwardServer]:
    with serve(http(200, REPLY, Content_Type="text/xml; charset=utf-8")) as server:
        yield server


def test_raw_answer_is_kept_to_the_byte(scene: Scene, awkward: AwkwardServer) -> None:
    outcome = scene.sync(gmc_url=awkward.url, designated_bodies=(WESSEX,))

    (kept,) = scene.rows(gmc_answer)
    assert zstandard.decompress(kept.body) == REPLY
    assert (kept.size_bytes, kept.designated_body, kept.run_id) == (len(REPLY), WESSEX, outcome.run.id)
    assert kept.id == outcome.parts[WESSEX].answer_id == scene.source(WESSEX).accepted_answer_id
    assert kept.asked_at == kept.received_at == scene.clock()
    assert f"<ClientRequestID>{kept.client_request_id}</ClientRequestID>" in awkward.requests[0].body.decode()
    assert (scene.doctor("7123456").last_name, outcome.status) == ("O’Néill & Co", RunStatus.SUCCEEDED)


def test_answers_take_less_room_than_they_had(scene: Scene) -> None:
    scene.bodies = tuple(NAMES)
    scene.sync()
    answers = scene.rows(gmc_answer)
    assert len(answers) == len(NAMES)
    assert sum(len(answer.body) for answer in answers) * 4 < sum(answer.size_bytes for answer in answers)


def test_old_answers_are_dropped_after_their_time(synced: Scene) -> None:
    for _ in range(3):
        synced.clock.advance(days=1)
        synced.sync(raw_answer_days=2)
    ages = {(synced.clock() - answer.received_at).days for answer in synced.rows(gmc_answer)}
    assert ages == {0, 1, 2}


def test_latest_accepted_answer_of_a_body_is_never_dropped(synced: Scene) -> None:
    accepted = synced.source(WESSEX).accepted_answer_id
    synced.fault(FaultKind.BLOCKED, WESSEX)
    synced.clock.advance(days=400)
    synced.sync(raw_answer_days=1)
    synced.clock.advance(days=400)
    synced.sync(raw_answer_days=1)
    kept = {answer.id: answer.designated_body for answer in synced.rows(gmc_answer)}
    assert kept[accepted] == WESSEX
    assert {kept[synced.source(body).accepted_answer_id] for body in BODIES} == set(BODIES)
    assert len(kept) == len(BODIES) + 1  # the latest refusal is young


def test_answer_behind_an_older_record_is_not_dropped(synced: Scene) -> None:
    number, behind = synced.listed(WESSEX)[0], synced.source(WESSEX).accepted_answer_id
    synced.alter(number, "SubmissionDate", "31/02/2024")
    synced.clock.advance(days=90)
    synced.sync(raw_answer_days=1)
    assert synced.doctor(number).confirmed_answer_id == behind
    assert behind in {answer.id for answer in synced.rows(gmc_answer)}


def test_answer_of_a_second_look_is_kept_when_it_tells(synced: Scene) -> None:
    number = synced.listed(WESSEX)[0]
    synced.simulator.world.move(number, NORTH_EAST)
    synced.sync(bodies=(WESSEX,))
    (look,) = synced.rows(gmc_answer, gmc_answer.c.is_second_look)
    assert look.designated_body == NORTH_EAST
    assert number.encode() in zstandard.decompress(look.body)
    assert synced.doctor(number).confirmed_answer_id == look.id
