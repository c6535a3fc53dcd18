"""The server's entry: what starts and stops with it, and what it answers beside the screens. No data access here.

Start it with `streamlit run app.py`. Everything on screens is in `pages/`.
"""

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from pages._ui.data import shared_database
from pages._ui.problems import show_unexpected
from reval_core.config import load_settings
from reval_core.db import schema
from reval_core.queries.readiness import why_not_ready
from reval_core.sync.background import background_work

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
for talkative in ("alembic", "apscheduler", "httpx"):  # apscheduler would warn each second while a sync is under way
    logging.getLogger(talkative).setLevel(logging.ERROR)


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Bring the database up to date and start the background work; stop it and close the database at the end."""
    settings, database = load_settings(), shared_database()
    schema.upgrade(database)
    gc.collect()
    gc.freeze()  # Streamlit collects garbage after every rerun: spare it all that is there for good
    with background_work(settings, database):
        try:
            yield {"is_started": True}
        finally:
            app.state["is_started"] = False
    database.close()


def readyz(_request: Request) -> PlainTextResponse:
    """Whether this server can serve: 200, or 503 with a plain reason."""
    is_started = app.state.get("is_started")
    reason = why_not_ready(shared_database()) if is_started else "The server is starting or stopping."
    return PlainTextResponse(f"{reason}\n", 503) if reason else PlainTextResponse("Ready.\n")


def livez(_request: Request) -> PlainTextResponse:
    """Whether this process is alive at all."""
    return PlainTextResponse("Alive.\n")


app = st.App(
    "pages/_ui/router.py",
    lifespan=lifespan,
    routes=[Route("/readyz", readyz), Route("/livez", livez)],
    on_script_error=show_unexpected,
)
