"""The sandbox's processes as a table, or as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from releasectl.report.envelope import envelope


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One process: `ports` by what they offer; `pid` is None when it does not run."""

    name: str
    state: str
    pid: int | None
    ports: Mapping[str, int]
    log: str


def as_json(command: str, rows: Sequence[ServiceRow], *, ok: bool) -> str:
    return envelope(command, ok=ok, services=rows)


def as_text(rows: Sequence[ServiceRow]) -> str:
    lines = []
    for row in rows:
        ports = ", ".join(f"{name} 127.0.0.1:{port}" for name, port in row.ports.items())
        pid = f"  pid {row.pid}" if row.pid else ""
        lines += [f"{row.name}  {row.state}{pid}", f"  {ports}", f"  log {_near(row.log)}"]
    return "".join(f"{line}\n" for line in lines)


def _near(path: str) -> str:
    """From where the reader is, if it lies below."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path
