"""A process that meets failures of every kind, and reports those that nobody expected: a program for a test."""

import logging
import sys

from pydantic import SecretStr

from reval_core.config import settings_without_environment
from reval_core.domain.viewer import Viewer
from reval_core.errors import Blocked
from reval_core.services.incidents import record_incident
from reval_core.watch.errors_reported import report_errors
from reval_core.watch.logs import write_log
from reval_core.watch.tracing import note_run, step
from tests.builders import MIDNIGHT

CANARIES = ("Amelia Canary", "7654321", "canary@example.org", "hunter2-secret")


def meet(error: Exception) -> Exception:
    secret_of_the_moment = " ".join(CANARIES)  # what a report of local variables would show
    try:
        with step("page"):
            raise error
    except type(error) as met:
        assert secret_of_the_moment
        return met


def main(dsn: str) -> None:
    settings = settings_without_environment(
        sentry_dsn=SecretStr(dsn), gmc_password=SecretStr(CANARIES[3]), environment="live"
    )
    write_log(settings)
    report_errors(settings, "revalidation-dashboard")
    words = ", ".join(CANARIES)
    recorded = record_incident(None, Viewer(CANARIES[0]), MIDNIGHT, "Doctor, /doctor", meet(KeyError(words)))
    record_incident(None, Viewer(CANARIES[0]), MIDNIGHT, "Doctor, /doctor", meet(Blocked(words, source="GMC")))
    with step("run"):
        note_run(12)
        logging.getLogger("reval_core.sync.run").error("failed: %s", words, exc_info=meet(ValueError(words)))
    logging.getLogger("reval_core").error("no error stands behind this: %s", words)
    sys.stdout.write(recorded.incident.reference)


if __name__ == "__main__":
    main(sys.argv[1])
