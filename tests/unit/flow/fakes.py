"""A cluster in memory: what is written is kept, every status takes its time, and any call may be the last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from releasectl.ports import Cluster
from tests.unit.flow.fake_clock import FakeClock
from tests.unit.flow.fake_pachyderm import FakeData
from tests.unit.flow.fake_seldon import FakeInference, FakeServing


@dataclass
class FakeCluster:
    """One platform in memory, and the writes made to it."""

    clock: FakeClock = field(default_factory=FakeClock)
    data: FakeData = field(default_factory=FakeData)
    serving: FakeServing = field(init=False)

    def __post_init__(self) -> None:
        self.serving = FakeServing(self.clock)

    @property
    def ports(self) -> Cluster:
        return Cluster(self.data, self.serving, FakeInference(self.serving))

    @property
    def writes(self) -> list[str]:
        """Without the ledger's own."""
        own = [line for line in self.data.writes if not line.startswith("append deployments@")]
        return own + self.serving.writes

    def forget_writes(self) -> None:
        self.data.writes.clear()
        self.serving.writes.clear()


class Killed(BaseException):
    """Neither an error of the flow nor one of Python: like KeyboardInterrupt, nothing handles it."""


@dataclass
class Fuse:
    """Burns through at the nth call: before the call has an effect, or just after it.

    `dead` is `kill -9`, after which nothing works any more; else it is Ctrl-C, after which one may tidy up.
    """

    calls: int
    after: bool
    dead: bool

    def guard(self, port: Any) -> Any:
        return _Guarded(port, self)

    def spend(self, method: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
        self.calls -= 1
        if (self.calls == 0 and not self.after) or (self.calls < 0 and self.dead):
            raise Killed
        answer = method(*arguments)
        if self.calls == 0:
            raise Killed
        return answer


@dataclass
class _Guarded:
    port: Any
    fuse: Fuse

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self.port, name)
        return lambda *arguments: self.fuse.spend(method, arguments)
