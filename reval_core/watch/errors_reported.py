"""Reports unexpected errors to Sentry, where one is configured: where they arose and under which reference, and nothing
about anybody. What is expected to fail now and then is never reported."""

import logging
from typing import Any, Final

from reval_core import __version__
from reval_core.config import Settings
from reval_core.errors import RevalError
from reval_core.watch.scrubbing import LEFT_OUT, Scrubber, is_about_code
from reval_core.watch.tracing import current_reference, current_run, current_source

_SECONDS_TO_SEND: Final = 2
_FACTS: Final = ("reference", "run", "source")


def report_errors(settings: Settings, service: str) -> None:
    """From now on, report each unexpected error that is logged, as one of `service`, if the settings say where to."""
    if settings.sentry_dsn is None:
        return
    import sentry_sdk  # takes a tenth of a second to import
    from sentry_sdk.integrations.atexit import AtexitIntegration
    from sentry_sdk.integrations.dedupe import DedupeIntegration
    from sentry_sdk.integrations.logging import LoggingIntegration

    sentry_sdk.init(
        dsn=settings.sentry_dsn.get_secret_value(),
        release=f"{service}@{__version__}",
        environment=settings.environment,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            LoggingIntegration(level=None, event_level=logging.ERROR, sentry_logs_level=None),
            DedupeIntegration(),
            AtexitIntegration(callback=lambda _pending, _timeout: None),
        ],
        before_send=_Report(Scrubber(settings)).prepare,
        include_local_variables=False,
        send_default_pii=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        send_client_reports=False,
        auto_session_tracking=False,
        shutdown_timeout=_SECONDS_TO_SEND,
    )
    sentry_sdk.set_tag("service", service)


class _Report:
    """What is sent of an error."""

    def __init__(self, scrubber: Scrubber) -> None:
        self._scrub = scrubber.scrub_numbers_too

    def prepare(self, event: Any, hint: dict[str, Any]) -> Any:
        """The report without anything about anybody; `None` for what is not to be reported."""
        error = hint["exc_info"][1] if hint.get("exc_info") else None
        if not isinstance(error, Exception) or isinstance(error, RevalError):
            return None
        for part in ("request", "user", "extra", "breadcrumbs", "logentry", "message", "modules", "server_name"):
            event.pop(part, None)
        for one in event.get("exception", {}).get("values", ()):
            text = one.get("value") or ""
            one["value"] = self._scrub(text) if not text or is_about_code(text) else LEFT_OUT
        event["tags"] = dict(event.get("tags") or {}) | self._facts(hint.get("log_record"))
        return event

    def _facts(self, record: logging.LogRecord | None) -> dict[str, str]:
        present = (current_reference(), current_run(), current_source())
        noted = {name: getattr(record, name, None) or value for name, value in zip(_FACTS, present, strict=True)}
        return {name: str(value) for name, value in noted.items() if value is not None}
