"""The reconciliation core: everything that the dashboard and the command line share. Never imports streamlit."""

__version__ = "0.1.0"
