"""Findings: what is wrong with the trainings of a plan, read from the content store alone."""

import dataclasses

from ablation.analysis.diagnosis.diagnose import Finding, diagnose
from ablation.experiment.planning.plan import Plan, Run
from ablation.experiment.store.content_store import ContentStore


def findings(plan: Plan, store: ContentStore) -> dict[str, list[tuple[Finding, ...]]]:
    """Returns each variant's findings, one tuple for each trained replicate; a shared training comes once."""
    by_variant: dict[str, list[tuple[Finding, ...]]] = {}
    read: set[str] = set()
    for variant in plan.variants:
        runs = [run for run in plan.runs_of(variant.name) if run.train not in read and store.has(run.train)]
        read |= {run.train for run in runs}
        by_variant[variant.name] = [findings_of(run, plan, store) for run in runs]
    return by_variant


def findings_of(run: Run, plan: Plan, store: ContentStore) -> tuple[Finding, ...]:
    """Returns what is wrong with a run's training, which must be finished."""
    trained = store.outcome(run.train)
    findings = diagnose(trained["history"], trained["recipe"], sum(plan.dataset["counts"]["val"]))
    return tuple(_in_phase(finding, trained["phase"]) for finding in findings)


def _in_phase(finding: Finding, phase: str | None) -> Finding:
    """The finding with its patch moved into the phase in which the training ended, where it has phases."""
    if phase is None or finding.patch is None:
        return finding
    return dataclasses.replace(finding, patch={"phases": {phase: {"patch": finding.patch}}})
