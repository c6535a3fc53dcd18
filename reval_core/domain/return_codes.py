"""What the GMC's return codes mean, in words for people. Which code arrived is read in `reval_core.gmc.reply`."""

from typing import Final

SUCCESS: Final = "0"
INTERNAL_ERROR: Final = "98"

RETURN_CODES: Final[dict[str, str]] = {
    SUCCESS: "success",
    "70": "the GMC number is missing or invalid",
    "80": "the designated body code is missing or invalid",
    "81": "our account has no access to this designated body",
    "90": "the doctor is not subject to revalidation",
    INTERNAL_ERROR: "there was an internal error at the GMC",
    "99": "the user name, the password or our IP address is not accepted",
    "100": "the doctor is already associated with this designated body",
    "106": "there is a revalidation lock: call the GMC contact centre",
    "110": "the internal user is missing",
    "120": "the reason for the change is missing or invalid",
    "140": "the doctor is not associated with this designated body",
    "160": "the doctor's designated body history is locked: contact the GMC revalidation team",
}


def meaning_of(code: str) -> str:
    """What a return code means. The GMC may add codes any day: one that we do not know is shown as it is."""
    return RETURN_CODES.get(code, f"return code {code}, which is not in the GMC's list")
