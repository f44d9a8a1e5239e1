"""Scheduler (being written)."""

from __future__ import annotations


class Scheduler:
    pass
