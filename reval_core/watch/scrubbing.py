"""Takes out of texts what no log and no report may have: names, passwords, addresses, the words of strange errors."""

import re
from typing import Final
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from reval_core.config import Settings
from reval_core.errors import RevalError

GONE: Final = "…"
LEFT_OUT: Final = "(text left out: it may name somebody)"
_SHORTEST_SECRET: Final = 4
_SAID_OF_SOMEBODY: Final = r"\w*(?:pass(?:word|wd)?|secret|token|api_?key|user_?name|internal_?user|fore_?name|surname|"
_SAID_OF_SOMEBODY_TOO: Final = r"(?:first|last|given|folded_first|folded_last)_?names?)"
_WHAT: Final = _SAID_OF_SOMEBODY + _SAID_OF_SOMEBODY_TOO
_RULES: Final = (
    (re.compile(rf"(<(?:[\w.-]+:)?{_WHAT}(?:\s[^>]*)?>)[^<]*", re.IGNORECASE), rf"\1{GONE}"),
    (re.compile(rf"([\"']{_WHAT}[\"']\s*:\s*)(?:\"[^\"]*\"|'[^']*')", re.IGNORECASE), rf"\1“{GONE}”"),
    (re.compile(rf"\b({_WHAT}\s*=\s*)(?:\"[^\"]*\"|'[^']*'|[^\s,;&)]+)", re.IGNORECASE), rf"\1{GONE}"),
    (re.compile(r"(\b[a-z][\w+.-]*://)[^/\s@]+@", re.IGNORECASE), rf"\1{GONE}@"),
    (re.compile(r"\b(authorization\s*[:=]\s*(?:basic|bearer)?\s*)[\w+/=.-]+", re.IGNORECASE), rf"\1{GONE}"),
    (re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), GONE),
)
_GMC_NUMBER: Final = re.compile(r"(?<!\d)\d{7}(?!\d)")
_SAYS_ONLY_CODE: Final = re.compile(
    r"'[\w.]+' object (?:has no attribute '\w+'|is not [\w ]+|does not support [\w ]+)"
    r"|(?:module|type object) '[\w.]+' has no attribute '\w+'"
    r"|name '\w+' is not defined"
    r"|No module named '[\w.]+'"
    r"|[\w.<>]+\(\) (?:missing|takes|got) [\w ,:']+"
    r"|unsupported operand type\(s\) for \S+: '\w+' and '\w+'"
    r"|maximum recursion depth exceeded[\w ]*"
)
"""What the language itself says of code, and never of data."""


class Scrubber:
    """Takes out what looks like a name, a password or an address, and the secrets of this installation."""

    def __init__(self, settings: Settings | None = None) -> None:
        secrets = sorted(_secrets_of(settings), key=len, reverse=True) if settings else []
        self._secrets = re.compile("|".join(map(re.escape, secrets))) if secrets else None

    def scrub(self, text: str) -> str:
        """The text without them."""
        if self._secrets:
            text = self._secrets.sub(GONE, text)
        for pattern, replacement in _RULES:
            text = pattern.sub(replacement, text)
        return text

    def scrub_numbers_too(self, text: str) -> str:
        """The text without them, and without GMC numbers: for what leaves the installation."""
        return _GMC_NUMBER.sub(GONE, self.scrub(text))


def is_about_code(text: str) -> bool:
    """Whether the text of an error can only speak of our code."""
    return _SAYS_ONLY_CODE.fullmatch(text) is not None


def say_error(error: BaseException) -> str:
    """What may be told of an error: the words of our own; of any other only what it is, for its text may be data."""
    name, text = type(error).__name__, str(error)
    if not text:
        return name
    return f"{name}: {text if isinstance(error, RevalError) or is_about_code(text) else LEFT_OUT}"


def _secrets_of(settings: Settings) -> set[str]:
    found = set()
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if isinstance(value, SecretStr) and value != field.default:
            secret = value.get_secret_value()
            password = urlsplit(secret).password if name == "database_url" else secret
            found |= {password, unquote(password)} if password else set()
            if name == "otlp_headers":
                found |= {pair.partition("=")[2].strip() for pair in secret.split(",")}
    return {secret for secret in found if len(secret) >= _SHORTEST_SECRET}
