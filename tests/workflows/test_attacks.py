"""Pull requests that mean harm, judged by the workflow itself: nothing of them runs, or counts."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from releasectl import lock as locks
from tests.policy_cases import lock_of, model
from tests.unit.github.test_markdown import MARKDOWN
from tests.workflows.forge import STRANGER, PullRequest, git
from tests.workflows.github import GitHub
from tests.workflows.house import House
from tests.workflows.runner import Run

pytestmark = pytest.mark.processes

PRODUCTION = "releases/production/income.yaml"


@dataclass(frozen=True)
class Attack:
    """Files in the clone, under a branch and a title; `canary` appears if anything of it is ever run."""

    house: House
    canary: Path

    def model_2(self) -> None:
        self.house.write(locks.path_of(model("v2")), locks.dump(lock_of("v2")))
        self.house.write(PRODUCTION, f"name: income\nowner: credit-ml\nmodel: {model('v2')}\n")

    def code(self, path: str) -> None:
        """Python that leaves a mark when it is imported."""
        text = f"import pathlib\n\npathlib.Path({str(self.canary)!r}).touch()\n"
        self.house.write(path, text)

    def workflow(self, attack: str) -> None:
        self.house.change(".github/workflows/plan.yml", "      - name: Review\n", attack)


def edits_the_workflow_and_its_owners(attack: Attack) -> None:
    step = f"      - run: touch {attack.canary}\n      - run: exit 0\n      - if: false\n"
    attack.workflow(step)
    attack.house.write(".github/CODEOWNERS", "* @mallory\n")
    attack.model_2()


def edits_a_rule(attack: Attack) -> None:
    attack.code("policies/protected_features.py")
    attack.model_2()


def removes_rules(attack: Attack) -> None:
    for rule in ("protected_features", "leakage", "duplicates"):
        (attack.house.forge.clone / f"policies/{rule}.py").unlink()


def edits_the_engine(attack: Attack) -> None:
    for path in (
        "releasectl/__init__.py",
        "releasectl/github/__init__.py",
        "conftest.py",
        "sitecustomize.py",
    ):
        attack.code(path)
    attack.house.write("Makefile", f".venv/.installed check test setup:\n\ttouch {attack.canary}\n")


def waives_its_own_findings(attack: Attack) -> None:
    """Well-formed, by the fingerprints that the check itself prints."""
    attack.model_2()
    attack.house.run("render")
    found = json.loads(attack.house.run("check", "--format", "json", code=10).out)
    entries = [
        {
            "rule": each["rule"], "environment": "production", "release": "income", "ticket": "MRV-1",
            "fingerprint": each["fingerprint"], "reason": "we are sure that this is fine", "owner": "mallory",
            "approver": "grace", "created": "2026-11-01", "expires": "2099-12-31",
        }
        for each in found["findings"] if each["strictness"] == "deny"
    ]  # fmt: skip
    attack.house.write("policies/waivers.yaml", json.dumps({"waivers": entries}))


def fills_the_release_and_names_the_branch(attack: Attack) -> None:
    name = "x" * 1_000_000
    attack.house.write("releases/staging/big.yaml", f"name: {name}\nowner: credit-ml\nmodel: {'a' * 32}\n")


def names_files_like_commands(attack: Attack) -> None:
    """The runner takes lines of the log that begin with two colons; GitHub takes what looks like Markdown."""
    for name in ("a\n::set-output name=review::{}\n", "</details><img src=x>`", "@creditco (x)[http:]"):
        attack.house.write(f"releases/staging/{name}.yaml", "name: [::add-mask::x, '\\n::error::x', <b>]\n")


def reads_what_it_should_not(attack: Attack) -> None:
    clone = attack.house.forge.clone
    (clone / "releases/staging").mkdir(parents=True, exist_ok=True)
    (clone / "releases/staging/link.yaml").symlink_to("/etc/passwd")
    dag = clone / "pipelines/income/dag.jsonnet"
    dag.write_text(f"local leak = importstr '/proc/self/environ';\n{dag.read_text()}")


ATTACKS: dict[Callable[[Attack], None], tuple[str, ...]] = {
    edits_the_workflow_and_its_owners: (
        "must not be merged", "change together", "@creditco/model-risk", "@creditco/security",
    ),
    edits_a_rule: ("must not be merged", "change together", "policies/protected_features.py"),
    removes_rules: ("What this changes about the judge", "FAIR-001", "@creditco/model-risk"),
    edits_the_engine: ("@creditco/platform",),
    waives_its_own_findings: ("must not be merged", "change together", "policies/waivers.yaml"),
    fills_the_release_and_names_the_branch: ("must not be merged", "releases/staging/big.yaml"),
    names_files_like_commands: ("must not be merged", "The files are not sound"),
    reads_what_it_should_not: ("must not be merged", "link.yaml"),
}  # fmt: skip
BRANCH = "x`touch$IFS$CANARY`$(touch${IFS}$CANARY);<b>@all"
TITLE = "`touch $CANARY` $(touch $CANARY) ${{ github.token }} <img> @creditco/all"


@pytest.fixture(scope="module")
def tried(house: House, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[PullRequest, Run, Path]]:
    """All of them opened one after the other, and judged two at a time."""
    folder = tmp_path_factory.mktemp("canaries")
    pulls: dict[str, tuple[PullRequest, Path]] = {}
    for number, attack in enumerate(ATTACKS):
        canary = folder / attack.__name__
        house.forge.branch(f"attack-{number}")
        attack(Attack(house, canary))
        named = attack is fills_the_release_and_names_the_branch
        branch, title = (BRANCH, TITLE.replace("$CANARY", str(canary))) if named else ("", attack.__name__)
        pulls[attack.__name__] = house.propose(title, branch=branch), canary
    with ThreadPoolExecutor(2) as pool:
        runs = list(pool.map(lambda pair: house.forge.plan(pair[0]), pulls.values()))
    return {name: (*pair, run) for (name, pair), run in zip(pulls.items(), runs, strict=True)}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_is_harmless(house: House, tried, attack: Callable[[Attack], None]) -> None:
    pull, canary, run = tried[attack.__name__]
    assert not canary.exists()
    assert run.jobs["comment"] == "success", run.log
    body = house.comment(pull)
    assert len(body) <= 65_536
    said = body.replace("\\", "").replace("\u2060", "")
    assert not [words for words in ATTACKS[attack] if words not in said], body
    assert run.jobs["judge"] == ("failure" if "must not be merged" in said else "success")
    assert active(body) == []
    assert "root:" not in run.log
    assert "ACTIONS_ID_TOKEN_REQUEST_TOKEN" not in run.log


def active(body: str) -> list[str]:
    """Everything in a comment that is more than text, but for the folds that we make ourselves."""
    ours = re.compile(r"</?details>|<summary>[^<]*</summary>|<!-- releasectl: review -->|\s")
    found = []
    for token in MARKDOWN.parse(body):
        for each in (token, *(token.children or ())):
            if each.type in ("link_open", "image") or (
                each.type.startswith("html") and ours.sub("", each.content)
            ):
                found.append(each.content or each.type)
    return found


def test_a_mixture_is_still_judged_by_the_rules_of_the_base(house: House, tried) -> None:
    """It is not enough that it is refused: a reviewer sees what the rules say of it all the same."""
    for attack in (edits_a_rule, waives_its_own_findings):
        body = house.comment(tried[attack.__name__][0]).replace("\\", "")
        assert "❌ **FAIR-001**" in body


def test_a_fork_is_judged_and_gets_nothing(house: House, github: GitHub, tmp_path: Path) -> None:
    """Its copy of check.yml tries to write and to be somebody; its engine would leave a mark in plan.yml."""
    canary = tmp_path / "canary"
    clone = house.forge.fork(STRANGER)
    git(clone, "switch", "-q", "-c", "patch-1")
    engine = clone / "releasectl/__init__.py"
    engine.write_text(f"{engine.read_text()}\nimport pathlib\npathlib.Path({str(canary)!r}).touch()\n")
    check = clone / ".github/workflows/check.yml"
    steal = (
        "      - run: |\n"
        '          curl -s -X POST -H "Authorization: Bearer $T" -d \'{"body": "pwned"}\' '
        '"$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues/1/comments"\n'
        '          echo "identity: ${ACTIONS_ID_TOKEN_REQUEST_URL:-none}"\n'
        "          exit 1\n"
        '        env: {T: "${{ github.token }}"}\n'
    )
    text = check.read_text().replace("permissions: {}", "permissions: write-all", 1)
    check.write_text(text.replace("    steps:\n", f"    steps:\n{steal}", 1))
    house.forge.commit("Improve the docs", clone)
    pull = house.forge.open("Improve the docs", author=STRANGER, clone=clone)
    own = house.forge.check(pull, "check")
    assert own.said("identity: none")
    assert own.said("Resource not accessible by integration")
    assert not [each for each in github.comments if each["body"] == "pwned"]
    planned = house.forge.plan(pull)
    assert planned.jobs == {"judge": "success", "comment": "success"}, planned.log
    assert not canary.exists()
    assert "@creditco/platform" in house.comment(pull)
    assert git(house.forge.origin, "branch", "--list", "patch-1") == ""


def test_nothing_of_all_this_reached_the_cluster(house: House, github: GitHub, tried) -> None:
    assert tried
    assert house.stand.cluster.serving.deployments("creditco-production") == {}
    assert {who for who, _ in github.exchanged} <= {"plan", "production"}
    assert not [each for each in github.deployments if each["sha"] == tried["edits_a_rule"][0].head]
