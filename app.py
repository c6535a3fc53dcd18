"""The server's entry: what starts and stops with it, and what it answers beside the screens. No data access here.

Start it with `streamlit run app.py`. Everything on screens is in `pages/`.
"""

import gc
import logging
import pkgutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import pages._ui
from pages._ui.data import shared_database
from pages._ui.problems import show_unexpected
from reval_core.config import load_settings
from reval_core.db import schema
from reval_core.errors import BadSetting
from reval_core.queries.readiness import why_not_ready
from reval_core.scenarios.served import delete_database_of, read_scenario, scenario_work
from reval_core.sync.background import background_work

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
for talkative in ("alembic", "apscheduler", "httpx"):  # apscheduler would warn each second while a sync is under way
    logging.getLogger(talkative).setLevel(logging.ERROR)

try:
    settings = load_settings()
    scenario = read_scenario(settings)
except BadSetting as problem:
    sys.exit(str(problem))


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Bring the database up to date and start the background work; stop it and close the database at the end."""
    if scenario:
        delete_database_of(scenario)
    database = shared_database()
    schema.upgrade(database)
    load_everything()
    gc.collect()
    gc.freeze()  # Streamlit collects garbage after every rerun: spare it all that is there for good
    work = scenario_work(settings, database, scenario) if scenario else background_work(settings, database)
    with work as why_waiting:
        try:
            yield {"is_started": True, "why_waiting": why_waiting}
        finally:
            app.state["is_started"] = False
    database.close()


def load_everything() -> None:
    """Import what the screens need, so that the first visitor does not wait for it, and it is spared as well."""
    for module in pkgutil.iter_modules(pages._ui.__path__):
        if module.name != "router":  # that one is a script, which draws as soon as it is imported
            import_module(f"pages._ui.{module.name}")


def readyz(_request: Request) -> PlainTextResponse:
    """Whether this server can serve: 200, or 503 with a plain reason."""
    reason = _why_not_ready()
    return PlainTextResponse(f"{reason}\n", 503) if reason else PlainTextResponse("Ready.\n")


def _why_not_ready() -> str | None:
    if not app.state.get("is_started"):
        return "The server is starting or stopping."
    why_waiting = app.state.get("why_waiting")
    return (why_waiting() if why_waiting else None) or why_not_ready(shared_database())


def livez(_request: Request) -> PlainTextResponse:
    """Whether this process is alive at all."""
    return PlainTextResponse("Alive.\n")


app = st.App(
    "pages/_ui/router.py",
    lifespan=lifespan,
    routes=[Route("/readyz", readyz), Route("/livez", livez)],
    on_script_error=show_unexpected,
)
