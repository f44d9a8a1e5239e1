"""The lock of a target: who holds it, for how long the other waits, and that death lets go of it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from releasectl.apply import hold
from releasectl.clock import SystemClock
from releasectl.errors import LockHeld
from tests.unit.flow.fake_clock import FakeClock

CLOCK = FakeClock()


def held(folder: Path, target: str = "production", **options):
    return hold(folder, target, "Ada <ada@example.org>", clock=CLOCK, progress=lambda _: None, **options)


def test_the_second_is_told_who_holds_it_since_when(tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(LockHeld) as caught, held(tmp_path):
        pass
    what = caught.value.problems[0].what
    assert what.startswith("held by Ada <ada@example.org> (process ")
    assert what.endswith("since 2026-01-02T03:04:05+00:00")
    assert caught.value.exit_code == 6


def test_targets_do_not_hold_each_other(tmp_path: Path) -> None:
    with held(tmp_path, "staging"), held(tmp_path, "production"):
        pass


def test_it_is_free_again_afterwards_even_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="boom"), held(tmp_path):
        raise ValueError("boom")
    with held(tmp_path):
        pass
    assert not list(tmp_path.glob("*.holder.json"))


HOLDER = """
    import sys
    from pathlib import Path
    from releasectl.apply import hold
    from releasectl.clock import SystemClock
    with hold(Path(sys.argv[1]), "production", "Bob", clock=SystemClock(), progress=print):
        print("held", flush=True)
        sys.stdin.readline()
"""


@pytest.fixture
def other(tmp_path: Path):
    """Another process that holds the target until it gets a line."""
    command = [sys.executable, "-c", textwrap.dedent(HOLDER), str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_killed_holder_leaves_nothing_behind(other, tmp_path: Path) -> None:
    with pytest.raises(LockHeld, match="Bob"), held(tmp_path):
        pass
    other.kill()
    other.wait()
    with held(tmp_path):
        pass


def test_one_can_wait_for_the_other(other, tmp_path: Path) -> None:
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        other.stdin.write("\n")
        other.stdin.flush()

    with hold(tmp_path, "production", "Ada", clock=SystemClock(), progress=tell, wait=20):
        assert told[0].startswith("waiting for Bob (process ")


def test_waiting_has_an_end(other, tmp_path: Path) -> None:
    assert other.poll() is None
    with pytest.raises(LockHeld, match="Bob"), held(tmp_path, wait=0.3):
        pass
