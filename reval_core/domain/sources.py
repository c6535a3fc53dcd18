"""How the two sources are named where designated bodies go by their codes."""

from typing import Final

TIS: Final = "TIS"
"""The training body's own record, as one source beside the bodies' lists."""
