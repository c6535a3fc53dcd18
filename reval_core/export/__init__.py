"""Lists as files that spreadsheets open. How they are written, not what stands in them; nothing else of the product."""
