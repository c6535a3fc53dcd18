"""Who sits at the command line, for the records of access: whoever the operating system says is there."""

import os
import pwd

from reval_core.domain.viewer import Viewer


def viewer_here() -> Viewer:
    """The person at the command line, with the rights of the installation itself.

    The name is that of the process's user, not what its environment says: anybody can say anything there.
    """
    number = os.getuid()
    try:
        name = pwd.getpwuid(number).pw_name
    except KeyError:  # a container may run as a number that has no name
        name = f"user {number}"
    return Viewer(f"command line: {name}")
