"""Hostile input for hours: `python -m tests.fuzz` (see `--help`)."""
