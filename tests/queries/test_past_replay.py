"""What one person's memberships were, from TIS's events alone: also where an event could be about several of them."""

from typing import Any

import orjson

from reval_core.domain.membership import Membership
from reval_core.queries.past_replay import Event, Held, Step, Values, replay

PERSON = {"tcs_person_id": "55", "gmc_number": "7000001", "status": "CURRENT"}
SURGERY = PERSON | {"programme_name": "Surgery", "start_date": "2025-08-06", "end_date": "2026-08-04"}
EARLIER = SURGERY | {"start_date": "2021-08-04"}


class Trail:
    """Events as a sync writes them, step by step."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._last = 0

    def add(self, *events: tuple[Any, ...], is_after: bool = False) -> None:
        numbered = []
        for event in events:
            self._last += 1
            numbered.append(Event(self._last, *event))
        self.steps.append(Step(is_after, numbered))

    def replay(self, *today: dict[str, str]) -> list[dict[str, str | None]] | None:
        then = replay(self.steps, map(values, today))
        return None if then is None else [known(held) for held in then]


def values(facts: dict[str, str]) -> Values:
    return tuple(facts.get(name) for name in Membership._fields)


def known(held: Held) -> dict[str, str | None]:
    return {name: value for name, value in zip(Membership._fields, held.values, strict=True) if value is not None}


def came(facts: dict[str, str]) -> tuple[Any, ...]:
    return "created", None, orjson.dumps(facts).decode(), facts.get("programme_name"), facts.get("gmc_number")


def went(facts: dict[str, str]) -> tuple[Any, ...]:
    return "removed", orjson.dumps(facts).decode(), None, facts.get("programme_name"), facts.get("gmc_number")


def changed(field: str, old: str | None, new: str | None, about: str = "Surgery", number: str = "7000001") -> Any:
    return field, old, new, about, number


def test_later_events_are_taken_back() -> None:
    trail = Trail()
    trail.add(came(SURGERY))
    trail.add(changed("end_date", "2026-08-04", "2027-08-03"))
    trail.add(changed("status", "CURRENT", "INACTIVE"), is_after=True)
    trail.add(went(SURGERY | {"end_date": "2027-08-03", "status": "INACTIVE"}), is_after=True)
    assert trail.replay() == [SURGERY | {"end_date": "2027-08-03"}]


def test_nothing_is_there_before_the_first_event() -> None:
    trail = Trail()
    trail.add(came(SURGERY), is_after=True)
    assert trail.replay(SURGERY) == []


def test_memberships_keep_the_order_in_which_they_came() -> None:
    trail = Trail()
    trail.add(came(SURGERY), came(EARLIER))
    trail.add(went(SURGERY), is_after=True)
    assert trail.replay(EARLIER) == [SURGERY, EARLIER]


def test_what_is_held_today_tells_which_of_two_it_was() -> None:
    trail = Trail()
    trail.add(came(EARLIER), came(SURGERY))
    trail.add(changed("status", "CURRENT", "INACTIVE"))
    trail.add(went(EARLIER), is_after=True)
    inactive = SURGERY | {"status": "INACTIVE"}
    assert trail.replay(inactive) == [EARLIER, inactive]


def test_later_event_tells_which_of_two_it_was() -> None:
    trail = Trail()
    trail.add(came(EARLIER), came(SURGERY))
    trail.add(changed("end_date", "2026-08-04", "2026-09-01"))
    trail.add(went(EARLIER), is_after=True)
    trail.add(went(SURGERY | {"end_date": "2026-09-01"}), is_after=True)
    assert trail.replay() == [EARLIER, SURGERY | {"end_date": "2026-09-01"}]


def test_two_changed_alike_at_once_are_told_apart() -> None:
    trail = Trail()
    trail.add(came(EARLIER), came(SURGERY))
    trail.add(changed("status", "CURRENT", "INACTIVE"), changed("status", "CURRENT", "INACTIVE"), is_after=True)
    assert trail.replay(EARLIER | {"status": "INACTIVE"}, SURGERY | {"status": "INACTIVE"}) == [EARLIER, SURGERY]


def test_fields_in_order_may_be_of_two_memberships() -> None:
    trail = Trail()
    trail.add(came(EARLIER), came(SURGERY))
    trail.add(changed("end_date", "2026-08-04", "2022-08-04"), changed("status", "CURRENT", "INACTIVE"), is_after=True)
    today = EARLIER | {"end_date": "2022-08-04"}, SURGERY | {"status": "INACTIVE"}
    assert trail.replay(*today) == [EARLIER, SURGERY]


def test_corrected_number_counts_once_though_written_twice() -> None:
    trail = Trail()
    trail.add(came(SURGERY))
    moved = [changed("gmc_number", "7000001", "7000002", number=number) for number in ("7000001", "7000002")]
    also = [changed("status", "CURRENT", "INACTIVE", number=number) for number in ("7000001", "7000002")]
    trail.add(*moved, *also, is_after=True)
    assert trail.replay(SURGERY | {"gmc_number": "7000002", "status": "INACTIVE"}) == [SURGERY]


def test_number_that_was_given_for_the_first_time_is_written_once() -> None:
    without = {name: value for name, value in SURGERY.items() if name != "gmc_number"}
    trail = Trail()
    trail.add(came(without))
    trail.add(changed("gmc_number", None, "7000001"), changed("status", "CURRENT", "INACTIVE"), is_after=True)
    assert trail.replay(SURGERY | {"status": "INACTIVE"}) == [without]


def test_renamed_programme_goes_by_its_new_name() -> None:
    trail = Trail()
    trail.add(came(SURGERY))
    trail.add(changed("programme_name", "Surgery", "Core surgery", about="Core surgery"))
    trail.add(changed("end_date", "2026-08-04", "2027-08-03", about="Core surgery"), is_after=True)
    renamed = SURGERY | {"programme_name": "Core surgery"}
    assert trail.replay(renamed | {"end_date": "2027-08-03"}) == [renamed]


def test_of_equal_memberships_one_went() -> None:
    trail = Trail()
    trail.add(came(SURGERY), came(SURGERY))
    trail.add(went(SURGERY), is_after=True)
    assert trail.replay(SURGERY) == [SURGERY, SURGERY]


def test_what_the_events_do_not_explain_is_not_guessed() -> None:
    trail = Trail()
    trail.add(came(SURGERY))
    trail.add(changed("end_date", "2030-01-01", "2031-01-01"), is_after=True)
    assert trail.replay(SURGERY) is None
    trail = Trail()
    trail.add(came(SURGERY), is_after=True)
    assert trail.replay(SURGERY | {"status": "INACTIVE"}) is None


def test_many_alike_changes_do_not_take_for_ever() -> None:
    alike = [SURGERY | {"start_date": f"20{year}-08-01"} for year in range(10, 22)]
    trail = Trail()
    trail.add(*map(came, alike))
    for night in range(12):
        trail.add(changed("status", "CURRENT", "INACTIVE"), is_after=night > 5)
    then = trail.replay(*(one | {"status": "INACTIVE"} for one in alike))
    assert then is not None
    assert sum(one["status"] == "INACTIVE" for one in then) == 6


def test_many_changes_of_one_night_do_not_take_for_ever() -> None:
    alike = [SURGERY | {"end_date": f"20{year}-08-01"} for year in range(10, 28)]
    trail = Trail()
    trail.add(*map(came, alike))
    trail.add(*[changed("status", "CURRENT", "INACTIVE")] * 18, is_after=True)
    assert trail.replay(*(one | {"status": "INACTIVE"} for one in alike)) == alike
