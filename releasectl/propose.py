"""A model commit -> the files of a release that would hold: rehearsed whole before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from releasectl import lock as locks
from releasectl import releasefile, repo
from releasectl.errors import InvalidInput, Problem, UsageError
from releasectl.files import replace
from releasectl.gather import Facts
from releasectl.judge import Finding, judge
from releasectl.load import load
from releasectl.model import CommitId, Lock, Missing, Release, Rendered, Repository, Source
from releasectl.rehearse import rehearsal
from releasectl.render import render, write
from releasectl.schema import did_you_mean
from releasectl.yamlsource import parse


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a reviewer is asked to approve; `before` is the model commit that the release named so far."""

    release: Release
    before: CommitId | Missing
    repository: Repository
    rendered: Sequence[Rendered]
    findings: Sequence[Finding]
    files: Mapping[str, str]

    @property
    def target(self) -> str:
        return f"{self.release.environment}/{self.release.name}"

    @property
    def lock(self) -> Lock:
        return self.repository.locks[self.release.model]


def propose(root: Path, *, environment: str, name: str, facts: Facts, owner: str | None) -> Proposal:
    """Raises InvalidInput with everything that would be wrong; writes nothing."""
    path = releasefile.path_of(environment, name)
    old = _old(root, environment, path)
    files = {
        locks.path_of(facts.commit): locks.dump(_lock(facts)),
        path: _new_text(root, path, old, name=name, model=facts.commit, owner=owner),
    }
    with rehearsal(root, files) as scratch:
        repository = load(scratch)
        rendered = render(repository)
    return Proposal(
        release=next(r for r in repository.releases_in(environment) if r.name == name),
        before=old.data["model"] if isinstance(old, Source) else old,
        repository=repository,
        rendered=rendered,
        findings=judge(repository, rendered),
        files=files,
    )


def accept(root: Path, proposal: Proposal) -> tuple[str, ...]:
    """Write the proposal: lock first, then the release, then what is rendered; returns the changed paths."""
    for path, text in proposal.files.items():
        replace(root / path, text.encode())
    return (*proposal.files, *write(root, proposal.rendered))


def _lock(facts: Facts) -> Lock:
    return locks.build(
        commit=facts.commit,
        repo=facts.repo,
        branch=facts.branch,
        path=facts.path,
        lineage=facts.lineage,
        files=facts.files,
        features=facts.features,
        evidence=facts.evidence,
    )


def _old(root: Path, environment: str, path: str) -> Source | Missing:
    """The release file as it is; its schema is not asked for, only that it names a model."""
    known = sorted(folder.parent.name for folder in root.glob("environments/*/environment.yaml"))
    if environment not in known:
        raise UsageError.at(f"--env {environment}", "no such environment", did_you_mean(environment, known))
    if not (root / path).exists():
        return Missing("the release is new")
    content = repo.read(root, path)
    source = (content,) if isinstance(content, Problem) else parse(path, content)
    if not isinstance(source, Source):
        raise InvalidInput(*source)
    if not isinstance(source.data, Mapping) or not isinstance(source.data.get("model"), str):
        raise InvalidInput.at(source.place(), "the field `model` is missing", "add `model:` with any commit")
    return source


def _new_text(
    root: Path, path: str, old: Source | Missing, *, name: str, model: CommitId, owner: str | None
) -> str:
    if isinstance(old, Source):
        return releasefile.set_model((root / path).read_bytes().decode(), model)
    if owner is None:
        raise UsageError.at(path, "the release is new and has no owner", "name one: --owner TEAM")
    return releasefile.create(name=name, owner=owner, model=model)
