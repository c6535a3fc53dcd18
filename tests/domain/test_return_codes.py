"""What the GMC's return codes mean, and that an unknown one is shown as it is."""

import pytest

from reval_core.domain.return_codes import meaning_of


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        ("0", "success"),
        ("81", "our account has no access to this designated body"),
        ("106", "there is a revalidation lock: call the GMC contact centre"),
        ("777", "return code 777, which is not in the GMC's list"),
    ],
)
def test_known_codes_are_explained_and_others_shown(code: str, meaning: str) -> None:
    assert meaning_of(code) == meaning
