"""Findings: what the trainings of a plan suffer from, read from the content store alone."""

from __future__ import annotations

from ablation.core.diagnostics import Finding, diagnose
from ablation.experiment.plan import Plan, Run
from ablation.experiment.store import ContentStore


def findings(plan: Plan, store: ContentStore) -> dict[str, list[tuple[Finding, ...]]]:
    """For each variant the findings of each of its trained replicates; variants that share a training come once."""
    found: dict[str, list[tuple[Finding, ...]]] = {}
    told: set[str] = set()
    for variant in plan.variants:
        runs = [run for run in plan.runs_of(variant.name) if run.train not in told and store.has(run.train)]
        told |= {run.train for run in runs}
        found[variant.name] = [findings_of(run, plan, store) for run in runs]
    return found


def findings_of(run: Run, plan: Plan, store: ContentStore) -> tuple[Finding, ...]:
    """What a run's own training suffers from; it is finished."""
    history = store.outcome(run.train)["history"]
    return diagnose(history, plan.variant(run.variant).recipe, sum(plan.dataset["counts"]["val"]))
