"""An empty page: one button, and one line that each rerun draws anew."""

import streamlit as st

st.session_state["times"] = st.session_state.get("times", 0) + 1
st.button("Draw it anew")
st.html(f'<p class="line">Drawn {st.session_state["times"]} times.</p>')
