"""Runs the user code of one datum as a real process that sees /pfs."""
