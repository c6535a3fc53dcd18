"""The gate before every change that not everybody may make."""

from reval_core.domain.permissions import Action
from reval_core.domain.viewer import Viewer
from reval_core.errors import NoPermission


def require(viewer: Viewer, action: Action) -> None:
    """Raise `NoPermission` unless the viewer may do this."""
    if not viewer.may(action):
        raise NoPermission(f"You may not {action.label}. Ask whoever looks after the dashboard for the right to do it.")
