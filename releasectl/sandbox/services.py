"""The sandbox's two long-lived processes: what starts them, and how they say that they serve."""

from __future__ import annotations

import http.client
import os
import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from releasectl.errors import InvalidInput
from releasectl.gitrun import run
from releasectl.model import Platform
from releasectl.sandbox.deployed import BASE, starting

KEPT = 1  # what `git check-ignore` ends with; where there is no repository, with 128
FREE = "`state: .sandbox`, or `.sandbox2` for a second one"


@dataclass(frozen=True, slots=True)
class Service:
    """One process: `ports` by what they offer, `command` to start it, `health` as (port, HTTP path or ""),
    `sweep` to end what it started and, killed, could not end itself, `starting` what it starts by and by,
    `database` the file below `state` that holds all it knows.
    """

    name: str
    state: Path
    command: tuple[str, ...]
    ports: Mapping[str, int]
    health: tuple[tuple[int, str], ...]
    sweep: tuple[str, ...] = ()
    starting: Callable[[], tuple[str, ...]] = tuple
    database: str = ""

    @property
    def log(self) -> Path:
        return self.state.parent / "logs" / f"{self.name}.log"

    @property
    def module(self) -> str:
        return f"releasectl.sandbox.{self.name}"

    def healthy(self) -> bool:
        """It answers, and what it says is kept."""
        return self.answering() and not self.lost

    def answering(self) -> bool:
        """Every port answers: a connection, or any HTTP answer below 500 where a path is given."""
        return all(answers(port, path) for port, path in self.health)

    @property
    def lost(self) -> bool:
        """Whether somebody has removed the state; a process goes on with the files that it holds open."""
        return bool(self.database) and not (self.state / self.database).exists()


def answers(port: int, path: str) -> bool:
    try:
        if not path:
            with socket.create_connection(("127.0.0.1", port), timeout=1):
                return True
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False


def state_folder(platform: Platform, root: Path) -> Path:
    """Where the sandbox of `platform` keeps its state: below the repository's root, and nothing of git's.

    InvalidInput for any other place, before anything is written there.
    """
    if platform.sandbox is None:
        raise InvalidInput.at(
            platform.source.place(),
            f"platform {platform.name!r} is a cluster, not a sandbox",
            "name a platform with a `sandbox:` section, e.g. --platform sandbox",
        )
    state = os.path.normpath(str(platform.sandbox.get("state", ".sandbox")))
    place = platform.source.place("/sandbox/state")
    if Path(state).is_absolute() or Path(state).parts[:1] in ((), ("..",)):
        what = f"{state} is not below the repository's root"
        raise InvalidInput.at(place, what, f"write a folder of this repository: {FREE}")
    if run(root, "check-ignore", "--quiet", f"{state}/", check=False).returncode == KEPT:
        what = f"git does not ignore {state}/, and would keep what the sandbox writes there"
        raise InvalidInput.at(place, what, f"write a folder that .gitignore names: {FREE}")
    return root / state


def services(platform: Platform, root: Path) -> tuple[Service, ...]:
    """pachd with its S3 gateway, then Seldon Deploy with its operator: in the order in which they start."""
    state = state_folder(platform, root)
    workers = root / "trainers" / ".venv"
    pachd, s3 = port_of(platform, "pachd"), port_of(platform, "s3")
    seldon, ingress = port_of(platform, "seldon_deploy"), port_of(platform, "ingress")
    python = (sys.executable, "-m")
    return (
        Service(
            name="pachd",
            state=state / "pachd",
            command=(
                *(*python, "releasectl.sandbox.pachd", "--state", str(state / "pachd"), "--port", str(pachd)),
                *("--s3-port", str(s3), "--workers", str(workers), "--code", str(root)),
            ),
            ports={"pachd": pachd, "s3": s3},
            health=((pachd, ""), (s3, "/")),
            database="pachd.db",
        ),
        Service(
            name="seldon",
            state=state / "seldon",
            command=(
                *(*python, "releasectl.sandbox.seldon", "--state", str(state / "seldon")),
                *("--port", str(seldon), "--ingress-port", str(ingress)),
                *("--s3", f"http://127.0.0.1:{s3}", "--servers", str(workers)),
            ),
            ports={"seldon-deploy": seldon, "ingress": ingress},
            health=((seldon, f"{BASE}/version"), (ingress, "/")),
            sweep=(*python, "releasectl.sandbox.seldon", "--state", str(state / "seldon"), "--stop"),
            starting=partial(starting, seldon),
            database="seldon.db",
        ),
    )


def port_of(platform: Platform, field: str) -> int:
    """The port in an address of the platform file, which for a sandbox must be on this machine."""
    address = str(getattr(platform, field))
    parts = urlsplit(address if "://" in address else f"//{address}")
    if parts.hostname not in ("127.0.0.1", "localhost") or parts.port is None:
        raise InvalidInput.at(
            platform.source.place(f"/{field}"),
            f"{field} is {address!r}, but a sandbox listens on 127.0.0.1 only",
            f"write 127.0.0.1 and a free port, e.g. {field}: 127.0.0.1:{parts.port or 30650}",
        )
    return parts.port
