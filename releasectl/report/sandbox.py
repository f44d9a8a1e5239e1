"""The sandbox's processes as a table, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One process: `ports` by what they offer; `pid` is None when it does not run."""

    name: str
    state: str
    pid: int | None
    ports: Mapping[str, int]
    log: str


def as_json(rows: Sequence[ServiceRow]) -> str:
    services = [asdict(row) for row in rows]
    return (
        json.dumps({"command": "sandbox status", "ok": all_run(rows), "services": services}, indent=2) + "\n"
    )


def as_text(rows: Sequence[ServiceRow]) -> str:
    lines = []
    for row in rows:
        ports = ", ".join(f"{name} 127.0.0.1:{port}" for name, port in row.ports.items())
        pid = f"  pid {row.pid}" if row.pid else ""
        lines += [f"{row.name}  {row.state}{pid}", f"  {ports}", f"  log {_near(row.log)}"]
    return "".join(f"{line}\n" for line in lines)


def all_run(rows: Sequence[ServiceRow]) -> bool:
    return all(row.state == "running" for row in rows)


def _near(path: str) -> str:
    """From where the reader is, if it lies below."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if Path(path).is_relative_to(here) else path


FORMATS: dict[str, Callable[[Sequence[ServiceRow]], str]] = {"text": as_text, "json": as_json}
