"""Adapters that answer the ports over the wire."""

from releasectl.lean import lean

# Messages and stubs are all that is used of the one, calls all that is used of the other.
lean("python_pachyderm", "seldon_deploy_sdk", "seldon_deploy_sdk.api", "seldon_deploy_sdk.models")
