"""Who is looking, which designated bodies they may see, and what they may do. Every query takes one."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from reval_core.domain.permissions import FOR_ALL_BODIES, MAY_FROM, Action, Role


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person (or a script). `bodies` are the codes they may see (`None`: all), `role` is what they may do.

    `name` tells them from everyone else: it stands beside what they do. `is_trusted_with_sensitive` says whether they
    may see what `domain/sensitive.py` lists, of the doctors whom they may see.
    """

    name: str
    bodies: frozenset[str] | None = None
    role: Role = Role.OPERATOR
    is_trusted_with_sensitive: bool = True

    def may(self, action: Action) -> bool:
        """Whether the viewer's role allows this, and their scope where it would touch every designated body."""
        return self.role >= MAY_FROM[action] and (self.bodies is None or action not in FOR_ALL_BODIES)

    def may_see(self, *bodies: str | None) -> bool:
        """Whether at least one of these bodies is within the viewer's scope."""
        return self.bodies is None or any(body in self.bodies for body in bodies)

    def narrowed_to(self, wanted: Collection[str]) -> frozenset[str] | None:
        """The bodies to read when the viewer asks for `wanted` (empty: all that they may see)."""
        if not wanted:
            return self.bodies
        return frozenset(wanted) if self.bodies is None else self.bodies & frozenset(wanted)


NOT_PEOPLE: Final = frozenset({"command line", "scheduler", "local user"})
"""Who else stands beside what was done. Nobody who signs in may be called like one of them."""
EVERYONE = Viewer("command line")
"""The command line and the scheduler, which run with the rights of the installation itself."""
