"""Findings: what the trainings of a plan suffer from, read from the content store alone."""

from __future__ import annotations

import dataclasses

from ablation.analysis.diagnosis.diagnose import Finding, diagnose
from ablation.experiment.planning.plan import Plan, Run
from ablation.experiment.store.content_store import ContentStore


def findings(plan: Plan, store: ContentStore) -> dict[str, list[tuple[Finding, ...]]]:
    """For each variant the findings of each of its trained replicates; variants that share a training come once."""
    by_variant: dict[str, list[tuple[Finding, ...]]] = {}
    read: set[str] = set()
    for variant in plan.variants:
        runs = [run for run in plan.runs_of(variant.name) if run.train not in read and store.has(run.train)]
        read |= {run.train for run in runs}
        by_variant[variant.name] = [findings_of(run, plan, store) for run in runs]
    return by_variant


def findings_of(run: Run, plan: Plan, store: ContentStore) -> tuple[Finding, ...]:
    """What a run's own training suffers from; it is finished."""
    trained = store.outcome(run.train)
    findings = diagnose(trained["history"], trained["recipe"], sum(plan.dataset["counts"]["val"]))
    return tuple(_in_phase(finding, trained["phase"]) for finding in findings)


def _in_phase(finding: Finding, phase: str | None) -> Finding:
    """The finding with its patch in the phase that the training ended in, if it had any."""
    if phase is None or finding.patch is None:
        return finding
    return dataclasses.replace(finding, patch={"phases": {phase: {"patch": finding.patch}}})
