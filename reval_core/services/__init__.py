"""All that people may change. Pages record wishes here; only the sync writes what the GMC said."""
