"""The designated bodies: their codes (DBC) and names. Which of them this installation serves is a setting."""

from typing import Final

NAMES: Final[dict[str, str]] = {
    "1-1RSG4X0": "Yorkshire and the Humber",
    "1-1RSSPZ7": "East Midlands",
    "1-1RSSQ05": "East of England",
    "1-1RSSQ1B": "North East",
    "1-1RSSQ2H": "North West",
    "1-1RSSQ5L": "South London",
    "1-1RSSQ6R": "Thames Valley",
    "1-1RUZUSF": "Wessex",
    "1-1RUZUVB": "South West",
    "1-1RUZUYF": "West Midlands",
    "1-1RUZV1D": "Kent, Surrey and Sussex",
    "1-1RUZV4H": "North Central and East London",
    "1-1RUZV6H": "North West London",
}
"""The 13 local offices, code to name, in the order in which screens list them."""

_CODES_BY_NAME: Final = {name.casefold(): code for code, name in NAMES.items()}


def name_of(code: str | None) -> str:
    """The name people use for a designated body; the code itself where we know no name for it."""
    if code is None:
        return "no designated body"
    return NAMES.get(code, code)


def code_of(name: str | None) -> str | None:
    """The code of a body named in full, capitals ignored, or `None` if the name is not one of ours."""
    return _CODES_BY_NAME.get(name.strip().casefold()) if name else None
