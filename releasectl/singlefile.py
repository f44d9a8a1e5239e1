"""Single files, read without the rest: the platform to reach, and what names it."""

from __future__ import annotations

from pathlib import Path

from generators.schemas import ENVIRONMENT_SCHEMA
from releasectl import lock, repo
from releasectl.doors import port_problems
from releasectl.errors import InvalidInput, Problem, UsageError
from releasectl.model import Lock, Platform, Source, Training
from releasectl.reading import CARD_SCHEMA, validated
from releasectl.schema import did_you_mean

FOLDER = "environments/platforms"
SCHEMA = "environments/platform.schema.json"


def load_platform(root: Path, name_or_file: str) -> Platform:
    """Reads that one file only, so that a broken release never keeps anybody from stopping a sandbox."""
    known = sorted(path.stem for path in (root / FOLDER).glob("*.yaml"))
    if name_or_file in known:
        return _sound(platform_from(name_or_file, _read(root, f"{FOLDER}/{name_or_file}.yaml", SCHEMA)))
    path = Path(name_or_file)
    if path.is_file():
        return _sound(platform_from(path.stem, _read(Path(), name_or_file, SCHEMA)))
    raise UsageError.at(
        f"--platform {name_or_file}",
        f"there is neither {FOLDER}/{name_or_file}.yaml nor a file of that name",
        did_you_mean(name_or_file, known),
    )


def platform_of(root: Path, environment: str) -> str | None:
    """The platform that an environment names, or None where there is no such environment."""
    path = f"environments/{environment}/environment.yaml"
    if not (root / path).is_file():
        return None
    return str(_read(root, path, ENVIRONMENT_SCHEMA).data["platform"])


def read_training(root: Path, file: str) -> Training:
    """What a training.yaml trains on."""
    source = _read(root, file, "pipelines/training.schema.json")
    return Training(source.data["repo"], source.data["branch"], source.data["commit"], source)


def vouched(root: Path, file: str) -> frozenset[str]:
    """The digests of the datasets that a card.yaml vouches for."""
    return frozenset(each["sha256"] for each in _read(root, file, CARD_SCHEMA).data["datasets"])


def read_lock(root: Path, commit: str) -> Lock:
    """The lock of a model commit, whole and as the tool wrote it."""
    source = _read(root, lock.path_of(commit), "releases/lock.schema.json")
    if source.data["digest"] != lock.digest_of(source.data) or source.data["commit"] != commit:
        what = "the lock was edited: its content does not have the digest that the tool wrote"
        raise InvalidInput.at(source.place("/digest"), what, "take the file back from git")
    return lock.from_source(source)


def platform_from(name: str, source: Source) -> Platform:
    """A platform file that has passed its schema."""
    data = source.data
    return Platform(
        name=name,
        pachd=data["pachd"],
        pachd_tls=data.get("pachd_tls", False),
        pachd_token_env=data.get("pachd_token_env"),
        s3=data["s3"],
        seldon_deploy=data["seldon_deploy"],
        seldon_deploy_token_env=data.get("seldon_deploy_token_env"),
        ingress=data["ingress"],
        timeout_seconds=float(data["timeout_seconds"]),
        sandbox=data.get("sandbox"),
        source=source,
    )


def _sound(platform: Platform) -> Platform:
    InvalidInput.raise_if(port_problems(platform))
    return platform


def _read(folder: Path, file: str, schema: str) -> Source:
    content = repo.read(folder, file)
    found = (content,) if isinstance(content, Problem) else validated(file, content, schema)
    if isinstance(found, Source):
        return found
    raise InvalidInput(*found)
