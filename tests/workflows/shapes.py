"""The published shapes of GitHub's API: githubkit-schemas is generated from GitHub's OpenAPI description."""

from __future__ import annotations

from typing import Any

from githubkit_schemas.v2026_03_10 import models
from pydantic import BaseModel, TypeAdapter

REQUESTS: dict[str, type[BaseModel]] = {
    "POST issues * comments": models.ReposOwnerRepoIssuesIssueNumberCommentsPostBody,
    "PATCH issues comments *": models.ReposOwnerRepoIssuesCommentsCommentIdPatchBody,
    "POST deployments": models.ReposOwnerRepoDeploymentsPostBody,
    "POST deployments * statuses": models.ReposOwnerRepoDeploymentsDeploymentIdStatusesPostBody,
    "POST issues": models.ReposOwnerRepoIssuesPostBody,
    "PATCH issues *": models.ReposOwnerRepoIssuesIssueNumberPatchBody,
}
RESPONSES: dict[str, type[BaseModel]] = {
    "GET issues * comments": models.IssueComment,
    "POST issues * comments": models.IssueComment,
    "PATCH issues comments *": models.IssueComment,
    "GET deployments": models.Deployment,
    "POST deployments": models.Deployment,
    "POST deployments * statuses": models.DeploymentStatus,
    "GET issues": models.Issue,
    "POST issues": models.Issue,
    "PATCH issues *": models.Issue,
}
RULESET: type[BaseModel] = models.ReposOwnerRepoRulesetsPostBody
ORGANISATION_RULESET: type[BaseModel] = models.OrgsOrgRulesetsPostBody
ENVIRONMENT: type[BaseModel] = models.ReposOwnerRepoEnvironmentsEnvironmentNamePutBody


def valid(shape: type[BaseModel], body: Any) -> None:
    """Every field that the shape requires, none that it does not know, each of its type."""
    TypeAdapter(shape).validate_python(body)
    known = {field.alias or name for name, field in shape.model_fields.items()}
    assert set(body) <= known, f"{shape.__name__} knows no {sorted(set(body) - known)}"
