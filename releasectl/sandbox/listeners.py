"""Who listens on a port of this machine, and why a service could not."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from itertools import pairwise

import psutil

from releasectl.errors import Problem
from releasectl.sandbox.services import Service


def taken_ports(service: Service) -> Iterator[Problem]:
    """Ports that `service` needs to start, and that others have."""
    for name, port in service.ports.items():
        if not is_free(port) and not (name == "ingress" and ingress_outlived(service)):
            yield Problem(
                f"127.0.0.1:{port}",
                f"{listener(port)} listens there, {service.name} needs the port",
                "stop that process, or copy environments/platforms/sandbox.yaml, change its ports and state, "
                "and name it with --platform",
            )


def other_ports(service: Service, process: psutil.Process) -> Iterator[Problem]:
    """Ports of the platform file on which the running `process` of `service` does not listen."""
    runs, wanted = ports_in(process.cmdline()), ports_in(service.command)
    if runs != wanted:
        word = "port" if len(runs) == 1 else "ports"
        yield Problem(
            f"{service.name} (pid {process.pid})",
            f"runs on {word} {', '.join(runs)}, and the platform file says {', '.join(wanted)}",
            "stop it with `releasectl sandbox down` and start it anew, or write its ports back",
        )


def ports_in(command: Sequence[str]) -> list[str]:
    """The values of --port, --s3-port and --ingress-port."""
    return [
        value for option, value in pairwise(command) if option.startswith("--") and option.endswith("port")
    ]


def listener(port: int) -> str:
    """The process by name and id; of somebody else's process the system may tell nothing."""
    try:
        for connection in psutil.net_connections("tcp"):
            listens = connection.status == psutil.CONN_LISTEN and connection.laddr[1:] == (port,)
            if listens and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
    except psutil.Error:
        pass
    return "another process"


def ingress_outlived(service: Service) -> bool:
    """Whether the ingress of an operator that was killed still routes; the next operator takes it over."""
    mark = str(service.state / "traefik") + "/"
    processes = psutil.process_iter(["cmdline"])
    return any(mark in word for process in processes for word in process.info["cmdline"] or ())


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
