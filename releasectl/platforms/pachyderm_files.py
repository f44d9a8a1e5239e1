"""Files of commits: read and hashed as a stream, written so that a failure leaves no trace."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from google.protobuf import wrappers_pb2
from python_pachyderm.proto.v2.pfs import pfs_pb2 as pfs

from releasectl.errors import PlatformRefused, Problem, ReleaseError
from releasectl.model import CommitId, Missing, ServedFile
from releasectl.platforms.pachyderm_messages import (
    branch_message,
    commit_message,
    file_message,
    repo_message,
)
from releasectl.platforms.pachyderm_wire import NotFound, Wire, at_once

CHUNK = 8 << 20


def files(wire: Wire, repo: str, commit: CommitId, path: str) -> tuple[ServedFile, ...]:
    found = sizes(wire, repo, commit, path)
    digests = at_once(lambda file: digest(wire, repo, commit, *file), found.items())
    return tuple(
        ServedFile(name, size, sha) for (name, size), sha in zip(found.items(), digests, strict=True)
    )


def sizes(wire: Wire, repo: str, commit: CommitId, path: str) -> dict[str, int]:
    inspect(wire, repo, commit)  # an unknown commit is an error, an unknown path is an empty answer
    request = pfs.WalkFileRequest(file=file_message(repo, commit, path))
    where = f"{repo}@{commit}:{path}"
    try:
        infos = list(wire.stream(wire.pfs.WalkFile, request, where=where))
    except NotFound:
        return {}
    found = (info for info in infos if info.file_type == pfs.FileType.FILE)
    return dict(sorted((str(info.file.path), int(info.size_bytes)) for info in found))


def digest(wire: Wire, repo: str, commit: CommitId, path: str, size: int) -> str:
    """The sha256 of a file as its bytes arrive; raises when they are not as many as the server promised."""
    sha, arrived = hashlib.sha256(), 0
    for chunk in content(wire, repo, commit, path, size):
        sha.update(chunk)
        arrived += len(chunk)
    if arrived != size:
        raise PlatformRefused.at(
            f"{repo}@{commit}:{path}",
            f"{arrived} bytes arrived of {size}",
            "repeat the command; if it stays so, run `pachctl fsck`",
        )
    return sha.hexdigest()


def read(wire: Wire, repo: str, commit: CommitId, path: str) -> bytes | Missing:
    where = f"{repo}@{commit}:{path}"
    request = pfs.InspectFileRequest(file=file_message(repo, commit, path))
    try:
        info = wire.call(wire.pfs.InspectFile, request, where=where)
        return b"".join(content(wire, repo, commit, path, info.size_bytes))
    except NotFound as error:
        return Missing(error.problems[0].what)


def content(wire: Wire, repo: str, commit: CommitId, path: str, size: int) -> Iterator[bytes]:
    request = pfs.GetFileRequest(file=file_message(repo, commit, path))
    for message in wire.stream(wire.pfs.GetFile, request, where=f"{repo}@{commit}:{path}", size=size):
        yield message.value


def put(wire: Wire, repo: str, branch: str, contents: Mapping[str, bytes], description: str) -> CommitId:
    create_repo(wire, repo)
    where = f"{repo}@{branch}"
    before = head(wire, repo, branch)
    if before is not None and is_open(before):
        # The same push, killed half-way: only such a commit may be thrown away.
        if before.description != description:
            raise busy(before)
        alone = not before.parent_commit.id
        withdraw(wire, repo, branch, before.commit.id, alone=alone)
        before = None if alone else before
    request = pfs.StartCommitRequest(branch=branch_message(repo, branch), description=description)
    commit = wire.call(wire.pfs.StartCommit, request, where=where)
    try:
        write(wire, commit, [deletion("/"), *additions(contents)], where)
        wire.call(wire.pfs.FinishCommit, pfs.FinishCommitRequest(commit=commit), where=where)
        sound(finished(wire, repo, commit.id))
    except BaseException as cause:
        left = undo(wire, repo, branch, commit.id, alone=before is None)
        if isinstance(cause, ReleaseError) and left:
            raise type(cause)(*cause.problems, *left) from None
        raise
    return str(commit.id)


def append(wire: Wire, repo: str, branch: str, path: str, added: bytes) -> CommitId:
    """One request is one commit, made whole or not at all; the answer does not say which, so look for it."""
    create_repo(wire, repo)
    before = head(wire, repo, branch)
    if before is not None and is_open(before):
        raise busy(before)
    write(wire, commit_message(repo, branch), additions({path: added}), f"{repo}@{branch}:{path}")
    made = since(wire, repo, branch, "" if before is None else before.commit.id)
    for info in made:
        if not info.error and read(wire, repo, info.commit.id, path) == added:
            return str(info.commit.id)
    failed = [info for info in made if info.error]
    if len(made) == 1 and failed:
        undo(wire, repo, branch, failed[0].commit.id, alone=before is None)
    for info in failed:
        sound(info)
    raise PlatformRefused.at(f"{repo}@{branch}:{path}", "was written and is not there", "repeat the command")


def write(wire: Wire, commit: Any, operations: list[Any], where: str) -> None:
    requests = [pfs.ModifyFileRequest(set_commit=commit), *operations]
    size = sum(len(request.add_file.raw.value) for request in operations)
    wire.call(wire.pfs.ModifyFile, iter(requests), where=where, size=size)


def additions(contents: Mapping[str, bytes]) -> list[Any]:
    """Replace each file: on the server an addition alone would append to what the path holds."""
    operations = []
    for path, data in contents.items():
        operations.append(deletion(path))
        for start in range(0, len(data) or 1, CHUNK):
            raw = wrappers_pb2.BytesValue(value=data[start : start + CHUNK])
            operations.append(pfs.ModifyFileRequest(add_file=pfs.AddFile(path=path, raw=raw)))
    return operations


def deletion(path: str) -> Any:
    return pfs.ModifyFileRequest(delete_file=pfs.DeleteFile(path=path))


def create_repo(wire: Wire, repo: str) -> None:
    try:
        wire.call(wire.pfs.InspectRepo, pfs.InspectRepoRequest(repo=repo_message(repo)), where=repo)
    except NotFound:
        # update: somebody may have made it since.
        request = pfs.CreateRepoRequest(repo=repo_message(repo), update=True)
        wire.call(wire.pfs.CreateRepo, request, where=repo)


def inspect(wire: Wire, repo: str, reference: str, wait: int = pfs.CommitState.STARTED) -> Any:
    request = pfs.InspectCommitRequest(commit=commit_message(repo, reference), wait=wait)
    return wire.call(wire.pfs.InspectCommit, request, where=f"{repo}@{reference}")


def finished(wire: Wire, repo: str, reference: str) -> Any:
    return inspect(wire, repo, reference, wait=pfs.CommitState.FINISHED)


def head(wire: Wire, repo: str, branch: str) -> Any:
    """The commit that `branch` points at, or None when there is no such branch."""
    try:
        return inspect(wire, repo, branch)
    except NotFound:
        return None


def since(wire: Wire, repo: str, branch: str, before: CommitId) -> list[Any]:
    """The commits of `branch` behind `before`, oldest first, all of them finished."""
    found: list[Any] = []
    reference = branch
    while reference and reference != before:
        info = finished(wire, repo, reference)
        if info.commit.id == before:
            break
        found.insert(0, info)
        reference = info.parent_commit.id
    return found


def is_open(info: Any) -> bool:
    return not (info.HasField("finishing") or info.HasField("finished"))


def sound(info: Any) -> None:
    if info.error:
        raise PlatformRefused.at(
            f"{info.commit.branch.repo.name}@{info.commit.branch.name}",
            f"pachd could not finish the commit: {info.error}",
            "mend what it names, then repeat the command",
        )


def busy(info: Any) -> ReleaseError:
    commit = info.commit
    return PlatformRefused.at(
        f"{commit.branch.repo.name}@{commit.branch.name}",
        f"commit {commit.id} ({info.description or 'no description'}) is still open: somebody is writing",
        f"wait for it; if its writer has died, `pachctl delete commit {commit.id}`",
    )


def drop(wire: Wire, commit: CommitId) -> None:
    request = pfs.DropCommitSetRequest(commit_set=pfs.CommitSet(id=commit))
    wire.call(wire.pfs.DropCommitSet, request, where=commit)


def withdraw(wire: Wire, repo: str, branch: str, commit: CommitId, *, alone: bool) -> None:
    """Drop the head; if it is `alone` on its branch, the branch as well, with the empty commit it gets."""
    drop(wire, commit)
    if alone and (empty := head(wire, repo, branch)) is not None:
        request = pfs.DeleteBranchRequest(branch=branch_message(repo, branch))
        wire.call(wire.pfs.DeleteBranch, request, where=f"{repo}@{branch}")
        drop(wire, empty.commit.id)


def undo(wire: Wire, repo: str, branch: str, commit: CommitId, *, alone: bool) -> tuple[Problem, ...]:
    """Take back a commit that came to nothing; answers what could not be taken back."""
    try:
        withdraw(wire, repo, branch, commit, alone=alone)
    except NotFound:
        return ()
    except ReleaseError as error:
        return tuple(
            Problem(
                f"{repo}@{branch}",
                f"commit {commit} is left open, it could not be dropped: {problem.what}",
                "repeat the same command: it drops the open commit first",
            )
            for problem in error.problems
        )
    return ()
