"""What a person's groups give them: a role, designated bodies, and whether they may see what is sensitive."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from reval_core.domain.permissions import Role
from reval_core.domain.viewer import NOT_PEOPLE, Viewer


@dataclass(frozen=True, slots=True)
class Grants:
    """Which groups give what, in this installation. `bodies` are the codes of all bodies that it serves."""

    bodies: frozenset[str]
    roles: Mapping[Role, frozenset[str]] = field(default_factory=dict)
    of_sensitive: frozenset[str] = frozenset()
    of_all_bodies: frozenset[str] = frozenset()
    of_body: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def role_of(self, groups: Collection[str]) -> Role | None:
        """The highest role that one of these groups gives; `None`: none gives any."""
        held = frozenset(groups)
        return max((role for role, given in self.roles.items() if given & held), default=None)

    def bodies_of(self, groups: Collection[str]) -> frozenset[str] | None:
        """The designated bodies that these groups give together; `None`: all of them."""
        held = frozenset(groups)
        if self.of_all_bodies & held:
            return None
        mapped = (self.of_body.get(group, frozenset()) for group in held)
        return (held | frozenset[str]().union(*mapped)) & self.bodies


@dataclass(frozen=True, slots=True)
class NotAdmitted:
    """Why somebody whom we know may not come in, in a sentence for them."""

    why: str


def admit(person: str, groups: Collection[str], grants: Grants) -> Viewer | NotAdmitted:
    """The viewer that a person of these groups is."""
    if person.casefold() in NOT_PEOPLE:
        return NotAdmitted(f"Your name, “{person}”, is what this dashboard calls a part of itself.")
    role = grants.role_of(groups)
    if role is None:
        return NotAdmitted("None of your groups has a part in this dashboard.")
    bodies = grants.bodies_of(groups)
    if bodies is not None and not bodies:
        return NotAdmitted("None of your groups belongs to a designated body that this dashboard serves.")
    return Viewer(person, bodies, role, bool(grants.of_sensitive & frozenset(groups)))
