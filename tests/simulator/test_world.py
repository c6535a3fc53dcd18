"""The invented world, judged by its raw texts and the rules of the domain; the product's own rules are not used."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import chain

import pytest

from reval_core.domain.designated_bodies import NAMES
from reval_core.errors import BadInput, NotFound
from reval_core.gmc.schema import DOCTOR_FIELDS
from reval_core.simulator.names import FIRST_NAMES, LAST_NAMES
from reval_core.simulator.world import PlannedMove, World, WorldOptions

START_DATE = date(2026, 1, 5)
WESSEX, SOUTH_WEST = "1-1RUZUSF", "1-1RUZUVB"

Doctor = Sequence[str | None]


def make_world(doctors: int = 500, seed: int = 1, days: int = 0) -> World:
    return World(WorldOptions(start_date=START_DATE, doctors=doctors, seed=seed, days=days))


def everything_in(world: World) -> tuple[object, ...]:
    lists = {code: [tuple(doctor) for doctor in world.list_of(code)] for code in NAMES}
    return world.today, lists, world.memberships(0, world.count_memberships())


def connected_doctors(world: World) -> dict[str, tuple[str, Doctor]]:
    return {str(doctor[0]): (code, tuple(doctor)) for code in NAMES for doctor in world.list_of(code)}


def test_same_options_give_the_same_world() -> None:
    assert everything_in(make_world(days=3)) == everything_in(make_world(days=3))


def test_another_seed_gives_other_people() -> None:
    assert everything_in(make_world(seed=1)) != everything_in(make_world(seed=2))


def test_days_one_by_one_equal_days_at_once() -> None:
    at_start, at_once, one_by_one = make_world(days=5), make_world(), make_world()
    at_once.advance(5)
    for _ in range(5):
        one_by_one.advance()
    assert everything_in(at_start) == everything_in(at_once) == everything_in(one_by_one)
    assert at_once.today == date(2026, 1, 10)


def test_looking_at_the_world_does_not_change_its_future() -> None:
    watched, unwatched = make_world(), make_world()
    everything_in(watched)
    watched.advance(2)
    unwatched.advance(2)
    assert everything_in(watched) == everything_in(unwatched)


def test_about_one_in_a_hundred_changes_each_day() -> None:
    world = make_world(doctors=20_000)
    before, tis_before = connected_doctors(world), memberships_by_person(world)
    world.advance()
    after, tis_after = connected_doctors(world), memberships_by_person(world)
    changed = {number for number in before | after if before.get(number) != after.get(number)}
    changed_in_tis = {person for person in tis_before | tis_after if tis_before.get(person) != tis_after.get(person)}
    assert 0.006 * 20_000 < len(changed) < 0.012 * 20_000
    assert 0.001 * 20_000 < len(changed_in_tis) < 0.01 * 20_000


def test_a_month_brings_every_kind_of_change() -> None:
    world = make_world(doctors=2_000)
    before = connected_doctors(world)
    world.advance(30)
    after = connected_doctors(world)
    moved = [number for number in before.keys() & after.keys() if before[number][0] != after[number][0]]
    assert moved
    assert before.keys() - after.keys()
    assert after.keys() - before.keys()
    assert changed_values(before, after, "UnderNotice") > 0
    assert changed_values(before, after, "SubmissionDate") > 0


def changed_values(before: dict[str, tuple[str, Doctor]], after: dict[str, tuple[str, Doctor]], field: str) -> int:
    place = DOCTOR_FIELDS.index(field)
    return sum(before[number][1][place] != after[number][1][place] for number in before.keys() & after.keys())


def memberships_by_person(world: World) -> dict[object, list[dict[str, object]]]:
    people: dict[object, list[dict[str, object]]] = {}
    for membership in world.memberships(0, world.count_memberships()):
        people.setdefault(membership["tcsPersonId"], []).append(membership)
    return people


def is_gmc_number(text: object) -> bool:
    return isinstance(text, str) and len(text) == 7 and text.isascii() and text.isdigit()


def body_in(membership: dict[str, object]) -> object:
    codes = {name: code for code, name in NAMES.items()}
    return membership.get("tcsDesignatedBody") or codes.get(str(membership.get("programmeOwner")))


def is_current(membership: dict[str, object], today: date) -> bool:
    start, end = membership.get("programmeMembershipStartDate"), membership.get("programmeMembershipEndDate")
    return bool(start and end) and str(start) <= today.isoformat() <= str(end)


def letters_of(name: object) -> str:
    plain = unicodedata.normalize("NFKD", str(name)).casefold()
    return "".join(letter for letter in plain if letter.isalnum())


def kinds_in(world: World) -> Counter[str]:
    """How many doctors show each discrepancy, by the table in the domain's words, from raw data only."""
    connected = connected_doctors(world)
    memberships = world.memberships(0, world.count_memberships())
    by_number: dict[str, list[dict[str, object]]] = {}
    kinds: Counter[str] = Counter()
    for membership in memberships:
        number = membership.get("gmcReferenceNumber")
        if is_gmc_number(number):
            by_number.setdefault(str(number), []).append(membership)
        elif is_current(membership, world.today):
            kinds["no usable GMC number"] += 1
    for number in connected.keys() | by_number.keys():
        kinds.update(kinds_of(connected.get(number), by_number.get(number, []), world.today))
    return kinds


def kinds_of(gmc: tuple[str, Doctor] | None, theirs: list[dict[str, object]], today: date) -> list[str]:
    current = [membership for membership in theirs if is_current(membership, today)]
    owners = {body_in(membership) for membership in current}
    found = {
        "not in TIS": gmc is not None and not theirs,
        "number shared": len({membership["tcsPersonId"] for membership in theirs}) > 1,
        "overlapping programmes": len(owners) > 1,
        "ready for connection": gmc is None and bool(current),
        "ready for disconnection": gmc is not None and bool(theirs) and not current,
        "connected elsewhere": gmc is not None and len(owners) == 1 and gmc[0] not in owners,
        "visitor": any(membership.get("programmeMembershipType") == "VISITOR" for membership in current),
        "military": any(membership.get("programmeMembershipType") == "MILITARY" for membership in current),
        "foundation year 1": any(membership.get("placementGrade") == 279 for membership in current),
        "inactive": gmc is not None and any(membership.get("status") == "INACTIVE" for membership in theirs),
        "names differ": gmc is not None
        and any(letters_of(gmc[1][2]) != letters_of(membership.get("doctorLastName")) for membership in theirs),
        "in agreement": gmc is not None and owners == {gmc[0]},
    }
    return [kind for kind, holds in found.items() if holds]


EXPECTED_SHARES = {
    "ready for connection": 0.02,
    "ready for disconnection": 0.03,
    "connected elsewhere": 0.015,
    "not in TIS": 0.005,
    "no usable GMC number": 0.004,
    "number shared": 0.001,
    "overlapping programmes": 0.004,
    "visitor": 0.004,
    "inactive": 0.005,
    "names differ": 0.005,  # those who share a number have different names too
    "military": 0.005,
    "foundation year 1": 0.01,
}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_five_hundred_people_show_every_kind(seed: int) -> None:
    kinds = kinds_in(make_world(seed=seed))
    assert {kind for kind in EXPECTED_SHARES if kinds[kind] == 0} == set()


def test_kinds_come_in_believable_proportions() -> None:
    kinds = kinds_in(make_world(doctors=20_000))
    for kind, share in EXPECTED_SHARES.items():
        assert kinds[kind] / 20_000 == pytest.approx(share, rel=0.1, abs=0.0003), kind


def test_most_connected_doctors_are_in_agreement() -> None:
    world = make_world(doctors=20_000)
    assert 0.85 < kinds_in(world)["in agreement"] / len(connected_doctors(world)) < 0.97


def test_unusable_numbers_come_in_every_form() -> None:
    world = make_world(doctors=20_000)
    memberships = world.memberships(0, world.count_memberships())
    unusable = {m.get("gmcReferenceNumber", "left out") for m in memberships}
    assert {"left out", None, "UNKNOWN", "N/A", "712345", "70O1234"} <= unusable


def test_full_scale_keeps_every_body_under_eight_thousand() -> None:
    world = make_world(doctors=104_000, days=10)
    sizes = world.people.count_by_body()
    assert 104_000 <= len(world.people) <= 104_000 * 1.02
    assert max(sizes.values()) < 8_000
    assert min(sizes.values()) < 0.75 * max(sizes.values())
    assert sum(sizes.values()) > 80_000


@pytest.mark.slow
def test_a_million_people_can_be_made() -> None:
    world = make_world(doctors=1_040_000)
    assert len(world.people) == 1_040_000
    assert len(connected_doctors(world)) == sum(world.people.count_by_body().values())


def test_gmc_numbers_are_seven_digits_and_unique() -> None:
    world = make_world(doctors=20_000, days=20)
    numbers = [str(doctor[0]) for code in NAMES for doctor in world.list_of(code)]
    assert len(numbers) == len(set(numbers))
    assert all(is_gmc_number(number) for number in numbers)


def test_dates_are_written_as_on_each_wire() -> None:
    world = make_world()
    for _, doctor in connected_doctors(world).values():
        for field in ("SubmissionDate", "DateAdded"):
            text = doctor[DOCTOR_FIELDS.index(field)]
            assert not text or is_day(text[6:] + "-" + text[3:5] + "-" + text[:2]), text
    for membership in world.memberships(0, world.count_memberships()):
        assert is_day(str(membership["programmeMembershipEndDate"] or "2026-01-01"))


def is_day(iso: str) -> bool:
    return date.fromisoformat(iso).isoformat() == iso


def test_unknown_under_notice_is_both_empty_and_missing() -> None:
    place = DOCTOR_FIELDS.index("UnderNotice")
    words = {doctor[place] for _, doctor in connected_doctors(make_world(doctors=2_000)).values()}
    assert words == {"Yes", "No", "On Hold", "", None}


def test_tis_leaves_fields_null_and_out() -> None:
    memberships = make_world(doctors=2_000).memberships(0, 5_000)
    assert any(None in membership.values() for membership in memberships)
    assert any(len(membership) < 13 for membership in memberships)
    assert all(type(membership["tcsPersonId"]) is int for membership in memberships)


def test_names_are_diverse_and_need_no_escaping() -> None:
    names = FIRST_NAMES + LAST_NAMES
    assert not [name for name in names if set("&<>") & set(name)]
    last_names = [str(doctor[2]) for _, doctor in connected_doctors(make_world(doctors=5_000)).values()]
    for mark in ("'", "-", " ", "ó"):
        assert any(mark in name for name in last_names), mark


def test_names_in_a_list_do_not_repeat() -> None:
    assert [name for name, count in chain(Counter(FIRST_NAMES).items(), Counter(LAST_NAMES).items()) if count > 1] == []


@pytest.mark.parametrize("doctors", [1, 2, 13, 40])
def test_a_tiny_world_lives_too(doctors: int) -> None:
    assert len(make_world(doctors=doctors, days=3).people) >= doctors


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"doctors": 0}, "doctors"),
        ({"doctors": 3_000_000}, "doctors"),
        ({"days": -1}, "days"),
        ({"days": 9_999}, "days"),
    ],
)
def test_impossible_worlds_are_refused(options: dict[str, int], named: str) -> None:
    with pytest.raises(BadInput, match=named):
        WorldOptions(start_date=START_DATE, **options)


def test_an_altered_field_lasts_until_cleared() -> None:
    world = make_world()
    number = str(world.list_of(WESSEX)[0][0])
    world.alter(number, "SubmissionDate", "31/02/2024")
    world.alter(number, "programmeOwner", "Atlantis")
    world.advance(5)
    described = str(world.describe_doctor(number))
    assert "'SubmissionDate': '31/02/2024'" in described
    assert "'programmeOwner': 'Atlantis'" in described
    world.clear_alterations()
    assert "31/02/2024" not in str(world.describe_doctor(number))


def test_a_planned_move_waits_for_its_list() -> None:
    world = make_world()
    number = str(world.list_of(WESSEX)[0][0])
    world.plan_move(PlannedMove(number, SOUTH_WEST, after_list_of=WESSEX))
    world.list_was_answered(SOUTH_WEST)
    assert connected_doctors(world)[number][0] == WESSEX
    world.list_was_answered(WESSEX)
    assert connected_doctors(world)[number][0] == SOUTH_WEST


def test_altering_what_does_not_exist_is_refused() -> None:
    world = make_world()
    number = str(world.list_of(WESSEX)[0][0])
    with pytest.raises(NotFound, match="1234567"):
        world.move("1234567", WESSEX)
    with pytest.raises(BadInput, match="1-NOSUCH"):
        world.move(number, "1-NOSUCH")
    with pytest.raises(BadInput, match="Colour"):
        world.alter(number, "Colour", "red")
    with pytest.raises(BadInput, match="XML"):
        world.alter(number, "Sanction", "\x00")
