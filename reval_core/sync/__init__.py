"""One reconciliation run (gather, decide, apply), and what starts it."""
