"""Files of a commit in a scratch folder, for whoever reads files and not git."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from releasectl.githistory import contents


@contextmanager
def extracted(root: Path, commit: str, paths: Sequence[str]) -> Iterator[Path]:
    """A scratch folder with those files as they were at `commit`."""
    with tempfile.TemporaryDirectory(prefix="releasectl-judge-") as folder:
        tree = Path(folder)
        for parent in {Path(path).parent for path in paths}:
            (tree / parent).mkdir(parents=True, exist_ok=True)
        for (_, path), content in contents(root, [(commit, path) for path in paths]).items():
            (tree / path).write_bytes(content)
        yield tree
