"""Jobs of a benchmark on the support's small digits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bench import Bench

from ablation.bench.job import Job
from ablation.recipe.recipe import Recipe


def job(bench: Bench, patch: Mapping[str, Any] | None = None, split: str = "") -> Job:
    """The baseline with a patch, with every setting spelled out, as a plan has it."""
    task = bench.task(patch)
    whole = Recipe.model_validate(task["recipe"]).model_dump(mode="json")
    return Job(task | {"recipe": whole}, str(bench.datasets), split)
