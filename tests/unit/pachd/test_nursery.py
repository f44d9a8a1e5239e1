"""Workers that the nursery forks and workers that are executed: user code cannot tell them apart."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from python_pachyderm import Client
from python_pachyderm.service import pps_proto

from releasectl.sandbox.pachd.server import Pachd
from releasectl.sandbox.pachd.store.db import Database
from releasectl.sandbox.pachd.worker import environment, process, root
from releasectl.sandbox.pachd.worker.nursery import Nursery
from releasectl.sandbox.pachd.worker.process import Cancel, Cancelled, reap_orphans
from releasectl.sandbox.pachd.worker.root import Command, Prepared, Roots
from tests.contract.pachyderm.lab import Lab, pfs, until

pytestmark = pytest.mark.processes
HERE = Path(__file__).parent
VENV = Path(sys.prefix)
JOB = "0123456789abcdef" * 2


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    made = Nursery(VENV, HERE)
    yield made
    made.stop()


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "db")
    yield made
    made.close()


@pytest.fixture(params=["executed", "forked"])
def way(request: pytest.FixtureRequest, nursery: Nursery) -> Nursery | None:
    return nursery if request.param == "forked" else None


class Bench:
    """Prepares `python -m` commands in a folder that stands for a datum's, and runs them."""

    def __init__(self, folder: Path, db: Database, code: Path, roots: Roots) -> None:
        self._folder, self._db, self._code, self._roots = folder, db, code, roots
        (folder / "root").mkdir(parents=True)
        (folder / "pfs" / "out").mkdir(parents=True)
        (folder / "pfs" / "in").write_text("an input")
        self.lines: list[str] = []

    def prepare(self, *cmd: str, stdin: str = "") -> Prepared:
        own = {"INPUT": "/pfs/in", environment.MARK: JOB, "of the order": "ü = 1"}
        env = {**environment.of_machine(VENV, self._code), **own}
        binds = {"/pfs": self._folder / "pfs"}
        command = Command(("python", "-m", *cmd), stdin, env, "/pfs/out", binds)
        return self._roots.prepare(command, self._folder / "root")

    def run(
        self,
        prepared: Prepared,
        way: Nursery | None,
        cancel: Cancel | None = None,
        timeout: float | None = None,
        listen: Callable[[str], None] | None = None,
    ) -> int:
        listen = listen or self.lines.append
        return process.run(prepared, way, self._db, cancel or Cancel(), listen, timeout)

    def script(self, text: str) -> Prepared:
        """A module of this text, run."""
        (self._code / "script.py").write_text(textwrap.dedent(text))
        return self.prepare("script")


@pytest.fixture
def bench(tmp_path: Path, db: Database) -> Bench:
    code = tmp_path / "code"
    code.mkdir()
    return Bench(tmp_path / "datum", db, code, Roots())


@pytest.mark.parametrize("namespaces", [True, False])
def test_the_surroundings_are_the_same(
    tmp_path: Path, db: Database, nursery: Nursery, monkeypatch: pytest.MonkeyPatch, namespaces: bool
) -> None:
    if not namespaces:
        monkeypatch.setattr(root, "_probe", lambda: False)
    seen = []
    for way in (None, nursery):
        bench = Bench(tmp_path / "datum" / str(len(seen)), db, HERE, Roots())
        prepared = bench.prepare("surroundings", "one", "two words", stdin="a line\nand another\n")
        assert bench.run(prepared, way) == 0, bench.lines
        found = "\n".join(bench.lines).replace(str(tmp_path / "datum" / str(len(seen))), "DATUM")
        seen.append(json.loads(found))
    executed, forked = seen
    assert forked["environment"]["of the order"] == "ü = 1"
    assert forked["input"] == "an input"
    assert forked["stdin"] == "a line\nand another\n"
    assert forked == executed


@pytest.mark.parametrize(
    ("script", "code", "last"),
    [
        ("pass", 0, ""),
        ("import sys; print('said'); sys.exit(3)", 3, "said"),
        ("import sys; sys.exit('told why')", 1, "told why"),
        ("def f():\n    raise ValueError('wrong')\nf()", 1, "ValueError: wrong"),
        ("import nothing_like_it", 1, "ModuleNotFoundError: No module named 'nothing_like_it'"),
        ("import os; os.kill(os.getpid(), 11)", -11, ""),
        ("import os; os._exit(7)", 7, ""),
        ("import atexit; atexit.register(print, 'at exit')", 0, "at exit"),
        ("import threading as t; t.Timer(0.1, print, ['of a thread']).start()", 0, "of a thread"),
        ("import os; print('x' * 200_000); os.write(2, b'no line end')", 0, "no line end"),
    ],
)
def test_it_ends_as_it_ends(bench: Bench, way: Nursery | None, script: str, code: int, last: str) -> None:
    assert bench.run(bench.script(script), way) == code
    assert "".join(bench.lines[-1:]) == last
    if "def f" in script:
        assert bench.lines[0] == "Traceback (most recent call last):"
        assert "    raise ValueError('wrong')" in bench.lines


def test_a_module_that_is_missing(bench: Bench, way: Nursery | None) -> None:
    assert bench.run(bench.prepare("nothing.like_it"), way) == 1
    assert "No module named 'nothing'" in bench.lines[-1]


SLEEPS = """
    import os, subprocess, time
    child = subprocess.Popen(["sleep", "300"])
    print(os.getpid(), child.pid, flush=True)
    time.sleep(SECONDS)
"""


def gone(line: str) -> bool:
    return not any(
        psutil.pid_exists(int(pid)) and psutil.Process(int(pid)).status() != psutil.STATUS_ZOMBIE
        for pid in line.split()
    )


def test_children_end_with_their_parent(bench: Bench, way: Nursery | None) -> None:
    assert bench.run(bench.script(SLEEPS.replace("SECONDS", "0")), way) == 0
    until(lambda: gone(bench.lines[0]))


def test_a_timeout_ends_all_of_it(bench: Bench, way: Nursery | None) -> None:
    with pytest.raises(TimeoutError):
        bench.run(bench.script(SLEEPS.replace("SECONDS", "300")), way, timeout=2)
    until(lambda: all(map(gone, bench.lines)))  # none, where starting took longer than that


def test_calling_off_ends_all_of_it(bench: Bench, way: Nursery | None) -> None:
    cancel = Cancel()

    def listen(line: str) -> None:
        bench.lines.append(line)
        cancel.set()

    with pytest.raises(Cancelled):
        bench.run(bench.script(SLEEPS.replace("SECONDS", "300")), way, cancel, listen=listen)
    until(lambda: gone(bench.lines[0]))


def test_a_worker_that_is_not_admitted_goes_away(bench: Bench, nursery: Nursery) -> None:
    """The server died before the worker was on record: its end of the door closes."""
    door, ours = os.pipe()
    worker = nursery.fork(bench.script("print('ran')"), door)
    os.close(door)
    assert psutil.Process(worker.pid).is_running()
    os.close(ours)
    assert worker.wait() == 125
    assert worker.stdout.read() == b""


def test_orphans_are_known_though_they_were_never_executed(
    bench: Bench, db: Database, nursery: Nursery
) -> None:
    """A child of a forked worker that is gone, in a session that only the record tells to be ours."""
    script = "import os, time\nif os.fork() == 0: time.sleep(300)"
    door, ours = os.pipe()
    os.write(ours, b".")
    worker = nursery.fork(bench.script(script), door)
    os.close(door)
    os.close(ours)
    with db.write() as conn:
        conn.execute("INSERT INTO worker VALUES (?, ?, ?)", (worker.pid, 0.0, JOB))
    assert worker.wait() == 0
    with db.write() as conn:
        assert reap_orphans(conn) == 1
    assert worker.stdout.read() == b""  # nobody holds the other end any more


def test_every_worker_has_dice_of_its_own(bench: Bench, nursery: Nursery) -> None:
    script = bench.script("import numpy, random; print(numpy.random.random(), random.random())")
    assert [bench.run(script, nursery) for _ in range(3)] == [0, 0, 0]
    assert len(set(" ".join(bench.lines).split())) == 6


@pytest.mark.parametrize(("interpreter", "fault"), [("nowhere", "No such file"), ("true", "it ended|Broken")])
def test_without_a_nursery_a_worker_starts_by_itself(
    bench: Bench, tmp_path: Path, caplog: pytest.LogCaptureFixture, interpreter: str, fault: str
) -> None:
    """An environment without an interpreter, and one whose interpreter ends at once."""
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "bin" / "python").symlink_to(shutil.which(interpreter) or "/nowhere")
    broken = Nursery(tmp_path / "venv", HERE)
    broken.warm()
    assert bench.run(bench.script("import os; print(os.getppid())"), broken) == 0
    assert bench.lines == [str(os.getpid())]
    assert re.search(f"nursery failed .*({fault}).*so the worker starts by itself", caplog.messages[-1])


def test_a_nursery_that_is_killed_takes_its_workers_along_and_is_started_again(bench: Bench) -> None:
    nursery = Nursery(VENV, HERE)
    script = bench.script("import os, time; print(os.getppid(), os.getpid(), flush=True); time.sleep(300)")

    def listen(line: str) -> None:
        bench.lines.append(line)
        killed = psutil.Process(int(line.split()[0]))
        killed.kill()
        until(lambda: killed.status() == psutil.STATUS_ZOMBIE)  # before that it looks alive

    try:
        assert bench.run(script, nursery, listen=listen) == -9
        until(lambda: gone(bench.lines[0]))
        assert bench.run(bench.script("import os; print(os.getppid())"), nursery) == 0
        assert int(bench.lines[-1]) not in (os.getpid(), int(bench.lines[0].split()[0]))
    finally:
        nursery.stop()


def test_many_at_once(bench: Bench, nursery: Nursery) -> None:
    script = bench.script("import os, sys; sys.exit(os.getpid() % 100)")
    codes: list[int] = []
    threads = [threading.Thread(target=lambda: codes.append(bench.run(script, nursery))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(codes) == 20
    assert len(set(codes)) > 1


def test_it_is_warmed_when_a_pipeline_is_created_that_needs_it(tmp_path: Path) -> None:
    def nurseries() -> set[psutil.Process]:
        children = psutil.Process().children()
        return {child for child in children if "nursery" in " ".join(child.cmdline())}

    before = nurseries()
    server = Pachd(tmp_path / "state", 0, workers=VENV, code=HERE)
    server.start()
    try:
        lab = Lab(Client("127.0.0.1", server.port))
        repo = lab.repo()
        lab.put(repo, {"/a": b"1"})
        lab.last_job(lab.pipeline("shell", "true", input=pfs(repo)))
        assert nurseries() == before
        transform = pps_proto.Transform(cmd=["python", "-m", "surroundings"])
        lab.pipeline("module", transform=transform, input=pfs(lab.repo("empty")))
        until(lambda: nurseries() > before)
    finally:
        server.stop()
    assert nurseries() == before


@pytest.mark.parametrize(
    ("cmd", "fields", "taken"),
    [
        (["python", "-m", "trainers.income.train", "/pfs/in"], {}, True),
        (["python", "-m"], {}, False),
        (["python", "train.py"], {}, False),
        (["python", "-u", "-m", "trainers.income.train"], {}, False),
        (["sh", "-e"], {}, False),
        (["python", "-m", "trainers.income.train"], {"env": {"PYTHONHASHSEED": "0"}}, False),
        (
            ["python", "-m", "trainers.income.train"],
            {"secrets": [pps_proto.SecretMount(name="s", key="k", env_var="OMP_NUM_THREADS")]},
            False,
        ),
        (
            ["python", "-m", "trainers.income.train"],
            {"secrets": [pps_proto.SecretMount(name="s", mount_path="/secret")]},
            True,
        ),
    ],
)
def test_what_the_nursery_takes(nursery: Nursery, cmd: list[str], fields: dict, taken: bool) -> None:
    assert nursery.takes(cmd, pps_proto.Transform(cmd=cmd, **fields)) is taken
