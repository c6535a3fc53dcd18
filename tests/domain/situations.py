"""Strategies for situations that nobody thought of: any record with any memberships, mostly close to agreement."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from reval_core.domain.discrepancies import Situation
from reval_core.domain.doctor import GmcRecord
from reval_core.domain.membership import Membership
from tests.domain.people import NORTH_EAST, NUMBER, OURS, TODAY, WESSEX, bare_record, membership

SURNAMES = st.sampled_from(["Ashworth", "Ashworth", "Ashwörth", "Ashwroth", "Ashworth-Okafor", "Okafor", "", None])
# Pairs whose similarity, as difflib counts it, depends on which of the two comes first.
ONE_WAY_ALIKE = [("Ebdb", "Ebbdeb"), ("Ebbdeb", "Ebdb"), ("Acae", "Aceace"), ("Aceace", "Acae")]
OWNERS = st.sampled_from([WESSEX, WESSEX, NORTH_EAST, "1-SCOTLAND", None])
DAYS = st.none() | st.integers(-2, 2).map(lambda days: TODAY + timedelta(days=days))

MEMBERSHIPS = st.builds(
    membership,
    tcs_person_id=st.sampled_from(["501", "501", "77"]),
    first_name=st.sampled_from(["Anna", None]),
    last_name=SURNAMES,
    programme_name=st.sampled_from(["General practice", "Surgery", None]),
    membership_type=st.sampled_from(["SUBSTANTIVE", "SUBSTANTIVE", "VISITOR", "MILITARY", None]),
    programme_owner=st.sampled_from(["Wessex", None]),
    designated_body=OWNERS,
    placement_grade=st.sampled_from(["100", "279", None]),
    start_date=DAYS,
    end_date=DAYS,
    status=st.sampled_from(["CURRENT", "CURRENT", "INACTIVE", None]),
)
RECORDS = st.builds(
    bare_record,
    first_name=st.sampled_from(["Anna", None]),
    last_name=SURNAMES,
    date_added=DAYS,
    designated_body=st.sampled_from([WESSEX, WESSEX, NORTH_EAST, None]),
)

DECISIVE: dict[str, st.SearchStrategy[Any]] = {
    "membership_type": st.sampled_from(["SUBSTANTIVE", "VISITOR"]),
    "designated_body": OWNERS,
    "start_date": DAYS,
    "end_date": DAYS,
    "status": st.sampled_from(["CURRENT", "INACTIVE"]),
}
HEARD = st.sets(st.sampled_from(OURS))


@st.composite
def near_agreements(draw: st.DrawFn) -> Situation:
    """A doctor and the one membership that they ought to have, but for the surname and one thing that matters."""
    ours, theirs = draw(st.tuples(SURNAMES, SURNAMES) | st.sampled_from(ONE_WAY_ALIKE))
    changed, strategy = draw(st.sampled_from(list(DECISIVE.items())))
    one = membership(last_name=theirs)._replace(**{changed: draw(strategy)})
    record = bare_record(last_name=ours, designated_body=draw(st.sampled_from([WESSEX, one.designated_body])))
    return Situation(record, [one], TODAY, draw(HEARD))


@st.composite
def situations(draw: st.DrawFn) -> Situation:
    """All that the rules look at for one GMC number."""
    record: GmcRecord | None = draw(st.none() | RECORDS)
    memberships: list[Membership] = draw(st.lists(MEMBERSHIPS, min_size=0 if record else 1, max_size=3))
    return Situation(record, memberships, TODAY, draw(HEARD))


@st.composite
def peoples(
    draw: st.DrawFn,
) -> tuple[dict[str, GmcRecord], dict[str, list[Membership]], list[Membership]]:
    """Both sides for a few numbers, and memberships of people without one."""
    numbers = [NUMBER, "7000002", "7000003"]
    records, by_number = {}, {}
    for number in numbers:
        record, memberships = draw(situations())[:2]
        if record:
            records[number] = record._replace(gmc_number=number)
        if memberships:
            by_number[number] = [one._replace(gmc_number=number) for one in memberships]
    without = draw(st.lists(MEMBERSHIPS, max_size=3))
    texts = st.sampled_from(["UNKNOWN", "N/A", None])
    return records, by_number, [one._replace(gmc_number=None, gmc_number_text=draw(texts)) for one in without]
