"""Builds and publishes the images of the trainers that changed, and says under which digest each is found."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from releasectl.errors import PlatformRefused
from releasectl.gitrun import run

Tell = Callable[[str], None]
SERVING = "serving"  # the image of the model servers: environments/*/environment.yaml names it


@dataclass(frozen=True, slots=True)
class Image:
    """`reference` is name@sha256:digest, without the registry's host, which is the cluster's business."""

    trainer: str
    reference: str
    built: bool


def publish(root: Path, registry: str, tell: Tell) -> tuple[Image, ...]:
    """One image per Dockerfile; its tag is a digest of its input, so equal input is built once."""
    registry = registry.lower()
    return tuple(
        _published(root, name, f"{registry}/{name}:{_input(root, name)}", tell) for name in trainers(root)
    )


def trainers(root: Path) -> Iterator[str]:
    """The folders that have a Dockerfile, sorted."""
    return (path.parent.name for path in sorted(root.glob("trainers/*/Dockerfile")))


def _input(root: Path, name: str) -> str:
    """Of the git objects that the Dockerfile copies, and of itself."""
    paths = [
        f"trainers/{part}" for part in ("requirements.txt", "__init__.py", ".dockerignore", "common", name)
    ]
    listed = run(root, "ls-tree", "-r", "HEAD", "--", *paths).stdout.decode().strip()
    return hashlib.sha256(listed.encode()).hexdigest()[:16]


def _published(root: Path, name: str, tagged: str, tell: Tell) -> Image:
    if known := _digest(tagged):
        tell(f"{tagged} is there already")
        return Image(name, _reference(tagged, known), built=False)
    tell(f"building {tagged}")
    _said("docker", "build", "--file", f"trainers/{name}/Dockerfile", "--tag", tagged, "trainers", root=root)
    _said("docker", "push", "--quiet", tagged)
    digest = _digest(tagged)
    if not digest:
        raise PlatformRefused.at(
            tagged, "was pushed, and the registry has no digest of it", "see the registry"
        )
    return Image(name, _reference(tagged, digest), built=True)


def _reference(tagged: str, digest: str) -> str:
    name = tagged.rpartition(":")[0]
    host, _, path = name.partition("/")
    return f"{path if '.' in host or ':' in host else name}@{digest}"


def _digest(tagged: str) -> str:
    """Empty if the registry does not have it."""
    command = ["docker", "buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}", tagged]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def _said(*command: str, root: Path | None = None) -> str:
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    if done.returncode:
        what = f"{' '.join(command[:2])} ended with {done.returncode}: {done.stderr.strip()[-2000:]}"
        raise PlatformRefused.at("trainers", what, "mend the Dockerfile, or the access to the registry")
    return done.stdout.strip()


def as_markdown(images: tuple[Image, ...]) -> str:
    """The job's summary: what to commit where."""
    lines = [f"{image.trainer}: {image.reference}" for image in images if image.trainer != SERVING]
    built = ", ".join(image.trainer for image in images if image.built) or "none"
    served = next((image.reference for image in images if image.trainer == SERVING), "")
    parts = [
        "### Images of the trainers",
        f"Built: {built}. To use them, open a pull request with these lines in `pipelines/images.yaml`:",
        "```yaml\n" + "\n".join(lines) + "\n```",
    ]
    if served:
        parts += [
            "and, for the model servers, in `environments/*/environment.yaml`:",
            f"```yaml\nimage: {served}\n```",
        ]
    return "\n\n".join(parts) + "\n"
