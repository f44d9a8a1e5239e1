"""What the operator tells an executor: its predictor's graph, and two files that say where others are."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

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


class Watched:
    """A small JSON file that another process replaces; `None` while there is none."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: tuple[int, int] | None = None
        self._content: Json = None

    def read(self) -> Json:
        try:
            state = self._path.stat()
            if (seen := (state.st_mtime_ns, state.st_ino)) != self._seen:
                self._content, self._seen = json.loads(self._path.read_text()), seen
        except FileNotFoundError:
            self._content = self._seen = None
        return self._content
