"""What is ours is not said by whoever releases it: pipelines and images count once they are merged."""

from __future__ import annotations

from typing import Any

import pytest

from releasectl.basejudge import commits_before, judged_before
from releasectl.errors import PolicyDenied
from releasectl.ours import repository
from tests.attacks.conftest import NOW, V1, V3, Repo, rules_of, told

NAMES = (
    "copy_models",
    "income_drift",
    "income_evaluation",
    "income_explainer",
    "income_outlier",
    "income_training",
)
TRIAL = f"strategy: {{type: shadow, candidate: {V3}}}\n"


def by_strangers(lock: dict[str, Any]) -> None:
    for upstream in lock["lineage"]:
        if made := upstream.get("pipeline"):
            made["image"] = f"evil.example/{made['name']}:6.6.6"


def by_another_pipeline(lock: dict[str, Any]) -> None:
    """The same names, and one more that only this pull request has."""
    upstream = next(each for each in lock["lineage"] if each["repo"] == "income_drift")
    upstream["repo"] = upstream["pipeline"]["name"] = "my_drift"


def list_their_images(repo: Repo) -> None:
    lines = "".join(f"x{number}: evil.example/{name}:1.0.0\n" for number, name in enumerate(NAMES))
    images = repo.root / "pipelines/images.yaml"
    images.write_text(images.read_text() + lines)


def test_images_count_once_they_are_merged(repo: Repo) -> None:
    list_their_images(repo)
    widened = repo.commit("images")
    repo.lock("v3", by_strangers)
    repo.release(V1, extra=TRIAL)
    repo.commit("a release of what they made")
    found = repo.judged()
    assert rules_of(found) == {"ORIG-001"}
    assert told(found).count("the image evil.example/") == len(NAMES)
    assert "ORIG-001" not in rules_of(repo.judged(widened))


@pytest.mark.parametrize("committed", [True, False])
def test_an_apply_takes_what_is_ours_from_the_commit_before(repo: Repo, committed: bool) -> None:
    """Whoever pushes both at once has nobody's check of the pull request."""
    before = repo.git("rev-parse", "HEAD")
    list_their_images(repo)
    repo.lock("v3", by_strangers)
    repo.release(V1, extra=TRIAL)
    if committed:
        repo.commit("images, and a release of what they made")
    assert commits_before(repo.root) == (before,)
    with pytest.raises(PolicyDenied, match="ORIG-001") as caught:
        judged_before(repo.root, "production", now=NOW)
    assert f"(by the rules of {before[:12]})" in str(caught.value)


def test_an_apply_of_what_was_ours_before_asks_nobody(repo: Repo) -> None:
    list_their_images(repo)
    repo.commit("images")
    assert commits_before(repo.root) == ()
    repo.lock("v3", by_strangers)
    repo.release(V1, extra=TRIAL)
    repo.edit("pipelines/income/training.yaml", "branch: ", "branch:  ")
    repo.commit("a release of what they made, and a word about the data")
    assert commits_before(repo.root) == ()


def test_an_apply_takes_what_is_revoked_from_the_commit_before_as_well(repo: Repo) -> None:
    entry = f"{{commit: {V3}, reason: bought labels, owner: credit-risk, date: 2026-10-02}}"
    repo.mini.write("releases/revoked.yaml", f"revoked:\n- {entry}\n")
    repo.commit("revoke", "2026-10-02")
    repo.mini.write("releases/revoked.yaml", "revoked: []\n")
    repo.lock("v3")
    repo.release(V1, extra=TRIAL)
    repo.commit("and forget")
    with pytest.raises(PolicyDenied, match="REVO-001"):
        judged_before(repo.root, "production", now=NOW)


def test_pipelines_and_families_count_once_they_are_merged(repo: Repo) -> None:
    text = (repo.root / "pipelines/income/dag.jsonnet").read_text()
    drift = (repo.root / "pipelines/income/rendered/income_drift.yaml").read_text()
    repo.mini.write("pipelines/income/dag.jsonnet", text.replace("income_drift", "my_drift"))
    repo.mini.write("pipelines/income/rendered/my_drift.yaml", drift.replace("income_drift", "my_drift"))
    (repo.root / "pipelines/income/rendered/income_drift.yaml").unlink()
    merged = repo.commit("a pipeline has another name")
    repo.lock("v3", by_another_pipeline)
    repo.release(V1, extra=TRIAL)
    repo.commit("a release of what it made")
    before, after = repo.judged(), repo.judged(merged)
    assert "adds to what counts as ours the pipeline my_drift of the family income" in told(before)
    assert "none of ours: my_drift" in " ".join(each.message for each in before.denied)
    assert "my_drift" not in " ".join(each.message for each in after.denied)
    assert "none of ours: income_drift" in " ".join(each.message for each in after.denied)  # V1's: it is gone


def test_who_adds_a_pipeline_or_a_version_releases_nothing_by_that(repo: Repo) -> None:
    repo.edit("pipelines/images.yaml", "drift-trainer:1.0.0", "drift-trainer:1.1.0")
    repo.mini.write(
        "pipelines/images.yaml", (repo.root / "pipelines/images.yaml").read_text() + "new: a/new:1.0.0\n"
    )
    repo.commit("a trainer")
    found = repo.judged()
    assert found.exit_code == 0
    assert told(found) == "adds to what counts as ours the image a/new"


def test_the_repository_of_an_image() -> None:
    digest = "@sha256:" + "0" * 64
    for image in ("a/b:1.0.0", "a/b", f"a/b{digest}", f"a/b:1.0.0{digest}"):
        assert repository(image) == "a/b"
    assert repository("localhost:5000/a/b") == "localhost:5000/a/b"
