"""The only shared Streamlit code: router, page frame, tables, progress, and words for dates and counts."""
