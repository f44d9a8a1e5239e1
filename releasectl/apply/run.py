"""What every step of an apply needs, and the one loop in which all waiting happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from releasectl.clock import Clock, Patience
from releasectl.errors import PlatformRefused
from releasectl.ports import Cluster, Progress


@dataclass(slots=True)
class Run:
    """One apply at work; `signature` is what it writes into the git-commit annotation."""

    cluster: Cluster
    clock: Clock
    patience: Patience
    progress: Progress
    signature: str
    deadline: float = field(init=False)
    written: float = field(init=False)  # when the last write was

    def __post_init__(self) -> None:
        self.written = self.clock.monotonic()
        self.deadline = self.written + self.patience.limit

    @property
    def settled(self) -> bool:
        """Whether what was written last has had the time to show."""
        return self.clock.monotonic() - self.written >= self.patience.settle

    def poll(self, where: str, describe: Callable[[], str]) -> Iterator[float]:
        """Seconds waited so far, again and again until the caller leaves or the time limit is over.

        `describe` says what is being waited for; it is asked after each round, and told when it changes.
        """
        begun = self.clock.monotonic()
        told = ""
        while True:
            now = self.clock.monotonic()
            yield now - begun
            text = describe()
            if text != told:
                self.progress(f"  {where}: {text}")
                told = text
            if now >= self.deadline:
                what = f"still {text} when the time limit of {self.patience.limit:g} s was over"
                remedy = "apply again to go on waiting, with --timeout for more time"
                raise PlatformRefused.at(where, what, remedy)
            self.clock.sleep(self.patience.poll)
