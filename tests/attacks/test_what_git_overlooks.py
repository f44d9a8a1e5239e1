"""A working tree may differ from what git says of it: no setting hides a change, and none makes one up."""

from __future__ import annotations

import os
import shutil
import time
from functools import partial
from pathlib import Path

import pytest

from releasectl.basejudge import commits_before, judged_before
from releasectl.errors import InvalidInput
from releasectl.githistory import log
from releasectl.revert.scratch import scratch
from releasectl.review.judging import judge_difference
from tests.attacks.conftest import NOW, V1, V2, Repo, rules_of, told

SETTINGS = {
    "autocrlf": ("core.autocrlf", "true"),
    "input": ("core.autocrlf", "input"),
    "eol": ("core.eol", "crlf"),
}


@pytest.mark.parametrize("setting", SETTINGS)
def test_an_untouched_clone_is_as_its_base_however_lines_end(setting: str, repo: Repo) -> None:
    """In a copy of a clone git looks into every file, as it knows none of them."""
    name, value = SETTINGS[setting]
    if setting == "eol":
        repo.mini.write(".gitattributes", "* text=auto\n")
        repo.commit("lines end as one likes")
    clone = Repo(repo.root.with_name("fresh"))
    repo.git("clone", "-q", "-c", f"{name}={value}", str(repo.root), str(clone.root))
    copy = Repo(repo.root.with_name("copy"))
    shutil.copytree(clone.root, copy.root)
    first = (copy.root / "releases/production/income.yaml").read_bytes().partition(b"\n")[0]
    assert first.endswith(b"\r") == (setting != "input")
    found = copy.judged("HEAD")
    assert (found.exit_code, found.delta, found.refused) == (0, (), ())
    assert commits_before(copy.root) == commits_before(repo.root)


@pytest.mark.parametrize("attributes", ["-diff", "text eol=crlf", "ident"])
@pytest.mark.parametrize("setting", ["autocrlf", "eol"])
def test_neither_attributes_nor_line_ends_hide_a_release(setting: str, attributes: str, repo: Repo) -> None:
    repo.mini.write(".gitattributes", f"* {attributes}\n")
    repo.git("branch", "-f", "main", repo.commit("attributes"))
    repo.git("config", *SETTINGS[setting])
    repo.lock("v2")
    repo.release(V2)
    policy = repo.root / "environments/production/policy.yaml"
    policy.write_bytes(policy.read_bytes().replace(b"DUP-001: deny", b"DUP-001: off"))
    repo.commit("release model 2, and be kind")
    found = repo.judged()
    assert {"DUP-001", "FAIR-001"} <= rules_of(found)
    assert ["change together" in each.what for each in found.refused] == [True]
    assert commits_before(repo.root) != ()


def test_no_filter_of_this_machine_is_run_for_a_branch(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran, home = tmp_path / "ran", tmp_path / "home"
    home.mkdir()
    program = f"touch {ran}; cat"
    text = f'[filter "lfs"]\n\tclean = "{program}"\n\tsmudge = "{program}"\n\trequired = true\n'
    (home / ".gitconfig").write_text(text)
    repo.mini.write(".gitattributes", "*.yaml filter=lfs\n")
    repo.release(V1, "staging", "replicas: 2\n")
    repo.commit("large files")
    monkeypatch.setenv("HOME", str(home))
    (repo.root / "releases/staging/income.yaml").touch()
    found = repo.judged()
    with scratch(repo.root, "HEAD"):
        assert not ran.exists()
    assert "releases (releases/staging/income.yaml)" in told(found)


def hidden(repo: Repo, flag: str, path: str) -> str:
    """The command that git overlooks a file by, and the beginning of the one that undoes it."""
    if flag == "sparse":
        repo.git("sparse-checkout", "set", "--no-cone", "/*", f"!/{path}")
        return "git sparse-checkout disable"
    repo.git("update-index", f"--{flag}", path)
    return {
        "skip-worktree": "git sparse-checkout disable",
        "assume-unchanged": f"git update-index --no-assume-unchanged -- {path}",
    }[flag]


@pytest.mark.parametrize("path", ["releases/production/income.yaml", "environments/production/policy.yaml"])
@pytest.mark.parametrize("flag", ["sparse", "skip-worktree", "assume-unchanged"])
def test_what_git_was_told_to_overlook_is_judged_by_nobody(flag: str, path: str, repo: Repo) -> None:
    undo = hidden(repo, flag, path)
    for judge in (repo.judged, partial(judged_before, repo.root, "production", now=NOW)):
        with pytest.raises(InvalidInput, match="git was told to overlook it") as caught:
            judge()
        (problem,) = caught.value.problems
        assert (problem.where, problem.remedy) == (path, f"undo it: `{undo}`")
    assert judge_difference(repo.root, "main", now=NOW).problems == caught.value.problems
    repo.git(*undo.split()[1:])
    assert repo.judged().exit_code == 0
    judged_before(repo.root, "production", now=NOW)


def test_all_that_is_overlooked_is_told_at_once(repo: Repo) -> None:
    repo.git("sparse-checkout", "set", "--no-cone", "/*", "!/releases/production", "!/releases/staging")
    repo.git("update-index", "--assume-unchanged", "policies/duplicates.py")
    with pytest.raises(InvalidInput) as caught:
        repo.judged()
    sparse, assumed = caught.value.problems
    assert "overlook it and 1 more (a sparse checkout" in sparse.what
    assert assumed.where == "policies/duplicates.py"


@pytest.mark.parametrize("path", ["releases/production/ghost.yaml", "policies/zz_rule.py"])
def test_what_git_was_told_to_ignore_is_not_read_behind_its_back(path: str, repo: Repo) -> None:
    exclude = repo.root / ".git/info/exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text(f"{path}\n*.unfinished\n__pycache__\n")
    for harmless in ("releases/production/.income.yaml.unfinished", "policies/__pycache__/x.pyc"):
        repo.mini.write(harmless, "")
    assert repo.judged().exit_code == 0
    repo.mini.write(
        path, (repo.root / "releases/production/income.yaml").read_text().replace("income", "ghost")
    )
    assert repo.git("status", "--porcelain") == ""
    for judge in (repo.judged, partial(judged_before, repo.root, "production", now=NOW)):
        with pytest.raises(InvalidInput, match="git was told to ignore it") as caught:
            judge()
        assert f"`git check-ignore -v {path}`" in caught.value.problems[0].remedy


def test_an_edit_of_the_same_length_and_time_is_seen(repo: Repo) -> None:
    file = repo.root / "environments/production/policy.yaml"
    repo.git("config", "core.trustctime", "false")
    repo.git("config", "core.checkStat", "minimal")
    long_ago = (1_700_000_000, 1_700_000_000)  # of what is as new as its index git is not sure
    os.utime(file, long_ago)
    repo.git("update-index", "--refresh")
    time.sleep(1.1)  # git counts in seconds
    file.write_text(file.read_text().replace("DUP-001: deny", "DUP-001: warn"))
    os.utime(file, long_ago)
    assert repo.git("status", "--porcelain") == ""
    assert commits_before(repo.root) == (repo.git("rev-parse", "HEAD"),)


def test_no_graft_cuts_the_past_off(repo: Repo) -> None:
    repo.edit("environments/production/policy.yaml", "FAIR-002: warn", "FAIR-002: off")
    head = repo.commit("kinder")
    (repo.root / ".git/info").mkdir(exist_ok=True)
    (repo.root / ".git/info/grafts").write_text(f"{head}\n")
    (version,) = {each.id for each in log(repo.root, limit=2)} - {head}
    assert commits_before(repo.root) == (version,)


def test_what_does_not_count_may_be_left_out(repo: Repo) -> None:
    repo.mini.write("notes/big.txt", "nothing\n")
    repo.git("branch", "-f", "main", repo.commit("notes"))
    repo.git("sparse-checkout", "set", "--no-cone", "/*", "!/notes")
    assert not (repo.root / "notes").exists()
    assert repo.judged().exit_code == 0


def test_git_compares_no_other_folder_than_the_one_that_is_judged(repo: Repo) -> None:
    other = repo.root.with_name("other")
    shutil.copytree(repo.root, other, ignore=shutil.ignore_patterns(".git"))
    repo.git("config", "core.worktree", str(other))
    repo.lock("v2")
    repo.release(V2)
    for judge in (repo.judged, partial(judged_before, repo.root, "production", now=NOW)):
        with pytest.raises(InvalidInput, match=r"git config --unset core\.worktree"):
            judge()


@pytest.mark.parametrize("ignore", ["all", "dirty", "untracked"])
def test_a_submodule_that_is_to_be_ignored_is_told(ignore: str, repo: Repo) -> None:
    path = "releases/extra"
    module = f'[submodule "x"]\n\tpath = {path}\n\turl = https://example.org/x\n\tignore = {ignore}\n'
    repo.mini.write(".gitmodules", module)
    repo.git("branch", "-f", "main", repo.commit("to be ignored"))
    repo.git("update-index", "--add", "--cacheinfo", f"160000,{'a' * 40},{path}")
    repo.git("commit", "-q", "-m", "a submodule")
    (repo.root / path).mkdir()
    (problem,) = repo.judged().refused
    assert problem.where == path
    assert "is a submodule" in problem.what
