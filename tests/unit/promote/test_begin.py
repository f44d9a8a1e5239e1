"""How a trial begins, and what may not be one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from releasectl.cli.main import guarded
from releasectl.cli.wiring import Workspace
from releasectl.errors import InvalidInput, UsageError
from releasectl.model import Upstream
from releasectl.propose import propose
from tests.builder import CANDIDATE, DATASET, FEATURES, LENIENT, MODEL, Mini, commit_id, make_lock
from tests.story import Story, artefacts
from tests.unit.promote.trials import OTHER, PATH, begin, state, step, strategy, text

CHURN = """\
function(images)
  local spec(name, input) = {
    pipeline: { name: name },
    input: { pfs: { branch: 'master', glob: '/' } + input },
    transform: { image: images.income, cmd: ['true'] },
  };
  [
    spec('churn_training', { repo: 'churn_data' }),
    spec('churn_models', { repo: 'churn_training', empty_files: true }),
  ]
"""


def test_without_a_candidate_there_is_nothing_to_do(mini: Mini) -> None:
    before = text(mini)
    with pytest.raises(InvalidInput, match="has no candidate to promote: its strategy is direct"):
        step(mini)
    with pytest.raises(InvalidInput, match="has no trial to abort: its strategy is direct"):
        step(mini, "abort")
    assert text(mini) == before


def test_a_second_candidate_waits_for_the_end_of_the_first(mini: Mini) -> None:
    begin(mini, "shadow")
    before = text(mini)
    with pytest.raises(InvalidInput, match=rf"the candidate {CANDIDATE} is on trial already \(shadow\)"):
        begin(mini, "shadow", commit=OTHER)
    assert text(mini) == before


def test_no_other_model_is_released_while_a_candidate_is_on_trial_beside_it(mini: Mini) -> None:
    begin(mini, "canary")
    before = text(mini)
    said = rf"the candidate {CANDIDATE} is on trial beside the model, which must stay for that \(canary\)"
    with pytest.raises(InvalidInput, match=said) as error:
        begin(mini, "direct", commit=OTHER)
    assert "`releasectl abort production/income`" in error.value.problems[0].remedy
    assert text(mini) == before
    begin(mini, "direct", commit=MODEL)  # whose lock may be missing: this writes it again
    assert text(mini) == before


def test_the_candidate_cannot_be_released_past_its_trial(mini: Mini) -> None:
    begin(mini, "shadow")
    with pytest.raises(InvalidInput, match="is on trial here as the candidate"):
        begin(mini, "direct")


def test_beginning_again_changes_nothing(mini: Mini) -> None:
    begin(mini, "canary")
    step(mini)
    before = text(mini)
    begin(mini, "canary")
    assert text(mini) == before


def test_a_trial_may_change_its_kind(mini: Mini) -> None:
    begin(mini, "shadow")
    begin(mini, "canary")
    assert strategy(mini) == state("canary", 10)


def test_a_candidate_needs_a_model_beside_it(mini: Mini) -> None:
    with pytest.raises(InvalidInput, match="no model beside which"):
        propose(
            mini.root,
            environment="production",
            name="new",
            lock=make_lock(CANDIDATE),
            owner="credit-ml",
            strategy="shadow",
        )
    with pytest.raises(UsageError, match="no such environment"):
        propose(
            mini.root,
            environment="prod",
            name="new",
            lock=make_lock(CANDIDATE),
            owner=None,
            strategy="shadow",
        )


def test_the_model_is_no_candidate(mini: Mini) -> None:
    with pytest.raises(InvalidInput, match="the candidate is the model itself"):
        begin(mini, "shadow", commit=MODEL)


def test_other_columns_are_refused_with_the_difference(mini: Mini) -> None:
    before = text(mini)
    features: Mapping[str, Any] = {
        **FEATURES,
        "features": [*FEATURES["features"], {"name": "race", "type": "numeric"}],
    }
    with pytest.raises(InvalidInput, match="`race` is read by the candidate only"):
        begin(mini, "shadow", commit=OTHER, features=features)
    assert text(mini) == before
    assert not (mini.root / f"releases/models/{OTHER}.yaml").exists()


@pytest.fixture
def one_released(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Story:
    """A story whose cluster answers the command line."""
    story = Story(tmp_path_factory.mktemp("story"))
    story.begin()
    story.released("one")
    monkeypatch.setattr(Workspace, "cluster", lambda *_: story.cluster.ports)
    monkeypatch.setattr(Workspace, "data", lambda *_: story.cluster.ports.data)
    return story


def test_a_trial_begins_on_the_command_line(one_released: Story, capsys: pytest.CaptureFixture[str]) -> None:
    story = one_released
    story.train("two")
    command = ["-C", str(story.root), "release", "income", "--env", "production", "--commit", "latest"]
    assert guarded([*command, "--strategy", "canary"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    one, two = (commit_id(name)[:12] for name in ("one", "two"))
    assert told.startswith("production/income canary, explainer anchor-tabular")
    assert f"candidate beside the model {one} → {two}" in told
    (release,) = story.load().releases_in("production")
    assert (release.model[:12], release.strategy.candidate, release.strategy.traffic) == (
        one,
        commit_id("two"),
        10,
    )
    assert guarded([*command, "--strategy", "canary", "--format", "json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["candidate"], again["written"]) == (commit_id("two"), [])


def test_a_misspelt_name_and_another_owner_are_no_release(
    one_released: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    def release(name: str, *options: str) -> tuple[int, str]:
        command = ["release", name, "--env", "staging", "--commit", "latest", *options]
        code = guarded(["-C", str(one_released.root), *command])
        return code, "".join(capsys.readouterr())

    code, told = release("incom")
    assert (code, "did you mean `income`? If not, name one: --owner TEAM" in told) == (2, True)
    code, told = release("incom", "--owner", "credit-ml")
    assert (code, "! there was no release `incom` yet: did you mean `income`?" in told) == (0, True)
    code, told = release("income", "--owner", "credit-ml")
    assert (code, "did you mean" in told) == (0, False)
    code, told = release("income", "--owner", "nobody")
    assert (code, "--owner nobody: the owner is credit-ml already" in told) == (2, True)


def test_no_trial_beside_a_model_that_pachyderm_does_not_have(
    one_released: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    story, one = one_released, commit_id("one")
    story.train("two")
    before = (story.root / PATH).read_text()
    del story.cluster.data.states["copy_models", one]
    command = ["-C", str(story.root), "release", "income", "--env", "production", "--commit", "latest"]
    assert guarded([*command, "--strategy", "shadow"]) == 3
    told = capsys.readouterr()
    assert f"Pachyderm has no commit {one} in copy_models" in told.err
    assert "README.md has the way from an empty cluster" in told.err
    assert (told.out, (story.root / PATH).read_text()) == ("", before)
    assert guarded(command) == 0


def test_a_second_family_is_released_from_where_its_dag_gathers(
    one_released: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    story, data = one_released, one_released.cluster.data
    story.mini.write("pipelines/churn/training.yaml", f"repo: churn_data\nbranch: master\ncommit: {OTHER}\n")
    story.mini.write("pipelines/churn/dag.jsonnet", CHURN)
    files = {path.replace("/income/", "/churn/"): content for path, content in artefacts("churn").items()}
    data.add("churn_models", "master", OTHER, files)
    data.ancestry["churn_models", OTHER] = (Upstream("churn_data", "master", DATASET),)
    command = ["-C", str(story.root), "release", "churn", "--env", "staging", "--owner", "retention"]
    assert guarded([*command, "--commit", "latest"]) == 0, capsys.readouterr()
    lock = story.load().locks[OTHER]
    assert (lock.repo, lock.path) == ("churn_models", "/churn")
    story.commit("Release churn")
    data.add("copy_models", "master", OTHER, artefacts("income"))
    data.ancestry["copy_models", OTHER] = (Upstream("income_data", "master", DATASET),)
    capsys.readouterr()
    assert guarded(["-C", str(story.root), "release", "income", "--env", "staging", "--commit", OTHER,
                    "--owner", "credit-ml"]) == 3  # fmt: skip
    told = capsys.readouterr().err
    assert "/income of copy_models and /churn of churn_models were trained together" in told
    path = story.root / f"releases/models/{OTHER}.yaml"
    assert story.load().locks[OTHER] == lock
    path.write_text(path.read_text().replace("churn_data", "other_data"))
    assert guarded([*command, "--commit", "latest"]) == 0, "an edited lock is written again"
    assert story.load().locks[OTHER] == lock
    story.apply("staging")
    assert data.branches("churn_models") == {"master": OTHER, "staging": OTHER}


def test_a_release_that_changes_nothing(one_released: Story, capsys: pytest.CaptureFixture[str]) -> None:
    story = one_released
    command = ["-C", str(story.root), "release", "income", "--env", "production", "--commit", "latest"]
    assert guarded(command) == 0
    story.commit("everything that was written")
    assert guarded(command) == 0
    assert "nothing changes: the files say so already" in capsys.readouterr().out
    assert guarded([*command, "--pr"]) == 2
    assert "there is nothing to commit: HEAD says so already" in capsys.readouterr().err


def test_a_refused_release_names_what_there_is_instead_of_a_lock_that_is_not_written(
    one_released: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    story, two = one_released, one_released.train("two")
    story.mini.write(
        "environments/production/policy.yaml", LENIENT.replace("CARD-001: off", "CARD-001: deny")
    )
    command = ["-C", str(story.root), "release", "income", "--env", "production", "--commit", "latest"]
    assert guarded(command) == 10
    told = capsys.readouterr().out
    assert f"seen in copy_models@{two}:/income/evidence/card.yaml" in told
    assert "(line " not in told
    assert guarded([*command, "--format", "json"]) == 10
    seen = {each["evidence"] for each in json.loads(capsys.readouterr().out)["findings"] if each["evidence"]}
    assert f"copy_models@{two}:/income/evidence/groups.json:1:1" in seen
    assert not (story.root / f"releases/models/{two}.yaml").exists()
    story.release("two", "staging")
    assert guarded(command) == 10
    told = capsys.readouterr().out
    assert f"seen in releases/models/{two}.yaml" in told, "it is there now"
    assert "(line " in told


def test_an_environment_that_is_not_committed_comes_first(
    one_released: Story, capsys: pytest.CaptureFixture[str]
) -> None:
    """Together with the release, an apply would refuse it: nobody had judged it by the rules of before."""
    story = one_released
    story.train("two")
    command = ["-C", str(story.root), "release", "income", "--env", "production", "--commit", "latest"]
    environment = story.root / "environments/production/environment.yaml"
    text = environment.read_text()
    environment.write_text(f"{text}# a new limit\n")
    assert guarded(command) == 0
    assert "environments/production/environment.yaml is not committed as it is" in capsys.readouterr().err
    environment.write_text(text)
    story.mini.release("income", "production", commit_id("one"))
    assert guarded(command) == 0
    assert capsys.readouterr().err == ""
