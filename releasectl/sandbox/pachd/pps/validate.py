"""What pachd rejects in a spec before it looks at its repositories, in its order."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from releasectl.sandbox.pachd import cron, globs
from releasectl.sandbox.pachd.errors import PachError
from releasectl.sandbox.pachd.pps import specs, visit
from releasectl.sandbox.pachd.records import DEFAULT_PROJECT, NAME

MAX_NAME, MAX_KUBERNETES_NAME = 51, 63
SERVICE_TYPES = ("ClusterIP", "LoadBalancer", "NodePort")
RESERVED = ("out", ".env")
MAX_WORKERS, MAX_PIPELINES = 8, 16  # without an enterprise key


def check_name(request: Any) -> None:
    name = request.pipeline.name
    project = request.pipeline.project.name or DEFAULT_PROJECT
    if not name:
        raise PachError("invalid pipeline spec: request.Pipeline cannot be empty")
    if not NAME.fullmatch(name):
        allowed = "only alphanumeric characters, underscores, and dashes are allowed"
        raise PachError(f"pipeline name ({name}) invalid: {allowed}")
    if len(name) > MAX_NAME:
        over = len(name) - MAX_NAME
        raise PachError(f"pipeline name ({name}) is {over} characters longer than the {MAX_NAME} max")
    kubernetes = f"{project}-{name}-v99"
    if len(kubernetes) > MAX_KUBERNETES_NAME:
        over = len(kubernetes) - MAX_KUBERNETES_NAME
        raise PachError(
            f"kubernetes name ({kubernetes}) is {over} characters longer than the {MAX_KUBERNETES_NAME} max"
        )
    if not name[0].isalnum():
        raise PachError(f"pipeline name ({name}) must start with an alphanumeric character")


def check_spec(request: Any, spec: Any) -> None:
    """`spec` is the normalised `request`. Raises at the first fault."""
    for fault, text in _FAULTS:
        if fault(spec):
            raise PachError(text)
    if request.reprocess_spec not in ("", *specs.REPROCESS):
        raise PachError(f"invalid pipeline spec: ReprocessSpec must be one of {' or '.join(specs.REPROCESS)}")
    if spec.HasField("input"):
        _check_input(request, spec)
    elif not specs.is_spout(spec):
        raise PachError("no input set")
    _check_services(spec)
    _check_json(spec)


_FAULTS: tuple[tuple[Callable[[Any], bool], str], ...] = (
    (lambda s: s.HasField("tf_job"), "tf_job is no longer supported"),
    (
        lambda s: s.s3_out and (specs.is_service(s) or specs.is_spout(s)),
        "s3 output is not supported in spouts or services",
    ),
    (lambda s: not s.HasField("transform"), "pipeline must specify a transform"),
    (
        lambda s: specs.is_spout(s) and s.autoscaling,
        "autoscaling can't be used with spouts (spouts aren't triggered externally)",
    ),
    (
        lambda s: any(not t.operator for t in s.tolerations),
        "cannot omit key/operator of a toleration: operator must be EXISTS or EQUAL",
    ),
    (
        lambda s: s.parallelism_spec.constant > MAX_WORKERS,
        f"community edition allows at most {MAX_WORKERS} workers",
    ),
)


def _check_services(spec: Any) -> None:
    if specs.is_service(spec) and spec.parallelism_spec.constant != 1:
        raise PachError("services can only be run with a constant parallelism of 1")
    for holder in (spec, spec.spout):
        if holder.HasField("service") and holder.service.type not in SERVICE_TYPES:
            allowed = ", ".join(SERVICE_TYPES)
            raise PachError(f"the following service type {holder.service.type} is not allowed: use {allowed}")
    if specs.is_spout(spec) and not spec.spout.HasField("service") and spec.HasField("input"):
        raise PachError("spout pipelines (without a service) must not have an input")
    database = spec.egress.sql_database
    if spec.egress.HasField("sql_database") and not (database.secret.name and database.secret.key):
        raise PachError("egress.sql_database.secret needs a name and a key")


def _check_json(spec: Any) -> None:
    for field in ("pod_spec", "pod_patch"):
        text = getattr(spec, field)
        try:
            json.loads(text or "null")
        except ValueError as error:
            raise PachError(f"malformed {field}: it must be JSON ({error})") from error


def _check_input(request: Any, spec: Any) -> None:
    # the faults of one input go by what was sent, the names by what they default to
    _check_names(spec.input, set())
    for node in visit.nodes(request.input):
        found = visit.kinds(node)
        if len(found) > 1:
            raise PachError("multiple input types set")
        if not found:
            raise PachError("no input set")
        if found[0] in ("join", "group", "union") and visit.any_of(
            node, lambda n: n.HasField("pfs") and n.pfs.s3
        ):
            raise PachError(f"S3 inputs in {found[0]} expressions are not supported")
        if found[0] == "pfs":
            _check_pfs(node.pfs)
        if found[0] == "cron":
            _check_cron(node.cron)


def _check_pfs(pfs: Any) -> None:
    faults = (
        (not pfs.repo, "input must specify a repo"),
        (
            pfs.repo == "out" and not pfs.name,
            'input based on repo "out" must have "name" set to something other than "out"',
        ),
        (not pfs.glob and not pfs.s3, "input must specify a glob"),
        (
            pfs.s3 and pfs.glob not in ("", "/"),
            "inputs that set 's3' must also set 'glob' to '/': the S3 gateway exposes whole commits",
        ),
        (pfs.s3 and pfs.lazy, "input cannot specify both 's3' and 'lazy'"),
        (pfs.s3 and pfs.empty_files, "input cannot specify both 's3' and 'empty_files'"),
        (bool(pfs.commit), "input cannot come from a commit: it reads the head of a branch"),
    )
    for wrong, text in faults:
        if wrong:
            raise PachError(text)
    globs.compile(globs.clean(pfs.glob or "/"))


def _check_cron(value: Any) -> None:
    if not value.name:
        raise PachError("cron input must specify a name")
    try:
        cron.parse(value.spec)
    except cron.CronError as error:
        raise PachError(f"error parsing cron-spec: {error}") from error


def _check_names(node: Any, seen: set[str]) -> None:
    """One name per input; members of one union may share theirs, since a datum holds only one of them."""
    for kind in ("pfs", "cron"):
        if not node.HasField(kind):
            continue
        name = getattr(node, kind).name
        if name in RESERVED:
            raise PachError(f'input cannot be named "{name}", as pachyderm already creates /pfs/{name}')
        if name and name in seen:
            raise PachError(f"input names must be unique: name {name!r} was used more than once")
        seen.add(name)
    for member in (*node.cross, *node.join, *node.group):
        _check_names(member, seen)
    below: set[str] = set()
    for member in node.union:
        own = set(seen)
        _check_names(member, own)
        below |= own
    seen |= below
