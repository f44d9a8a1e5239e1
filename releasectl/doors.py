"""The ports in the addresses of a platform."""

from __future__ import annotations

import re
from collections.abc import Iterator

from releasectl.errors import Problem
from releasectl.model import Platform

DOORS = ("pachd", "s3", "seldon_deploy", "ingress")
PORT = re.compile(r":([0-9]+)(?:/|$)")
HIGHEST = 65535


def port_problems(platform: Platform) -> Iterator[Problem]:
    """Ports that do not exist, and those that two parts of a sandbox would need; clusters may share one."""
    needed: dict[int, str] = {}
    for field in DOORS:
        found = PORT.search(getattr(platform, field))
        port = int(found[1]) if found else 0
        place = str(platform.source.place(f"/{field}"))
        if port > HIGHEST:
            yield Problem(place, f"`{field}`: there is no port {port}", f"write one up to {HIGHEST}")
        elif port and platform.sandbox is not None and needed.setdefault(port, field) != field:
            what = f"`{field}` has the port {port} of `{needed[port]}`, and a sandbox needs one for each"
            yield Problem(place, what, "write a port that nothing else has")
