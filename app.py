"""The server's entry: what starts and stops with it, and what it answers beside the screens. No data access here.

Start it with `streamlit run app.py`. Everything on screens is in `pages/`.
"""

import gc
import pkgutil
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

import pages._ui
from pages._ui.database import shared_database
from pages._ui.problems import show_unexpected
from reval_core.config import load_settings
from reval_core.db import schema
from reval_core.door.door import make_door, require_safe_place
from reval_core.door.headers import hash_inline_scripts
from reval_core.errors import BadSetting, DatabaseError
from reval_core.queries.readiness import why_not_ready
from reval_core.scenarios.served import delete_database_of, read_scenario, scenario_work
from reval_core.sync.background import background_work
from reval_core.watch.bounded import Bounded
from reval_core.watch.errors_reported import report_errors
from reval_core.watch.logs import take_over_others, write_log
from reval_core.watch.metrics import CONTENT_TYPE, Metrics
from reval_core.watch.sending import sent_steps

SERVICE: Final = "revalidation-dashboard"
"""What this process is called in traces and reports."""
ANSWER_WITHIN_SECONDS: Final = 4

try:
    settings = load_settings()
    scenario = read_scenario(settings)
    require_safe_place(settings, st.get_option("server.address"))
except BadSetting as problem:
    sys.exit(str(problem))
write_log(settings)
report_errors(settings, SERVICE)


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Bring the database up to date and start the background work; stop it and close the database at the end."""
    if scenario:
        delete_database_of(scenario)
    database = shared_database()
    schema.upgrade(database)
    load_everything()
    take_over_others()
    gc.collect()
    gc.freeze()  # Streamlit collects garbage after every rerun: spare it all that is there for good
    work = scenario_work(settings, database, scenario) if scenario else background_work(settings, database)
    with sent_steps(settings, SERVICE), work as why_waiting:
        try:
            yield {"is_started": True, "why_waiting": why_waiting, "started_at": time.monotonic()}
        finally:
            app.state["is_started"] = False
    database.close()


def load_everything() -> None:
    """Import what the screens need, so that the first visitor does not wait for it, and it is spared as well."""
    for module in pkgutil.iter_modules(pages._ui.__path__):
        if module.name != "router":  # that one is a script, which draws as soon as it is imported
            import_module(f"pages._ui.{module.name}")


def readyz(_request: Request) -> Response:
    """Whether this server can serve: 200, or 503 with a plain reason."""
    reason = _why_not_ready()
    return _refuse(reason) if reason else PlainTextResponse("Ready.\n")


def _why_not_ready() -> str | None:
    if not app.state.get("is_started"):
        return "The server is starting or stopping."
    why_waiting = app.state.get("why_waiting")
    reason = why_waiting() if why_waiting else None
    try:
        return reason or readiness.answer()
    except TimeoutError:
        return "The database does not answer in time."


def livez(_request: Request) -> Response:
    """Whether this process is alive at all."""
    return PlainTextResponse("Alive.\n")


def show_metrics(_request: Request) -> Response:
    """The figures for Prometheus; 503 with a plain reason if they cannot be read."""
    if not app.state.get("is_started"):
        return _refuse("The server is starting or stopping.")
    try:
        return Response(figures.answer(), media_type=CONTENT_TYPE)
    except DatabaseError as problem:
        return _refuse(f"{problem.kind.headline}.")
    except TimeoutError:
        return _refuse("The database does not answer in time.")


def _refuse(reason: str) -> Response:
    return PlainTextResponse(f"{reason}\n", 503)


def _up_for() -> timedelta:
    return timedelta(seconds=time.monotonic() - app.state["started_at"])


readiness: Final = Bounded(lambda: why_not_ready(shared_database(), _up_for()), ANSWER_WITHIN_SECONDS)
figures: Final = Bounded(Metrics(settings, shared_database).write, ANSWER_WITHIN_SECONDS)
_PAGE: Final = Path(st.__file__).with_name("static") / "index.html"
door: Final = make_door(
    settings, shared_database, inline_scripts=hash_inline_scripts(_PAGE.read_text(encoding="utf-8"))
)
app = st.App(
    "pages/_ui/router.py",
    lifespan=lifespan,
    routes=[Route("/readyz", readyz), Route("/livez", livez), Route("/metrics", show_metrics), *door.routes],
    middleware=door.middleware,
    on_script_error=show_unexpected,
)
