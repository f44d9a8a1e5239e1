"""The sandbox's processes as a table, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One process: `ports` by what they offer; `pid` is None when it does not run."""

    name: str
    state: str
    pid: int | None
    ports: Mapping[str, int]
    log: str


def as_json(rows: Sequence[ServiceRow]) -> str:
    ok = all(row.state == "running" for row in rows)
    services = [asdict(row) for row in rows]
    return json.dumps({"command": "sandbox status", "ok": ok, "services": services}, indent=2) + "\n"


def as_text(rows: Sequence[ServiceRow]) -> str:
    lines = []
    for row in rows:
        ports = ", ".join(f"{name} 127.0.0.1:{port}" for name, port in row.ports.items())
        pid = f"pid {row.pid}" if row.pid else ""
        lines.append(f"{row.name:<8} {row.state:<14} {pid:<12} {ports}\n{'':<8} log {row.log}\n")
    return "".join(lines)


FORMATS: dict[str, Callable[[Sequence[ServiceRow]], str]] = {"text": as_text, "json": as_json}
