"""How many examples Hypothesis draws where a test says nothing else."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("unit", max_examples=50, deadline=None)  # a busy machine is no fault
settings.load_profile("unit")
