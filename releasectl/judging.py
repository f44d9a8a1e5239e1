"""Judges files that are data only: engine, rules, schemas, strictness and waivers are those of this tree.

Run as a process of its own, out of the tree of a commit: a request on standard input, the verdict on standard
output. Nothing of what is judged is imported, and no link of it is followed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from releasectl import pathlaw, repo
from releasectl.cases import Circumstances
from releasectl.checked import Checked
from releasectl.checkout import extracted
from releasectl.delta import policy_delta
from releasectl.errors import InvalidInput, Problem, ReleaseError
from releasectl.findingdelta import Sides
from releasectl.githistory import changes, content, contents, paths_at
from releasectl.judge import Judgement, assess, checked
from releasectl.load import load
from releasectl.model import Environment, Rendered, Repository, Revocation, Source
from releasectl.nextjudge import faults
from releasectl.oldlocks import once
from releasectl.ours import FOLDER, IMAGES, Ours, ours, strangers
from releasectl.pathnames import ENVIRONMENT
from releasectl.plain import plain
from releasectl.reading import FOLDERS, WAIVERS, validated
from releasectl.render import render
from releasectl.renewals import grants
from releasectl.repo import ENGINE
from releasectl.revocation import FILE as REVOKED
from releasectl.revocation import merged, read_revocations, traced
from releasectl.standing import After, Before, outdated, standing, told_of
from releasectl.timeline import History

VERSION = 1


@dataclass(frozen=True, slots=True)
class Request:
    """`root` holds the files to judge, `git` is the repository that knows their history up to `base`.

    With `fork`, where they left the base, they are judged as a change: what they may not touch, and what they
    would change about their judge. `exact`: they are the files of `base`. `judge` is the tree of strictness
    and waivers, if it is not that of the engine.
    """

    root: str
    git: str
    base: str
    now: str
    fork: str = ""
    exact: bool = False
    judge: str = ""
    version: int = VERSION


def main() -> int:
    """One request, one answer; an error is an answer, too."""
    try:
        answer = {"checked": plain(judged(Request(**json.load(sys.stdin))))}
    except ReleaseError as error:
        problems = [plain(problem) for problem in error.problems]
        answer = {"error": {"exit_code": error.exit_code, "problems": problems}}
    json.dump(answer, sys.stdout)
    return 0


def judged(request: Request) -> Checked:
    """What the engine at hand says of the files in `request`; InvalidInput if they cannot be read."""
    git = Path(request.git)
    changed = pathlaw.own_changes(git, request.fork, request.base) if request.fork else ()
    refused = tuple(_refused(request, changed)) if request.fork else ()
    if any(change.mode == pathlaw.LINK for change in changed):
        return Checked((), (), judge=request.base[:12], refused=refused)  # nothing of it is read
    try:
        known = None if request.exact else _ours(git, request.base)
        heard = _hear(Path(request.root), request, known, exact=request.exact)
    except InvalidInput as error:
        raise InvalidInput(*refused, *error.problems) from None
    if any(ENVIRONMENT.fullmatch(change.path) for change in changed) and known is not None:
        before = _environments(request).values()
        refused += tuple(strangers(heard.repository.environments.values(), known, before))
    found = replace(checked(heard.repository, heard.judgement), judge=request.base[:12], refused=refused)
    return _as_change(found, heard, request, changed) if request.fork else found


def _refused(request: Request, changed: Sequence[pathlaw.Change]) -> Iterator[Problem]:
    git = Path(request.git)
    yield from pathlaw.wrong_dates(git, request.base, datetime.fromisoformat(request.now))
    yield from pathlaw.violations(git, request.base, changed)


@dataclass(frozen=True, slots=True)
class _Heard:
    """Files, and what the judge at hand makes of them."""

    repository: Repository
    rendered: tuple[Rendered, ...]
    given: Circumstances
    judgement: Judgement


def _ours(git: Path, base: str) -> Ours:
    return ours(paths_at(git, base, FOLDER), content(git, base, IMAGES))


def _environments(request: Request) -> Mapping[str, bytes]:
    """The files of the base's environments, by name."""
    git, base = Path(request.git), request.base
    paths = filter(ENVIRONMENT.fullmatch, paths_at(git, base, "environments"))
    found = contents(git, [(base, path) for path in paths])
    return {path.split("/")[1]: text for (_, path), text in found.items()}


def _hear(root: Path, request: Request, known: Ours | None, *, exact: bool) -> _Heard:
    judge, git, now = Path(request.judge or ENGINE), Path(request.git), datetime.fromisoformat(request.now)
    loaded = load(root, now=now, wanted=_is_data)
    revoked = _revoked(judge, now)
    naming = {each.commit for each in (*revoked, *loaded.revoked)}
    gone = tuple(once(git, request.base, naming, loaded.locks))
    revoked = traced(revoked, [*loaded.locks.values(), *gone])
    repository = by_judge(replace(loaded, revoked=traced(loaded.revoked, gone)), judge, revoked)
    rendered = render(repository)
    history = History(git, request.base, now=now, exact=exact, fork=request.fork)
    given = Circumstances(now, history.timeline, grants(git, request.base), revoked, known)
    return _Heard(repository, rendered, given, assess(repository, rendered, given, by_another=True))


def _as_change(found: Checked, heard: _Heard, request: Request, changed: Sequence[pathlaw.Change]) -> Checked:
    """With what it would change about its judge, and without what it cannot help: that stands on the base."""
    touched, gone_on = [change.path for change in changed], _gone_on(request)
    after = After(heard.repository, found.findings, heard.rendered, touched, gone_on)
    stands = standing(after, partial(_before, request, request.base))
    past = outdated(after, stands, partial(_before, request, request.fork))
    before = partial(content, Path(request.git), request.fork)
    sides = Sides(heard.repository, Path(request.root), heard.rendered, heard.given, found.findings, before)
    return replace(
        found,
        findings=tuple(finding for finding in found.findings if finding not in (*stands, *past)),
        notices=(
            *(replace(notice, wrong=False) for notice in found.notices),  # of the base's own waivers
            *told_of(past),
        ),
        standing=stands,
        refused=(*found.refused, *faults(sides, changed, partial(_environments, request))),
        delta=tuple(policy_delta(sides, changed)),
    )


def _gone_on(request: Request) -> tuple[str, ...]:
    """What the base has otherwise than where the files left it."""
    left, base = request.fork, request.base
    return tuple(each.path for each in changes(Path(request.git), left, base)) if left != base else ()


def _before(request: Request, commit: str) -> Before | None:
    """The files of the base, or of where they left it, before the same judge; None if they cannot be read."""
    git = Path(request.git)
    with extracted(git, commit, paths_at(git, commit, *FOLDERS)) as root:
        try:
            heard = _hear(root, request, None, exact=commit == request.base)
        except InvalidInput:
            return None
        return Before(heard.judgement.findings, heard.rendered)


def _is_data(path: str) -> bool:
    return path != WAIVERS and not path.endswith("/policy.yaml")


def by_judge(repository: Repository, judge: Path, revoked: Sequence[Revocation]) -> Repository:
    """With the strictness and the waivers of the judge; what it has `revoked` stays revoked."""
    environments = {
        name: replace(each, policy=_policy(judge, each)) for name, each in repository.environments.items()
    }
    return replace(
        repository,
        environments=environments,
        waivers=_source(judge, WAIVERS, "policies/waivers.schema.json"),
        revoked=merged(revoked, repository.revoked),
    )


def _policy(judge: Path, environment: Environment) -> Source | None:
    path = f"environments/{environment.name}/policy.yaml"
    return _source(judge, path, "environments/policy.schema.json")


def _revoked(judge: Path, now: datetime) -> tuple[Revocation, ...]:
    source = _source(judge, REVOKED, "releases/revoked.schema.json")
    return read_revocations(source, now)[0] if source else ()


def _source(judge: Path, path: str, schema: str) -> Source | None:
    if not (judge / path).is_file():
        return None
    content = repo.read(judge, path)
    found = (content,) if isinstance(content, Problem) else validated(path, content, schema)
    if isinstance(found, Source):
        return found
    raise InvalidInput(*found)
