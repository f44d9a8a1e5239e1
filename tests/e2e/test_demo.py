"""The story of `make demo`, as it is told, on ports of its own."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from releasectl.githistory import changes, log
from releasectl.pathnames import JUDGE, RELEASES, wrong_name
from tests.e2e.stand import IDENTITY, RELEASECTL, ROOT, with_own_ports

pytestmark = pytest.mark.processes
SECONDS = 900


@dataclass(frozen=True)
class Told:
    """What the demo printed; `tree` is the checkout that it was begun in, `clone` where it played."""

    tree: Path
    log: Path

    @property
    def output(self) -> str:
        return self.log.read_text()

    @property
    def clone(self) -> Path:
        return self.tree / ".sandbox" / "demo" / "repository"

    def kept(self, number: int) -> str:
        """All that the commands of an act printed."""
        return (self.tree / ".sandbox" / "demo" / "output" / f"{number:02}.txt").read_text()

    def act(self, title: str) -> str:
        """What is told between the heading of an act and that of the next."""
        return re.split(r"\n\d+\. ", self.output.partition(f". {title}\n")[2])[0]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    tree = tmp_path_factory.mktemp("checkout")
    checkout(tree)
    printed = tree / ".sandbox" / "demo.log"
    printed.parent.mkdir()
    found = Told(tree, printed)
    try:
        with printed.open("w") as log:
            demo = [sys.executable, "-m", "releasectl.sandbox.demo"]
            done = subprocess.run(
                demo, cwd=tree, stdout=log, stderr=subprocess.STDOUT, timeout=SECONDS, check=False
            )
        assert done.returncode == 0, found.output[-5000:]
        yield found
    finally:
        subprocess.run([RELEASECTL, "sandbox", "down"], cwd=found.clone, check=False)


def checkout(tree: Path) -> None:
    """The files of this tree as they are now, committed; the environments are those of this tree."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).exists():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tree / name)
    (tree / "trainers/.venv").symlink_to(ROOT / "trainers/.venv")
    with_own_ports(tree)
    subprocess.run(["git", "init", "--quiet"], cwd=tree, check=True)
    subprocess.run(["git", "add", "--all"], cwd=tree, check=True)
    subprocess.run(["git", *IDENTITY, "commit", "--quiet", "-m", "As it is"], cwd=tree, check=True)


def test_each_commit_would_pass_as_a_pull_request(told: Told) -> None:
    """None has a name that no file may have, or brings releases together with their judge."""
    first, *commits = (commit.id for commit in reversed(log(told.clone)))
    for before, commit in zip([first, *commits], commits, strict=False):
        paths = [change.path for change in changes(told.clone, before, commit)]
        assert [path for path in paths if wrong_name(path)] == []
        together = [path for path in paths if JUDGE.fullmatch(path)]
        assert not together or not any(map(RELEASES.fullmatch, paths)), paths


def test_model_2_is_refused_by_rules_that_do_not_depend_on_each_other(told: Told) -> None:
    refused = told.act("Model 2: a vendor's data")
    denied = set(re.findall(r"deny ([A-Z]+)-\d+", refused))
    assert {"DUP", "FAIR", "LEAK", "PERF", "ROLL"} <= denied
    assert "nothing is written" in refused


def test_whatever_condemns_it_is_told_and_the_whole_is_kept(told: Told) -> None:
    """Every rule that denies with all its facts; each act's whole output has a file."""
    act, said = told.act("Model 2: a vendor's data"), told.kept(8)
    denials = said.partition("  ✗ deny ")[2].partition("  ! warn ")[0]
    facts = re.findall(r"^ +(?:- |✗ deny ).*$", denials, re.M)
    assert len(facts) > 40
    assert [fact for fact in facts if fact not in act] == []
    assert "fingerprint" in said
    acts = len(re.findall(r"^\d+\. ", told.output, re.M))
    assert [number for number in range(1, acts + 1) if "$ " not in told.kept(number)] == []
    assert len(told.output.splitlines()) < 450


def test_the_scandal_and_its_end(told: Told) -> None:
    """Of each pair with equal records the woman is refused by model 2, and model 1 treats both alike."""
    classes = [
        re.findall(r"^ +\d+  ([<>]=?50K)", told.act(act), re.M) for act in ("The scandal", "The way back")
    ]
    scandal, after = ([tuple(found[n : n + 2]) for n in range(0, len(found), 2)] for found in classes)
    assert scandal == [("<=50K", ">50K")] * 3
    assert len(after) == 3
    assert all(woman == man for woman, man in after)


def test_the_way_back_loses_no_request(told: Told) -> None:
    back = told.act("The way back")
    assert "safe" in back
    assert re.search(r"1,500 requests, ", back)
    assert re.search(r"^ +0 failed$", back, re.M)


def test_a_revert_of_the_revert_is_refused(told: Told) -> None:
    assert "revoked" in told.act("Never again")


def test_every_trial_answers_all_requests(told: Told) -> None:
    acts = ("The shadow is compared", *(f"A canary with {share} % of the requests" for share in (10, 25, 50)))
    assert all(re.search(r"^ +0 failed$", told.act(act), re.M) for act in acts)
    (compared,) = told.clone.glob("releases/comparisons/production/income/*.yaml")
    assert yaml.safe_load(compared.read_text())["verdict"] == "promote"


def test_the_end_names_all_three_models(told: Told) -> None:
    """The history has them in order, the lineage leads from the last to its data."""
    models = re.findall(r"^ +model     ([0-9a-f]{32})$", told.act("Model 3 serves alone"), re.M)
    assert len(set(models)) == 3
    three, *_, two, one = models
    assert models.count(one) > 1
    assert three not in (one, two)
    assert f"serves copy_models@{three}" in told.output


def test_it_leaves_the_sandbox_serving(told: Told) -> None:
    arguments = ["status", "production", "--format", "json"]
    done = subprocess.run(
        [RELEASECTL, *arguments], cwd=told.clone, capture_output=True, text=True, check=True
    )
    (target,) = json.loads(done.stdout)["targets"]
    assert [(each["name"], each["state"]) for each in target["releases"]] == [("income", "Available")]


def test_the_tree_of_the_user_is_as_it_was(told: Told) -> None:
    git = ["git", "status", "--porcelain"]
    assert subprocess.run(git, cwd=told.tree, capture_output=True, text=True, check=True).stdout == ""
