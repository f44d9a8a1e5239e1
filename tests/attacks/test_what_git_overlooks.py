"""A working tree may differ from what git says of it: no setting hides a change, and none makes one up."""

from __future__ import annotations

import shutil

import pytest

from releasectl.basejudge import commits_before
from tests.attacks.conftest import V2, Repo, rules_of

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
