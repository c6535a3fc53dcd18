"""The door: every request passes here first, and only those of people who may come in get any further."""
