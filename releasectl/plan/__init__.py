"""Desired against live, as a frozen plan that holds only what differs: plan after apply is empty."""

from __future__ import annotations

from collections.abc import Sequence

from releasectl.errors import PolicyDenied
from releasectl.model import Rendered, Repository
from releasectl.plan.desired import desired_releases, environment_of, neighbours, pipeline_specs, targets
from releasectl.plan.environment import plan_environment
from releasectl.plan.pipelines import TARGET as PIPELINES
from releasectl.plan.pipelines import plan_pipelines
from releasectl.plan.values import Plan
from releasectl.ports import Cluster
from releasectl.revocation import release_problems, training_problems


def plan(
    target: str,
    repository: Repository,
    rendered: Sequence[Rendered],
    cluster: Cluster,
    *,
    retry: bool = False,
) -> Plan:
    """Reads, never writes. Raises InvalidInput with every reason why `target` cannot be as the files say, and
    PolicyDenied if what it asks for is revoked.
    """
    if target == PIPELINES:
        PolicyDenied.raise_if(training_problems(repository.dags.values(), repository.revoked))
        specs = pipeline_specs(rendered)
        return plan_pipelines(repository.dags, specs, repository.locks, cluster.data, retry=retry)
    environment = environment_of(target, repository)
    releases = repository.releases_in(environment.name)
    PolicyDenied.raise_if(release_problems(releases, repository.locks, repository.revoked))
    return plan_environment(
        environment,
        desired_releases(environment, repository, rendered),
        neighbours(environment, repository),
        repository.locks,
        cluster,
        retry=retry,
    )


__all__ = ["PIPELINES", "Plan", "plan", "targets"]
