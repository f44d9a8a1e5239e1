"""The init container: copies what a modelUri names from the S3 gateway, an immutable commit once.

Such commits lie in a cache for as long as a pod uses them, and the last few for longer.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import threading
import time
import uuid
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx

# Pachyderm's <commit>.<branch>.<repo> and <commit>.<repo>: what such a bucket holds never changes.
IMMUTABLE = re.compile(r"[0-9a-f]{32}\.[^/]+")
PINNED = re.compile(r"://(?P<commit>[0-9a-f]{32})\.[^/]+")
URI = re.compile(r"(?P<remote>[A-Za-z0-9_-]+):(//)?(?P<bucket>[^/]+)/?(?P<path>.*)")
REMOTE = "s3"  # the one that the secret of the sandbox configures
PAGE = 1000  # keys in one listing
TIMEOUT = httpx.Timeout(30, connect=5)
KEPT = 5  # commits that stay in the cache though no pod uses them: a rollback finds its artefacts there
FRESH_SECONDS = 3600.0  # what was asked for so lately stays too: its server may be about to start
_CACHE = threading.Lock()  # held while a commit is taken into use, and while those to remove are chosen


class FetchError(Exception):
    """Nothing could be copied; `passing` if the cause may go away by itself."""

    def __init__(self, message: str, *, passing: bool = False) -> None:
        super().__init__(message)
        self.passing = passing


def fetch(s3: str, uri: str, cache: Path, own: Path) -> Path:
    """The folder that holds the contents of `uri`: in `cache` if it can never change, else below `own`."""
    bucket, path = parse(uri)
    if not IMMUTABLE.fullmatch(bucket):
        return _download(s3, uri, bucket, path, own / f"models-{uuid.uuid4().hex[:8]}")
    # A hash, as a path may hold anything and be of any length.
    target = cache / bucket / hashlib.sha256(path.encode()).hexdigest()[:16]
    with _CACHE:
        (cache / bucket).mkdir(parents=True, exist_ok=True)
        os.utime(cache / bucket)
        there = target.is_dir()
    return target if there else _download(s3, uri, bucket, path, target)


def prune(cache: Path, pods: Path) -> None:
    """Remove the commits that no pod below `pods` links to, but the last few and what was just asked for.

    A container's folder is <namespace>/<pod>/<container>, as Server.key has it.
    """
    with _CACHE:
        used = {link.resolve().parent.name for link in pods.glob("*/*/*/models")}
        aged = sorted(
            ((folder.stat().st_mtime, folder) for folder in cache.glob("[!.]*") if folder.name not in used),
            reverse=True,
        )
        for moment, folder in aged[KEPT:]:
            if moment < time.time() - FRESH_SECONDS:
                folder.rename(folder.with_name(f".{folder.name}-{uuid.uuid4().hex[:8]}"))
    for gone in cache.glob(".*"):
        shutil.rmtree(gone, ignore_errors=True)


def parse(uri: str) -> tuple[str, str]:
    """(bucket, path) of s3://bucket/path, or of rclone's s3:bucket/path."""
    match = URI.fullmatch(uri)
    if match is None:
        raise FetchError(f"Init:Error: {uri!r} is no URI; write it as in s3://bucket/path")
    if match["remote"].lower() != REMOTE:
        raise FetchError(
            f'Init:Error: didn\'t find section in config file ("{match["remote"]}" of {uri}); '
            f"the sandbox's secret configures the remote {REMOTE}"
        )
    return match["bucket"], match["path"].strip("/")


def _download(s3: str, uri: str, bucket: str, path: str, target: Path) -> Path:
    """Into a folder beside `target` that takes its name when it is whole."""
    partial = target.with_name(f".{target.name}-{uuid.uuid4().hex[:8]}")
    partial.mkdir(parents=True)
    try:
        with httpx.Client(base_url=s3, timeout=TIMEOUT, trust_env=False, verify=False) as client:
            keys = list(_keys(client, bucket, f"{path}/" if path else "")) or [path]
            for key in keys:
                relative = key.removeprefix(path).lstrip("/") or key.rpartition("/")[2]
                _copy(client, bucket, key, uri, _inside(partial, relative))
    except httpx.HTTPError as error:
        raise FetchError(
            f"Init:Error: the S3 gateway at {s3} does not answer: {type(error).__name__} {error}",
            passing=True,
        ) from None
    else:
        if not target.is_dir():  # else another replica was faster
            partial.rename(target)
        return target
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _keys(client: httpx.Client, bucket: str, prefix: str) -> Iterator[str]:
    token = ""
    while True:
        query = {"list-type": "2", "prefix": prefix, "max-keys": str(PAGE)}
        if token:
            query["continuation-token"] = token
        answer = client.get(f"/{quote(bucket)}", params=query)
        if answer.status_code != 200:
            raise _refused(answer, f"bucket {bucket}")
        page = ET.fromstring(answer.content)
        for element in page.iter():
            element.tag = element.tag.rpartition("}")[2]
        for content in page.iter("Contents"):
            key = content.findtext("Key", "")
            if not key.endswith("/"):
                yield key
        token = page.findtext("NextContinuationToken", "")
        if page.findtext("IsTruncated") != "true" or not token:
            return


def _copy(client: httpx.Client, bucket: str, key: str, uri: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with client.stream("GET", f"/{quote(bucket)}/{quote(key)}") as answer:
        if answer.status_code == 404:
            raise FetchError(f"Init:Error: directory not found: nothing is at {uri}")
        if answer.status_code != 200:
            answer.read()
            raise _refused(answer, key)
        with target.open("wb") as file:
            for chunk in answer.iter_bytes():
                file.write(chunk)


def _refused(answer: httpx.Response, what: str) -> FetchError:
    code = re.search(r"<Code>(.*?)</Code>", answer.text)
    reason = code[1] if code else answer.reason_phrase
    return FetchError(
        f"Init:Error: {what}: the S3 gateway answers {answer.status_code} {reason}",
        passing=answer.status_code >= 500,
    )


def _inside(folder: Path, relative: str) -> Path:
    target = folder / relative
    if not target.resolve().is_relative_to(folder.resolve()):
        raise FetchError(f"Init:Error: the key {relative!r} points outside of its folder")
    return target
