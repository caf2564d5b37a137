"""Findings: what the trainings of a plan suffer from, read from the content store alone."""

from __future__ import annotations

import dataclasses

from ablation.analysis.diagnosis.diagnose import Finding, diagnose
from ablation.experiment.planning.plan import Plan, Run
from ablation.experiment.store.content_store import ContentStore


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
    trained = store.outcome(run.train)
    found = diagnose(trained["history"], trained["recipe"], sum(plan.dataset["counts"]["val"]))
    return tuple(_in_phase(each, trained["phase"]) for each in found)


def _in_phase(found: Finding, phase: str | None) -> Finding:
    """The finding with its advice where it is needed: in the phase that the training ended in, if it had any."""
    if phase is None or found.patch is None:
        return found
    return dataclasses.replace(found, patch={"phases": {phase: {"patch": found.patch}}})
