"""Every link matched, each contradicted in its turn, and unknown when nobody answers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from releasectl.errors import BackendUnreachable
from releasectl.ports import Cluster
from releasectl.verify import Verdict, verify
from tests.unit.flow.applies import MODEL_1, ONE, applied, forged
from tests.unit.flow.fake_pachyderm import commit_id
from tests.unit.flow.fake_seldon import FakeInference
from tests.unit.flow.trainings import NEW_DATA
from tests.unit.flow.trainings import applied as pipelines_applied
from tests.unit.flow.world import DATASET, SPECS, Wish, manifest, rendered_pipelines, spec


@pytest.fixture
def scene(tmp_path: Path):
    """A world in which model 1 serves and the rendered files are on the disk."""
    world, repository, rendered = applied(ONE)
    for file in rendered:
        path = tmp_path / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text)
    return world, replace(repository, root=str(tmp_path)), rendered


def verdicts(scene, ports=None):
    world, repository, rendered = scene
    found = verify("production", repository, rendered, ports or world.cluster.ports)
    return {link.name: link.verdict for chain in found.chains for link in chain.links}, found


def test_everything_matches_after_an_apply(scene) -> None:
    links, found = verdicts(scene)
    assert set(links.values()) == {Verdict.MATCHED}
    assert list(links) == [
        "model: lock",
        "model: lineage",
        "model: files",
        "model: evidence",
        "rendered files",
        "live object",
        "readiness",
        "detectors",
        "deployed branch",
        "prediction",
        "nothing else",
    ]
    assert found.exit_code == 0


def forge_weights(world, _):
    world.cluster.data.contents["copy_models", MODEL_1]["/income/model.joblib"] = b"forged"


def drop_commit(world, _):
    del world.cluster.data.states["copy_models", MODEL_1]


def edit_rendered(_, repository):
    (Path(repository.root) / "environments/production/rendered/income.yaml").write_text("edited")


def edit_live(world, _):
    world.cluster.serving.objects["creditco-production", "income"]["spec"]["predictors"][0]["replicas"] = 5


def limit_live(world, _):
    metadata = world.cluster.serving.objects["creditco-production", "income"]["metadata"]
    metadata.setdefault("annotations", {})["seldon.io/rest-timeout"] = "1"


def fail_live(world, _):
    world.cluster.serving.failing[MODEL_1] = "out of memory"


def drop_detector(world, _):
    del world.cluster.serving.kept["creditco-production", "income"]["income-drift"]


def move_branch(world, _):
    world.cluster.data.heads["copy_models"]["production"] = commit_id("model 2")


def add_stranger(world, repository):
    extra = manifest("extra", repository.environments["production"], Wish())
    world.cluster.serving.create("creditco-production", extra)


@pytest.mark.parametrize(
    ("break_it", "broken"),
    [
        (forge_weights, {"model: files"}),
        (drop_commit, {"model: lineage"}),
        (edit_rendered, {"rendered files"}),
        (edit_live, {"live object"}),
        (limit_live, {"live object"}),
        (fail_live, {"readiness"}),
        (drop_detector, {"detectors"}),
        (move_branch, {"deployed branch"}),
        (add_stranger, {"nothing else"}),
    ],
)
def test_each_contradiction_is_found_where_it_is(scene, break_it, broken) -> None:
    break_it(*scene[:2])
    links, found = verdicts(scene)
    assert {name for name, verdict in links.items() if verdict is Verdict.CONTRADICTED} == broken
    assert found.exit_code == 11


def test_a_model_that_answers_for_another_is_found(scene) -> None:
    world, _, _ = scene

    class Liar(FakeInference):
        def infer(self, *_request):
            return {"model_version": commit_id("model 2"), "outputs": []}

    ports = Cluster(world.cluster.data, world.cluster.serving, Liar(world.cluster.serving))
    links, _ = verdicts(scene, ports)
    assert links["prediction"] is Verdict.CONTRADICTED


def test_a_lock_that_was_edited_is_found(scene) -> None:
    world, repository, rendered = scene
    lock = repository.locks[MODEL_1]
    edited = replace(lock, evidence={"metrics": {"accuracy": 1.0}})
    links, _ = verdicts((world, replace(repository, locks={MODEL_1: edited}), rendered))
    assert links["model: lock"] is Verdict.CONTRADICTED


def test_a_lock_whose_evidence_was_edited_and_signed_anew_is_found(scene) -> None:
    world, repository, rendered = scene
    edited = forged(repository.locks[MODEL_1], evidence={"metrics": {"calibration": {"slope": 1.0}}})
    links, found = verdicts((world, replace(repository, locks={MODEL_1: edited}), rendered))
    assert {name for name, verdict in links.items() if verdict is Verdict.CONTRADICTED} == {"model: evidence"}
    (detail,) = (
        link.detail for chain in found.chains for link in chain.links if link.name == "model: evidence"
    )
    assert "evidence/metrics.json calibration/slope: the lock says 1.0, Pachyderm's file 0.57" in detail


class Deaf:
    """A backend that does not answer."""

    def __getattr__(self, name: str):
        def unreachable(*_arguments):
            raise BackendUnreachable.at(name, "does not answer", "start it")

        return unreachable


def test_who_does_not_answer_leaves_only_its_own_links_unknown(scene) -> None:
    world, _, _ = scene
    ports = world.cluster.ports
    links, found = verdicts(scene, replace(ports, inference=Deaf()))
    assert {name for name, verdict in links.items() if verdict is not Verdict.MATCHED} == {"prediction"}
    assert found.exit_code == 4
    links, _ = verdicts(scene, replace(ports, data=Deaf()))
    unknown = {name for name, verdict in links.items() if verdict is Verdict.UNKNOWN}
    assert unknown == {"model: lineage", "model: files", "model: evidence", "deployed branch"}
    drop_detector(*scene[:2])
    assert verdicts(scene, replace(ports, data=Deaf()))[1].exit_code == 11


def test_pipelines_match_and_contradict() -> None:
    world = pipelines_applied()
    repository, rendered = world.repository(dataset=DATASET), rendered_pipelines(SPECS)
    assert verify("pipelines", repository, rendered, world.cluster.ports).exit_code == 0
    moved = verify("pipelines", world.repository(dataset=NEW_DATA), rendered, world.cluster.ports)
    wrong = [link for chain in moved.chains for link in chain.links if link.verdict is Verdict.CONTRADICTED]
    assert [link.name for link in wrong] == ["training head"]
    other = rendered_pipelines((spec("income_training", "income_data", image="other:1"), *SPECS[1:]))
    found = verify("pipelines", repository, other, world.cluster.ports)
    wrong = [link for chain in found.chains for link in chain.links if link.verdict is Verdict.CONTRADICTED]
    assert [link.detail for link in wrong] == ["differs in transform.image"]
    jobs = world.cluster.data.runs["copy_models"]
    jobs[0] = replace(jobs[0], state="failure", reason="no space")
    assert verify("pipelines", repository, rendered, world.cluster.ports).exit_code == 11
    jobs[0] = replace(jobs[0], state="running", datums_done=-5)
    assert verify("pipelines", repository, rendered, world.cluster.ports).exit_code == 4
