"""The rules of reconciliation. Pure: no I/O and no clock; `today` and `now` are parameters."""
