"""Who is looking, and which designated bodies they may see. Every query takes one."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Viewer:
    """A person (or a script) that reads. `bodies` are the codes they may see; `None` means all of them."""

    name: str
    bodies: frozenset[str] | None = None

    def may_see(self, *bodies: str | None) -> bool:
        """Whether at least one of these bodies is within the viewer's scope."""
        return self.bodies is None or any(body in self.bodies for body in bodies)

    def narrowed_to(self, wanted: Collection[str]) -> frozenset[str] | None:
        """The bodies to read when the viewer asks for `wanted` (empty: all that they may see)."""
        if not wanted:
            return self.bodies
        return frozenset(wanted) if self.bodies is None else self.bodies & frozenset(wanted)


EVERYONE = Viewer("command line")
"""The command line and the scheduler, which run with the rights of the installation itself."""
