"""The engine: load -> judge -> render -> plan -> apply -> verify -> record."""

from __future__ import annotations

__version__ = "0.1.0"
