"""Puts the parts together: store, kubelet, ingress and operator, from start to stop."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from releasectl.sandbox.seldon.ingress import Ingress
from releasectl.sandbox.seldon.instance import Node
from releasectl.sandbox.seldon.kubelet import Kubelet
from releasectl.sandbox.seldon.logger import RequestLogger
from releasectl.sandbox.seldon.nursery import Nursery
from releasectl.sandbox.seldon.operator import Operator
from releasectl.sandbox.seldon.slots import Slots
from releasectl.sandbox.seldon.store import Store
from releasectl.sandbox.seldon.wiring import Wiring

log = logging.getLogger(__name__)
TIMEOUT_SECONDS = 10.0  # for a look at a server: it answers nothing else while it predicts


@dataclass(frozen=True, slots=True)
class Cluster:
    """What the command line gives."""

    state: Path
    servers: Path
    s3: str
    store: Store
    ingress: Ingress
    wake: asyncio.Event
    log_bytes: int


@asynccontextmanager
async def running(cluster: Cluster) -> AsyncIterator[Operator]:
    """Take over what runs, look after it, and end it all at the end."""
    async with httpx.AsyncClient(trust_env=False, verify=False, timeout=TIMEOUT_SECONDS) as client:
        servers = cluster.servers.absolute()  # its python is a link, which must stay one
        nursery = Nursery(servers, cluster.state)
        node = Node(
            store=cluster.store,
            state=cluster.state,
            servers=servers,
            s3=cluster.s3,
            client=client,
            slots=Slots(os.cpu_count() or 1),
            nursery=nursery,
            changed=cluster.wake.set,
        )
        kubelet = Kubelet(node, cluster.ingress.live)
        operator = Operator(cluster.store, kubelet, cluster.ingress, Wiring(cluster.state), cluster.wake)
        logger = RequestLogger(cluster.store, cluster.state, cluster.log_bytes)
        logger.start()
        cluster.ingress.start()
        kubelet.adopt()
        nursery.warm()
        cluster.wake.set()
        try:
            await operator.look()
            task = asyncio.create_task(operator.run())
            yield operator
            log.info("stopping")
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        finally:
            await cluster.ingress.stop()
            nursery.stop()  # first: one that hangs would keep a server from its start, and so from its end
            await kubelet.stop()
            await logger.stop()
