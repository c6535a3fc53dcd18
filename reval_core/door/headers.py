"""What browsers are told with every answer: to run only what comes from here, and to keep nothing that is shown."""

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import Final

ONE_YEAR: Final = 31_536_000
"""In seconds."""
_INLINE_SCRIPT: Final = re.compile(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)

PERMISSIONS: Final = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


def hash_inline_scripts(html: str) -> list[str]:
    """The scripts that stand in a page itself, as a policy names them: these and no others may run."""
    found = (hashlib.sha256(script.encode()).digest() for script in _INLINE_SCRIPT.findall(html))
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in found]


def make_headers(host: str, *, is_secure: bool, scripts: Sequence[str]) -> dict[str, str]:
    """The headers of every answer by this host. `scripts` are those of `hash_inline_scripts`."""
    return {
        "content-security-policy": make_policy(host, is_secure=is_secure, scripts=scripts),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": PERMISSIONS,
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    } | ({"strict-transport-security": f"max-age={ONE_YEAR}"} if is_secure else {})


def make_policy(host: str, *, is_secure: bool, scripts: Sequence[str]) -> str:
    """What a page may load and do.

    The screens make their styles in the browser (`unsafe-inline`), and run our own small scripts from the memory of
    the page (`blob:`), which only a script that runs already can put there.
    """
    rules = {
        "default-src": ["'none'"],
        "script-src": ["'self'", "blob:", *scripts],
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "connect-src": ["'self'", f"{'wss' if is_secure else 'ws'}://{host}"],
        "worker-src": ["'self'", "blob:"],
        "manifest-src": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
    }
    return "; ".join(f"{name} {' '.join(values)}" for name, values in rules.items())
