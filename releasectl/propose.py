"""A model commit -> the files of a release that would hold: rehearsed whole before anything is written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from generators.schemas import ENVIRONMENT_SCHEMA, RELEASE_SCHEMA
from releasectl import lock as locks
from releasectl import releasefile, repo
from releasectl.errors import InvalidInput, Problem, UsageError
from releasectl.familiar import Known
from releasectl.formats import release_name
from releasectl.judge import Finding, circumstances, judge
from releasectl.load import load
from releasectl.model import (
    CANARY_STEPS,
    CommitId,
    Json,
    Lock,
    Missing,
    Release,
    Rendered,
    Repository,
    Source,
)
from releasectl.past import Standing, strategy_of, target_of
from releasectl.reading import validated
from releasectl.rehearse import rehearsal
from releasectl.render import on_disk, render, write
from releasectl.schema import did_you_mean, schema
from releasectl.singlefile import read_lock
from releasectl.trial import DIRECT, beginning
from releasectl.wording import nearest
from releasectl.yamlsource import parse


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a reviewer is asked to approve; `before` is the model commit that the release named so far,
    `commits` are all that it named. `near` is the release that may be meant, if there was none of this name.
    """

    release: Release
    before: CommitId | Missing
    repository: Repository
    rendered: Sequence[Rendered]
    findings: Sequence[Finding]
    files: Mapping[str, str]
    commits: Sequence[CommitId] = ()
    near: str | None = None

    @property
    def target(self) -> str:
        return f"{self.release.environment}/{self.release.name}"

    @property
    def title(self) -> str:
        """Of the commit that makes it so."""
        return f"Release {self.release.name} {self.lock.commit[:12]} to {self.release.environment}"

    @property
    def paths(self) -> Sequence[str]:
        """What it may change."""
        return (*self.files, *(file.path for file in self.rendered))

    @property
    def own_findings(self) -> Sequence[Finding]:
        """What is against this release; another one's faults must not keep anybody from mending this one."""
        return tuple(finding for finding in self.findings if finding.release == self.target)

    @property
    def known(self) -> Known:
        """Whose findings a reader has seen before."""
        return {self.target: self.commits}

    @property
    def lock(self) -> Lock:
        """Of the commit that is new here: the candidate's while one is on trial."""
        return self.repository.locks[self.release.commits[-1]]


def propose(
    root: Path, *, environment: str, name: str, lock: Lock, owner: str | None, strategy: str = DIRECT
) -> Proposal:
    """The commit of `lock` as the model, or by any other strategy as a candidate beside the model.

    Raises InvalidInput with everything that would be wrong; writes nothing.
    """
    path = releasefile.path_of(environment, name)
    old = standing(root, environment=environment, name=name, owner=owner, strategy=strategy)
    _one_family(root, lock)
    if strategy != DIRECT:
        text = _begun(root, path, old, beginning(strategy, lock.commit, _canary_steps(root, environment)))
    else:
        text = _new_text(root, path, old, name=name, model=lock.commit, owner=owner)
    return rehearsed(
        root,
        {locks.path_of(lock.commit): locks.dump(lock), path: text},
        environment=environment,
        name=name,
        before=Standing(old.data["model"], strategy_of(old.data.get("strategy")))
        if isinstance(old, Source)
        else old,
    )


def _one_family(root: Path, lock: Lock) -> None:
    """Families that train on one branch have commits of one id, and a lock is found by its id alone."""
    path = locks.path_of(lock.commit)
    try:
        other = read_lock(root, lock.commit)
    except InvalidInput:
        return  # none, or one that is to be written again
    if (other.repo, other.path) != (lock.repo, lock.path):
        what = (
            f"{lock.path} of {lock.repo} and {other.path} of {other.repo} were trained together and have "
            "the same commit, whose lock this is"
        )
        remedy = (
            "train one of them again by itself: change the commit in its training.yaml only, or the branch "
            "if both name one, and apply"
        )
        raise InvalidInput.at(path, what, remedy)


def standing(
    root: Path, *, environment: str, name: str, owner: str | None, strategy: str = DIRECT
) -> Source | Missing:
    """The release file as it is. Raises for words that name no release, before a cluster is asked."""
    wanted = schema(RELEASE_SCHEMA)["$defs"]["name"]
    if not re.fullmatch(wanted["pattern"], name) or len(name) > wanted["maxLength"]:
        raise UsageError.at("NAME", *release_name(name))
    path = releasefile.path_of(environment, name)
    old = _old(root, environment, path)
    if isinstance(old, Missing) and strategy == DIRECT:
        _owner(root, path, owner)
    known = old.data.get("owner", owner) if isinstance(old, Source) else owner
    if owner not in (None, known):
        remedy = f"leave out --owner, or edit that line of {path}: a release does not change it"
        raise UsageError.at(f"--owner {owner}", f"the owner is {known} already", remedy)
    return old


def near(root: Path, name: str) -> str | None:
    """The release that was probably meant by a name that none has, in whatever environment."""
    known = {
        path.stem for path in root.glob("releases/*/*.yaml") if target_of(path.relative_to(root).as_posix())
    }
    return None if name in known else nearest(name, known)


def rehearsed(
    root: Path, files: Mapping[str, str], *, environment: str, name: str, before: Standing | Missing
) -> Proposal:
    """What the repository would be with `files` written into it: loaded, rendered and judged."""
    with rehearsal(root, files) as scratch:
        repository = load(scratch)
        rendered = render(repository)
    release = next(r for r in repository.releases_in(environment) if r.name == name)
    history = circumstances(root, rewritten=files)  # the scratch folder has none of its own
    findings = judge(repository, rendered, history)
    model, commits = (before, ()) if isinstance(before, Missing) else (before.model, before.commits)
    return Proposal(release, model, repository, rendered, findings, files, commits, near(root, name))


def accept(root: Path, proposal: Proposal) -> tuple[str, ...]:
    """Write what differs of the lock, the release and what is rendered, all or none; returns those paths."""
    files = {path: text for path, text in proposal.files.items() if on_disk(root, path) != text}
    return (*files, *write(root, proposal.rendered, files))


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


def _begun(root: Path, path: str, old: Source | Missing, strategy: Mapping[str, Json]) -> str:
    """The text of a release whose trial begins; the model stays."""
    if isinstance(old, Missing):
        what = f"{old.reason}: there is no model beside which a candidate could be tried"
        raise InvalidInput.at(path, what, "release a first model without --strategy")
    trial = _trial(old)
    if trial.get("candidate") not in (None, strategy["candidate"]):
        raise _on_trial(path, old, "already")
    text = (root / path).read_bytes().decode()
    if (trial.get("type"), trial.get("candidate")) == (strategy["type"], strategy["candidate"]):
        return text  # it runs already: say nothing of how far it is
    return releasefile.set_strategy(text, strategy, DIRECT)


def _canary_steps(root: Path, environment: str) -> Sequence[int]:
    """What the environment says, if it is sound: the rehearsal tells what is wrong with it."""
    path = f"environments/{environment}/environment.yaml"
    content = repo.read(root, path)
    source = (content,) if isinstance(content, Problem) else validated(path, content, ENVIRONMENT_SCHEMA)
    promotion = source.data.get("promotion", {}) if isinstance(source, Source) else {}
    return promotion.get("canary_steps", CANARY_STEPS) or CANARY_STEPS


def _new_text(
    root: Path, path: str, old: Source | Missing, *, name: str, model: CommitId, owner: str | None
) -> str:
    if isinstance(old, Source):
        trial = _trial(old)
        if trial.get("candidate") == model:
            what = f"{model} is on trial here as the candidate ({trial.get('type')})"
            remedy = f"make it the model with `releasectl promote {path.split('/')[1]}/{name}`"
            raise InvalidInput.at(old.place("/strategy/candidate"), what, remedy)
        if trial.get("candidate") is not None and old.data["model"] != model:
            raise _on_trial(path, old, "beside the model, which must stay for that")
        return releasefile.set_model((root / path).read_bytes().decode(), model)
    return releasefile.create(name=name, owner=_owner(root, path, owner), model=model)


def _trial(old: Source) -> Mapping[str, Json]:
    """What the file says of a strategy, as far as it is a block of fields."""
    found = old.data.get("strategy")
    return found if isinstance(found, Mapping) else {}


def _on_trial(path: str, old: Source, how: str) -> InvalidInput:
    """Whatever else is released meanwhile: the trial compares two models, and both have to stay."""
    trial, target = _trial(old), f"{path.split('/')[1]}/{old.data.get('name')}"
    what = f"the candidate {trial['candidate']} is on trial {how} ({trial.get('type')})"
    remedy = f"end its trial first: `releasectl promote {target}` or `releasectl abort {target}`"
    return InvalidInput.at(old.place("/strategy/candidate"), what, remedy)


def _owner(root: Path, path: str, owner: str | None) -> str:
    if owner is None:
        found = near(root, Path(path).stem)
        meant = f"did you mean `{found}`? If not, " if found else ""
        raise UsageError.at(path, "the release is new and has no owner", f"{meant}name one: --owner TEAM")
    return owner
