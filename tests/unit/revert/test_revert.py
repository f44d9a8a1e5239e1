"""`prove-revert` on real repositories: what it says must be what `git revert` and `apply` then do."""

from __future__ import annotations

import hashlib
import json
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest

from releasectl import lock as locks
from releasectl.cli.main import guarded
from releasectl.cli.wiring import Workspace
from releasectl.errors import BackendUnreachable, InvalidInput, UsageError
from releasectl.model import Missing
from releasectl.past import Standing
from releasectl.plan.values import Plan
from releasectl.ports import Cluster
from releasectl.render import check, render
from releasectl.report import revert as report
from releasectl.revert import Proof, Verdict, prove
from tests.builder import commit_id, environment_yaml
from tests.story import ADA, BOB, Story

ONE, TWO, THREE = commit_id("one"), commit_id("two"), commit_id("three")
PATH = "releases/production/income.yaml"


@pytest.fixture
def story(tmp_path: Path) -> Story:
    return Story(tmp_path)


def snapshot(root: Path) -> dict[str, str]:
    """Every file, those of .git among them."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def proof(story: Story, revision: str = "HEAD", **options: Any) -> Proof:
    """And nothing is touched: not a file, not an object, not a lock, nor anything on the cluster."""
    files = snapshot(story.root)
    story.cluster.forget_writes()
    found = prove(
        story.root, revision, lambda _: story.cluster.ports, now=story.cluster.clock.now(), **options
    )
    assert snapshot(story.root) == files
    assert story.cluster.writes == []
    return found


def moves(found: Proof) -> dict[str, tuple[str | None, str | None]]:
    def model(standing: Standing | Missing) -> str | None:
        return None if isinstance(standing, Missing) else standing.model

    return {move.target: (model(move.before), model(move.after)) for move in found.moves}


def obey(story: Story, found: Proof) -> None:
    """Type what the proof says, but for the applies."""
    for command in found.commands:
        if command.startswith("releasectl prove-revert"):
            (story.root / "revert.patch").write_text(found.patch)
        elif command.startswith("releasectl apply"):
            continue
        elif command.startswith("git revert"):
            story.revert(*reversed(command.split()[3:] or ["HEAD"]))
        else:
            story.cluster.clock.sleep(60)
            for part in command.split(" && "):
                words = shlex.split(part)
                if words[0] == "git":
                    story.git(*words[1:])
                else:
                    subprocess.run(words, cwd=story.root, check=True)
    check(story.root, render(story.load()))
    assert story.git("status", "--porcelain") == ""


def test_a_second_release_goes_back_to_the_first(story: Story) -> None:
    story.released("one")
    story.apply()
    live = story.serving()
    second = story.released("two")
    story.apply()
    assert story.serving() != live
    found = proof(story)
    assert found.verdict is Verdict.SAFE
    assert moves(found) == {"production/income": (TWO, ONE)}
    assert found.moves[0].as_before
    assert found.commands == (f"git revert --no-edit {second[:12]}", "releasectl apply production")
    plan = found.plans["production"]
    assert isinstance(plan, Plan)
    assert "branch copy_models@production" in {change.resource for change in plan.changes}
    obey(story, found)
    story.apply()
    after = story.serving()
    assert after["spec"] == live["spec"]
    assert story.cluster.data.heads["copy_models"]["production"] == ONE


def test_the_report(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    story.released("one")
    story.apply()
    second = story.released("two")
    story.apply()
    lines = click.unstyle(report.as_text(proof(story))).splitlines()
    assert lines[0].startswith(f"{second[:12]} Release two to production  {ADA}, 2026-01-02 ")
    assert lines[1:5] == [
        "✓ safe to revert",
        "",
        "what serves",
        f"  production/income  {TWO[:12]}  →  {ONE[:12]}  manifest as before, byte for byte",
    ]
    assert "what `apply production` would do" in lines
    assert f"  $ git revert --no-edit {second[:12]}" in lines
    told = json.loads(report.as_json(proof(story)))
    assert (told["ok"], told["verdict"], told["commands"][0]) == (True, "safe", lines[-2].strip()[2:])


def test_the_first_release_is_removed_with_a_warning(story: Story) -> None:
    story.released("one")
    story.apply()
    found = proof(story)
    assert found.verdict is Verdict.SAFE
    assert moves(found) == {"production/income": (ONE, None)}
    assert any(
        "its deployment is deleted, and nothing answers there any more" in note for note in found.notes
    )
    obey(story, found)
    story.apply()
    assert story.serving() is None


def revoke(story: Story, commit: str, message: str = "Revoke") -> str:
    entry = f"  - commit: {commit}\n    reason: bought labels\n    owner: credit-risk\n    date: 2026-01-01\n"
    story.mini.write("releases/revoked.yaml", "revoked:\n" + entry)
    return story.commit(message)


def test_a_revert_is_reverted_unless_the_model_is_revoked(story: Story) -> None:
    story.released("one")
    second = story.released("two")
    back = story.revert(second)
    found = proof(story)
    assert (found.verdict, moves(found)) == (Verdict.SAFE, {"production/income": (ONE, TWO)})
    assert any(note.startswith(f"{back[:12]} took back {second[:12]}") for note in found.notes)
    revoke(story, commit_id("dataset of two"))
    found = proof(story, back)
    assert found.verdict is Verdict.UNSAFE
    (reason,) = found.reasons
    assert (
        f"made from income_data@{commit_id('dataset of two')}, which is revoked since 2026-01-01"
        in reason.what
    )
    assert found.commands == ()
    assert "✗ not safe to revert" in report.as_text(found)


def test_a_revocation_is_not_taken_back(story: Story) -> None:
    """One commit puts model 1 back in place and revokes model 2: reverting it would serve model 2 again."""
    story.released("one")
    story.released("two")
    story.release("one")
    both = revoke(story, TWO, "Back to one, and never again two")
    found = proof(story, both)
    assert found.verdict is Verdict.UNSAFE
    assert "releases/revoked.yaml stays as it is in HEAD: a revert takes no revocation back" in found.notes
    assert "which is revoked" in found.reasons[0].what


def test_a_merge_of_several_releases(story: Story) -> None:
    for environment in ("production", "staging"):
        story.released("one", environment)
    story.git("checkout", "-q", "-b", "two")
    story.released("two", "staging")
    story.released("two", "production")
    story.git("checkout", "-q", "main")
    story.git("merge", "-q", "--no-ff", "-m", "Merge two", "two")
    found = proof(story)
    assert found.verdict is Verdict.SAFE
    assert moves(found) == {"production/income": (TWO, ONE), "staging/income": (TWO, ONE)}
    assert found.subject.mainline == 1
    assert found.commands[0] == f"git revert --no-edit -m 1 {found.subject.commit.short}"
    assert any("is a merge: `-m 1` keeps that side" in note for note in found.notes)
    assert any("touches 2 releases, and they go back together" in note for note in found.notes)
    assert [*found.plans] == ["production", "staging"]
    with pytest.raises(UsageError, match="merges 2 lines, there is no number 3"):
        proof(story, mainline=3)
    story.git("revert", "--no-edit", "-m", "1", "HEAD")
    check(story.root, render(story.load()))


def with_replicas(story: Story, count: int) -> str:
    """A later edit in the line below the model: git cannot take the model back past it."""
    path = story.root / PATH
    path.write_text(path.read_text() + f"replicas: {count}\n")
    story.render()
    return story.commit(f"{count} replicas")


def test_a_later_edit_of_another_field_stays(story: Story) -> None:
    story.released("one")
    second = story.released("two")
    later = with_replicas(story, 3)
    story.git("revert", "--no-commit", second, check=False)
    assert "<<<<<<<" in (story.root / PATH).read_text(), "git alone is helpless here"
    story.git("revert", "--abort")
    found = proof(story, second)
    assert found.verdict is Verdict.SAFE
    assert moves(found) == {"production/income": (TWO, ONE)}
    conflict = next(each for each in found.conflicts if each.path == PATH)
    assert [commit.id for commit in conflict.later] == [later]
    assert conflict.resolved == (
        "computed field by field: what the commit set is as before, what later commits set stays"
    )
    assert found.commands[0] == f"releasectl prove-revert {second[:12]} --patch revert.patch"
    obey(story, found)
    (release,) = story.load().releases_in("production")
    assert (release.model, release.replicas) == (ONE, 3)


def test_a_later_edit_of_the_same_field_is_explained(story: Story) -> None:
    story.released("one")
    second = story.released("two")
    third = story.released("three")
    found = proof(story, second)
    assert found.verdict is Verdict.UNSAFE
    reason = next(each for each in found.reasons if each.where == PATH)
    assert reason.what == (
        f"{third[:12]} (Release three to production) changed it after {second[:12]}: "
        f"`model` was made {TWO}, and is {THREE} since"
    )
    assert reason.remedy == (
        f"revert what came later first: `git revert {third[:12]} {second[:12]}`, "
        "or name the commit that should serve with `releasectl release`"
    )
    assert found.commands == ()
    assert found.patch == ""


def test_the_first_release_after_later_edits_is_explained(story: Story) -> None:
    first = story.released("one")
    with_replicas(story, 3)
    found = proof(story, first)
    assert found.verdict is Verdict.UNSAFE
    assert "the commit created it, and later commits changed it" in found.reasons[0].what


def test_a_conflict_elsewhere_is_for_a_person(story: Story) -> None:
    story.released("one")
    story.mini.write("README.md", "one\n")
    story.train("two")
    story.release("two")
    second = story.commit("Release two, and say so")
    story.mini.write("README.md", "two\n")
    story.commit("Say more")
    story.mini.write("README.md", "three\n")
    found = proof(story, story.commit("x") and second)
    assert found.verdict is Verdict.UNSAFE
    assert "only a person knows what it should say" in found.reasons[0].what


def test_generated_text_that_drifted_is_rendered_anew(story: Story) -> None:
    """What was committed with the first release is not what the generators make today."""
    story.train("one")
    story.release("one")
    rendered = story.root / "environments/production/rendered/income.yaml"
    rendered.write_text(rendered.read_text().replace("mode: all", "mode: request"))
    story.commit("Release one, by older generators")
    second = story.released("two")
    found = proof(story)
    assert found.verdict is Verdict.SAFE
    assert any(note.startswith("rendered anew, because the text alone") for note in found.notes)
    assert any("is not byte for byte as it was" in note for note in found.notes)
    assert not found.moves[0].as_before
    assert found.commands[0].startswith(f"releasectl prove-revert {second[:12]} --patch")
    obey(story, found)


def test_a_lock_that_another_release_needs_is_kept(story: Story) -> None:
    """The first commit that released model 2 brought its lock; production needs it, too, by now."""
    story.released("one", "staging")
    first = story.released("two", "staging")
    story.release("two", "production")
    story.commit("Release two to production")
    story.git("revert", "--no-commit", first)
    with pytest.raises(InvalidInput, match="has no lock"):
        story.load()
    story.git("revert", "--abort")
    found = proof(story, first)
    assert found.verdict is Verdict.SAFE
    assert any(
        note.startswith(f"{locks.path_of(TWO)} is kept, because {PATH} needs it") for note in found.notes
    )
    obey(story, found)
    assert {release.model for release in story.load().releases} == {ONE, TWO}


def test_a_lock_that_was_tidied_away_comes_back(story: Story) -> None:
    story.released("one")
    second = story.released("two")
    (story.root / locks.path_of(ONE)).unlink()
    story.commit("Tidy up")
    found = proof(story, second)
    assert found.verdict is Verdict.SAFE
    obey(story, found)
    assert story.load().locks[ONE].commit == ONE


def test_a_commit_that_is_taken_back_already(story: Story) -> None:
    story.released("one")
    second = story.released("two")
    back = story.revert(second)
    found = proof(story, second)
    assert found.verdict is Verdict.SAFE
    assert moves(found) == {"production/income": (ONE, ONE)}
    assert any(f"is as before already since {back[:12]}" in note for note in found.notes)


def test_a_trial_goes_back_step_by_step(story: Story) -> None:
    story.released("one")
    story.apply()
    story.released("two", strategy="shadow")
    story.apply()
    shadow = story.serving()
    story.step("promote")
    story.apply()
    found = proof(story)
    assert found.verdict is Verdict.SAFE
    obey(story, found)
    story.apply()
    assert story.serving()["spec"] == shadow["spec"]


LOST: dict[str, tuple[Callable[[Story], Any], str]] = {
    "the commit": (
        lambda story: story.cluster.data.states.pop(("copy_models", ONE)),
        f"Pachyderm has no commit {ONE} in copy_models",
    ),
    "a file": (
        lambda story: story.cluster.data.contents["copy_models", ONE].pop("/income/model.joblib"),
        "/income/model.joblib is in the lock and not in Pachyderm's commit",
    ),
    "what a file held": (
        lambda story: story.cluster.data.contents["copy_models", ONE].update(
            {"/income/model.joblib": b"MODEL.joblib of one"}
        ),
        "/income/model.joblib has sha256",
    ),
}


@pytest.mark.parametrize("what", LOST)
def test_what_pachyderm_lost_is_missed(story: Story, what: str) -> None:
    story.released("one")
    story.released("two")
    lose, message = LOST[what]
    lose(story)
    found = proof(story)
    assert found.verdict is Verdict.UNSAFE
    assert found.reasons[0].what.startswith(message)


class Silent:
    def __getattr__(self, name: str) -> Any:
        raise BackendUnreachable.at("pachd", "no answer", "start it")


def test_what_cannot_be_asked_is_not_proven(story: Story) -> None:
    story.released("one")
    story.released("two")
    silent: Any = Silent()
    found = prove(
        story.root, "HEAD", lambda _: Cluster(silent, silent, silent), now=story.cluster.clock.now()
    )
    assert found.verdict is Verdict.UNPROVEN
    assert [problem.what for problem in found.unseen] == ["no answer"]
    assert "not everything could be looked at" in report.as_text(found)


def test_policy_of_today_judges_the_state_of_yesterday(story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
    from policies import request_log
    from releasectl.policy import Breach

    story.released("one")
    story.released("two")

    def judge(case: Any, **_: Any) -> Any:
        if case.release.model == ONE:
            yield Breach("/model", "is too old", "release a newer one")

    monkeypatch.setattr(request_log, "judge", judge)
    found = proof(story)
    assert found.verdict is Verdict.UNSAFE
    assert [reason.what for reason in found.reasons] == ["LOG-001: is too old"]


def test_training_data_that_stays_behind_is_named(story: Story) -> None:
    """Reverting the release alone leaves the vendor's data where it trains."""
    story.released("one")
    story.train("two")
    story.release("two")
    dataset = commit_id("dataset of two")
    story.commit("Release two")
    text = f"repo: income_data\nbranch: master\ncommit: {dataset}\n"
    story.mini.write("pipelines/income/training.yaml", text)
    story.commit("Train on it, too")
    found = proof(story, "HEAD~1")
    assert any(
        f"still names income_data@{dataset[:12]}, which made the model" in note for note in found.notes
    )


def test_uncommitted_changes_are_no_part_of_it(story: Story) -> None:
    story.released("one")
    story.released("two")
    story.mini.write(PATH, "not even YAML: [")
    found = proof(story)
    assert found.verdict is Verdict.SAFE
    assert f"uncommitted changes are not part of this proof: {PATH}" in found.notes


def test_a_commit_without_a_release(story: Story) -> None:
    story.released("one")
    story.mini.write("environments/staging/environment.yaml", environment_yaml("staging") + "# hello\n")
    story.commit("Say hello")
    with pytest.raises(
        InvalidInput, match=r"touches no release: it changes environments/staging/environment\.yaml"
    ):
        proof(story)
    story.commit("Nothing at all")
    with pytest.raises(InvalidInput, match="touches no release: it changes nothing"):
        proof(story)


@pytest.mark.parametrize("revision", ["nonsense", "-n", "HEAD~99", ""])
def test_an_unknown_revision(story: Story, revision: str) -> None:
    with pytest.raises(UsageError, match="git knows no commit of this name"):
        proof(story, revision)


def test_what_cannot_be_reverted_here(story: Story, tmp_path_factory: pytest.TempPathFactory) -> None:
    with pytest.raises(InvalidInput, match="is the first commit of the repository"):
        proof(story)
    story.git("checkout", "-q", "-b", "side")
    elsewhere = story.released("one")
    story.git("checkout", "-q", "main")
    with pytest.raises(InvalidInput, match="is not part of HEAD"):
        proof(story, elsewhere)
    story.git("checkout", "-q", "side")
    with pytest.raises(UsageError, match="is no merge"):
        proof(story, mainline=2)
    empty = tmp_path_factory.mktemp("empty")
    with pytest.raises(InvalidInput, match="is no git repository"):
        prove(empty, "HEAD", lambda _: story.cluster.ports, now=story.cluster.clock.now())
    subprocess.run(["git", "init", "-q", str(empty)], check=True)
    with pytest.raises(InvalidInput, match="has no commit yet"):
        prove(empty, "HEAD", lambda _: story.cluster.ports, now=story.cluster.clock.now())


def test_a_shallow_clone_says_so(story: Story, tmp_path_factory: pytest.TempPathFactory) -> None:
    story.released("one")
    story.released("two")
    story.released("three")
    clone = tmp_path_factory.mktemp("clone") / "repository"
    for depth, outcome in ((3, Verdict.SAFE), (1, None)):
        target = clone.with_name(f"depth-{depth}")
        story.git("clone", "-q", "--depth", str(depth), f"file://{story.root}", str(target))
        ask = lambda: prove(target, "HEAD", lambda _: story.cluster.ports, now=story.cluster.clock.now())  # noqa: B023, E731
        if outcome:
            assert ask().verdict is outcome
        else:
            with pytest.raises(InvalidInput, match="is the oldest commit of a shallow clone"):
                ask()


def test_in_a_linked_worktree_and_in_a_folder_of_a_larger_repository(
    story: Story, tmp_path_factory: pytest.TempPathFactory
) -> None:
    story.released("one")
    story.released("two")
    linked = tmp_path_factory.mktemp("linked") / "tree"
    story.git("worktree", "add", "-q", "--detach", str(linked), "HEAD")
    found = prove(linked, "HEAD", lambda _: story.cluster.ports, now=story.cluster.clock.now())
    assert found.verdict is Verdict.SAFE
    larger = tmp_path_factory.mktemp("larger")
    subprocess.run(["git", "init", "-q", "-b", "main", str(larger)], check=True)
    inner = Story(larger / "inner", cluster=story.cluster)
    (larger / "inner/.git").rename(larger / "discarded")
    inner.git("add", "-A")
    inner.git("commit", "-q", "-m", "All at once")
    inner.released("one")
    inner.released("two")
    found = proof(inner)
    assert (found.verdict, moves(found)) == (Verdict.SAFE, {"production/income": (TWO, ONE)})


def test_the_command_line(
    story: Story, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    story.released("one")
    second = story.released("two")
    monkeypatch.setattr(Workspace, "cluster", lambda *_: story.cluster.ports)
    patch = tmp_path.parent / f"{tmp_path.name}.patch"
    assert guarded(["-C", str(story.root), "prove-revert", "--patch", str(patch)]) == 0
    assert "✓ safe to revert" in capsys.readouterr().out
    assert f"-model: {TWO}" in patch.read_text()
    assert guarded(["-C", str(story.root), "prove-revert", "nonsense", "--format", "json"]) == 2
    assert json.loads(capsys.readouterr().out)["problems"][0]["where"] == "nonsense"
    revoke(story, ONE)
    assert guarded(["-C", str(story.root), "prove-revert", second]) == 10
    silent: Any = Silent()
    monkeypatch.setattr(Workspace, "cluster", lambda *_: Cluster(silent, silent, silent))
    story.mini.write("releases/revoked.yaml", "revoked: []\n")
    story.commit("A mistake")
    assert guarded(["-C", str(story.root), "prove-revert", second]) == 4


@pytest.mark.parametrize("author", [ADA, BOB])
def test_odd_words_in_a_commit_stay_words(story: Story, author: str) -> None:
    """A subject travels into a command that people paste."""
    story.released("one")
    story.train("two")
    story.release("two")
    second = story.commit('it\'s $(touch owned) "two" `x`; rm -rf / \x1b[31m', author)
    with_replicas(story, 2)
    found = proof(story, second)
    obey(story, found)
    assert not (story.root / "owned").exists()
