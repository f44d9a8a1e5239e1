"""What the operator tells an executor: whose it is, its graph, and what to log."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass

from releasectl.model import Json

REQUEST, RESPONSE = "request", "response"
LOGGED = {"all": (REQUEST, RESPONSE), "request": (REQUEST,), "response": (RESPONSE,)}  # by logger.mode
QUEUE = 10_000  # events, as in Seldon


@dataclass(frozen=True, slots=True)
class Node:
    """A node of the graph: `logs` is what of its calls is logged, `commit` what its model's URI pins."""

    name: str
    logs: tuple[str, ...] = ()
    commit: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """`nodes` are the models; of two the first gets the share `ratio` of the requests, by chance."""

    namespace: str
    deployment: str
    predictor: str
    protocol: str
    nodes: tuple[Node, ...]
    ratio: float = 1.0
    broker: str = ""  # a URL; empty for the sandbox's own
    queue: int = QUEUE
    timeout: float = 0.0  # seconds for an answer; 0 for no limit

    @classmethod
    def loads(cls, text: str) -> Settings:
        data: Json = json.loads(text)
        nodes = tuple(Node(each["name"], tuple(each["logs"]), each["commit"]) for each in data["nodes"])
        return cls(**{**data, "nodes": nodes})

    def dumps(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)
