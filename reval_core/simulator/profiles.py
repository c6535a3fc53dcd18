"""The kinds of people that a world is made of, and how many of each: most agree, some disagree in each known way."""

from enum import StrEnum
from random import Random
from typing import Self


class Profile(StrEnum):
    """How the GMC and TIS stand to each other about a person. `share` is the part of all people who are so."""

    share: float
    is_connected: bool

    def __new__(cls, value: str, share: float, is_connected: bool) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.share = share
        member.is_connected = is_connected
        return member

    READY_FOR_DISCONNECTION = ("ready_for_disconnection", 0.03, True)
    READY_FOR_CONNECTION = ("ready_for_connection", 0.02, False)
    CONNECTED_ELSEWHERE = ("connected_elsewhere", 0.015, True)
    NOT_IN_TIS = ("not_in_tis", 0.005, True)
    INACTIVE = ("inactive", 0.005, True)
    NO_GMC_NUMBER = ("no_gmc_number", 0.004, False)
    OVERLAPPING_PROGRAMMES = ("overlapping_programmes", 0.004, True)
    VISITOR = ("visitor", 0.004, True)
    NAMES_DIFFER = ("names_differ", 0.004, True)
    NUMBER_SHARED = ("number_shared", 0.001, True)
    MILITARY = ("military", 0.005, True)
    FOUNDATION_YEAR_ONE = ("foundation_year_one", 0.01, True)
    HISTORIC = ("historic", 0.12, False)
    AGREES = ("agrees", 0.773, True)


def plan_profiles(people: int, rng: Random) -> list[Profile]:
    """One profile for each person, in an order that `rng` draws: at least one of each kind, if there is room."""
    plan: list[Profile] = []
    for profile in Profile:
        wanted = max(1, round(people * profile.share)) if profile is not Profile.AGREES else people
        plan += [profile] * min(wanted, people - len(plan))
    rng.shuffle(plan)
    return plan
