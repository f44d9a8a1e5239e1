"""One datum from /pfs to its output: laid out, run, tried again, recovered, uploaded."""

from __future__ import annotations

import errno
import shutil
import time
import uuid
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from releasectl.sandbox.pachd import secrets
from releasectl.sandbox.pachd.pps.datums import Datum, InputFile
from releasectl.sandbox.pachd.store.trees import Item
from releasectl.sandbox.pachd.txn import Store
from releasectl.sandbox.pachd.worker import download, environment, process
from releasectl.sandbox.pachd.worker.root import Command
from releasectl.sandbox.pachd.worker.tasks import DatumState, Machine, Outcome, Stats, Task
from releasectl.sandbox.pachd.worker.upload import Output, UploadError

PFS = "/pfs"


def run(machine: Machine, task: Task, cancel: process.Cancel) -> Outcome:
    """Tries up to datum_tries times, each time on a fresh /pfs. Raises Cancelled."""
    tries = int(task.spec.datum_tries)
    outcome = Outcome(DatumState.FAILED)
    for attempt in range(1, tries + 1):
        outcome = _try(machine, task, cancel)
        if outcome.state != DatumState.FAILED:
            break
        machine.logs.write(task.source.line(f"attempt {attempt} of {tries} failed: {outcome.reason}"))
    machine.logs.flush()
    return outcome


def serve(machine: Machine, task: Task, cancel: process.Cancel) -> int:
    """The user code of a service, once; its output is not kept. Raises Cancelled."""
    with _Folder(machine.work) as folder:
        download.lay_out(machine.store, task.datum, folder / "pfs")
        try:
            transform = task.spec.transform
            return _execute(_Attempt(machine, task, folder, cancel), transform.cmd, transform.stdin)
        finally:
            machine.logs.flush()


@dataclass(frozen=True, slots=True)
class _Attempt:
    """Who runs which code where; `timeout` is in seconds, None is for ever."""

    machine: Machine
    task: Task
    folder: Path
    cancel: process.Cancel
    timeout: float | None = None


class _Folder:
    """A folder of its own, gone afterwards."""

    def __init__(self, work: Path) -> None:
        self._path = work / uuid.uuid4().hex

    def __enter__(self) -> Path:
        (self._path / "root").mkdir(parents=True)
        return self._path

    def __exit__(self, *_: object) -> None:
        remove(self._path)


def remove(folder: Path) -> None:
    """Also what user code has made unwritable."""

    def unlock(function: Any, path: str, _: object) -> None:
        Path(path).parent.chmod(0o700)
        Path(path).chmod(0o700, follow_symlinks=True)
        function(path)

    if folder.exists():
        shutil.rmtree(folder, onerror=unlock)


def _try(machine: Machine, task: Task, cancel: process.Cancel) -> Outcome:
    transform = task.spec.transform
    timeout = task.spec.datum_timeout.ToNanoseconds() / 1e9 if task.spec.HasField("datum_timeout") else None
    with _Folder(machine.work) as folder:
        clock = time.monotonic_ns()
        copied = download.lay_out(machine.store, task.datum, folder / "pfs")
        stats = Stats(download_ns=time.monotonic_ns() - clock, download_bytes=copied)
        clock = time.monotonic_ns()
        attempt = _Attempt(machine, task, folder, cancel, timeout)
        reason = _user_code(attempt, transform.cmd, transform.stdin)
        stats = replace(stats, process_ns=time.monotonic_ns() - clock)
        if reason:
            if transform.err_cmd and not _user_code(attempt, transform.err_cmd, transform.err_stdin):
                return Outcome(DatumState.RECOVERED, reason, stats)
            return Outcome(DatumState.FAILED, reason, stats)
        clock = time.monotonic_ns()
        output = Output(
            folder / "pfs", machine.store.blobs.batch(), _by_name(task.datum), _finder(machine.store)
        )
        try:
            output.scan()
        except (UploadError, OSError) as error:
            if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise  # not the fault of this datum
            # names need not be text: what cannot be stored as such is escaped
            reason = f"cannot upload /pfs/out: {error}".encode(errors="backslashreplace").decode()
            return Outcome(DatumState.FAILED, reason, stats)
        stats = replace(stats, upload_ns=time.monotonic_ns() - clock, upload_bytes=output.size)
        return Outcome(DatumState.SUCCESS, "", stats, output)


def _by_name(datum: Datum) -> dict[str, list[InputFile]]:
    named: dict[str, list[InputFile]] = {}
    for file in datum.files:
        named.setdefault(file.name, []).append(file)
    return named


def _finder(store: Store) -> Any:
    def find(source: InputFile, path: str) -> Item | None:
        with store.db.read() as conn:
            return store.trees.find(conn, download.root(conn, source), path)

    return find


def _user_code(attempt: _Attempt, cmd: Any, stdin: Any) -> str:
    """Why it failed, or nothing."""
    try:
        code = _execute(attempt, cmd, stdin)
    except TimeoutError as error:
        return f"user code {error}"
    if code == 0 or code in attempt.task.spec.transform.accept_return_code:
        return ""
    return f"user code failed: {f'exit status {code}' if code > 0 else f'signal {-code}'}"


def _execute(attempt: _Attempt, cmd: Any, stdin: Any) -> int:
    """The exit code; negative for a signal."""
    machine, task, folder = attempt.machine, attempt.task, attempt.folder
    if not cmd:
        machine.logs.write(task.source.line("invalid pipeline transform, no command specified"))
        return 127
    env = {
        **environment.of_machine(machine.venv, machine.code),
        **environment.of_datum(
            task.job, task.spec, task.datum, spec_commit=task.work.spec_commit, worker=task.worker
        ),
        **task.work.extra_env,
    }
    binds = {PFS: folder / "pfs"}
    env.update(_secrets(machine.store, task.spec, folder, binds))
    (folder / "pfs" / ".env").write_text(environment.dotenv(env))
    wanted = task.spec.transform.working_dir
    cwd = wanted if wanted and Path(wanted).is_dir() else f"{PFS}/{download.SCRATCH}"
    text = "".join(f"{line}\n" for line in stdin)
    source = task.source
    transform = task.spec.transform
    return process.run(
        machine.roots.prepare(Command(tuple(cmd), text, env, cwd, binds), folder / "root"),
        machine.nursery if machine.nursery.takes(cmd, transform) else None,
        machine.store.db,
        attempt.cancel,
        lambda line: machine.logs.write(source.line(line, user=True)),
        attempt.timeout,
    )


def _secrets(store: Store, spec: Any, folder: Path, binds: dict[str, Path]) -> dict[str, str]:
    """Secrets as variables, and as folders with one file per key."""
    env = {}
    for number, wanted in enumerate(spec.transform.secrets):
        with store.db.read() as conn:
            secret = secrets.get(conn, wanted.name)
        if wanted.env_var:
            env[wanted.env_var] = secret.value(wanted.key).decode()
        if wanted.mount_path:
            mounted = folder / f"secret-{number}"
            mounted.mkdir(mode=0o700, exist_ok=True)
            for key in secret.data:
                (mounted / key).write_bytes(secret.value(key))
            binds[wanted.mount_path.rstrip("/")] = mounted
    return env
