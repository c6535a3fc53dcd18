"""Who is looking at the screen. The one place that a sign-in will change."""

from reval_core.domain.viewer import Viewer


def current_viewer() -> Viewer:
    """The person looking, and the designated bodies that they may see."""
    return Viewer("local user", None)
