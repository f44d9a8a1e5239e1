"""Pipelines: from a spec to jobs, datums and worker processes."""
