"""Opens a page as a visitor would, without a browser, and checks what must hold of every page whatever it shows."""

import re
from html import unescape
from pathlib import Path
from typing import Any, Final

from streamlit.testing.v1 import AppTest

from reval_core.domain.access import AccessKind
from reval_core.domain.alerts import AlertRule, Urgency
from reval_core.domain.anomalies import AnomalyKind
from reval_core.domain.differences import DifferenceKind
from reval_core.domain.discrepancies import DiscrepancyKind
from reval_core.domain.failures import FailureKind
from reval_core.domain.holds import HoldOutcome
from reval_core.domain.standing import Standing
from reval_core.domain.statuses import BodyStatus, RunStatus, Trigger

ROUTER: Final = Path(__file__).parents[2] / "pages" / "_ui" / "router.py"
_STORED_WORDS: Final = [
    word.value
    for kind in (
        AccessKind,
        AlertRule,
        AnomalyKind,
        BodyStatus,
        DifferenceKind,
        DiscrepancyKind,
        FailureKind,
        HoldOutcome,
        RunStatus,
        Standing,
        Trigger,
        Urgency,
    )
    for word in kind
    if "_" in word.value
]
_NEVER_SHOWN: Final = re.compile(rf"\b(None|nan|NaN|NaT|null|True|False|\w+Error|{'|'.join(_STORED_WORDS)})\b")
_RAW_TIME: Final = re.compile(r"\b\d{4}-\d\d-\d\d\b")


def open_page(name: str, **address: str | list[str]) -> AppTest:
    """Open a page with these query parameters, and check it."""
    visit = AppTest.from_file(ROUTER, default_timeout=30).run()
    for parameter, value in address.items():
        visit.query_params[parameter] = value
    return check(visit.switch_page(f"../{name}.py").run())


def check(visit: AppTest) -> AppTest:
    """What holds of every page: no exception, exactly one title, and nothing that only programs understand."""
    assert not visit.exception, [problem.value for problem in visit.exception]
    assert len(visit.title) == 1
    shown = read_text(visit)
    assert not _NEVER_SHOWN.search(shown), _NEVER_SHOWN.search(shown)
    assert not _RAW_TIME.search(shown), _RAW_TIME.search(shown)
    return visit


def read_text(visit: AppTest) -> str:
    """All that a person can read on the page, without the markup and the words of the sources."""
    pieces = [_text_of(body) for body in read_html(visit)]
    pieces += [element.value for kind in (visit.title, visit.subheader) for element in kind]
    pieces += [button.label for button in visit.button]
    return "\n".join(pieces)


def read_html(visit: AppTest) -> list[str]:
    """The markup that the page draws by itself, piece by piece, without the style sheet."""
    bodies = [element.proto.body for element in _all_html(visit)]
    return [body for body in bodies if not body.startswith("<style")]


def _all_html(visit: AppTest) -> list[Any]:
    return list(visit.get("html"))


def _text_of(markup: str) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", markup))
