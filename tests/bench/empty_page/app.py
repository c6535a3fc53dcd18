"""The server of an empty page: what Streamlit itself needs, prepared as the product's own server is. A mere floor."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Spare the garbage collection after every rerun what is there for good, as the product does."""
    gc.collect()
    gc.freeze()
    yield


app = st.App("script.py", lifespan=lifespan)
