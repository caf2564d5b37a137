"""The rows of the table: one a variant, with its scores, its comparisons and its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ablation.analysis.comparison.comparison import Comparison
from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.promises.promises import PromiseOutcome
from ablation.analysis.verdict.verdict import Verdict
from ablation.experiment.config.costs import COSTS
from ablation.metrics.metric import Metric
from ablation.stats.summary import Summary, summary


@dataclass(frozen=True)
class Cost:
    """Mean over the finished runs, and its ratio to the baseline's; NaN where it was not measured."""

    value: float
    ratio: float


@dataclass(frozen=True)
class Scored:
    """A variant's scores and costs, before it is compared with anything.

    Args:
        variant: name of the plan's variant; two rows may share one.
        values: scores of the finished runs in the unit they are shown in, in order of replicates.
        summary: of the values; None where there is none.
        costs: by column of the results.
        corrupted: scores of the finished runs on test images corrupted in each way; None where there is none.
        n, replicates: runs that finished and have a score; runs asked for.
        n_failed, diverged: runs that failed; finished runs that diverged, which stay in the numbers.
        trials: of the study that its recipe is the best of; 0 where it was not tuned.
    """

    variant: str
    values: tuple[float, ...]
    summary: Summary | None
    costs: Mapping[str, Cost]
    corrupted: Mapping[str, Summary | None]
    n: int
    replicates: int
    n_failed: int
    diverged: int
    trials: int

    @property
    def complete(self) -> bool:
        return self.n == self.replicates


@dataclass(frozen=True)
class Row:
    """A variant as the table shows it.

    Args:
        name: ``baseline``, ``+ Focal loss``; ``all but Focal loss`` where it is left out.
        rung: the rung that the row is about; empty for the baseline.
        control: whether the rung changes nothing and is there to be found identical.
        scored: the variant's own numbers.
        step: gain over the row above; where the rung is left out, what the full recipe has over this row.
        total: gain over the baseline.
        verdict: on the step.
        promises: what was promised of the rung, and what came of it.
        masked: whether the row equals the full recipe, as later rungs set all that the rung sets, which is left out.
        left_out_with: the rungs that are left out together with this one.
    """

    name: str
    rung: str
    control: bool
    scored: Scored
    step: Comparison | None
    total: Comparison | None
    verdict: Verdict
    promises: tuple[PromiseOutcome, ...]
    masked: bool = False
    left_out_with: tuple[str, ...] = ()


def scored(variant: str, baseline: str, metric: Metric, evidence: Evidence) -> Scored:
    """A variant's numbers; its costs are set against the baseline's."""
    plan = evidence.plan
    level = evidence.level(variant, metric)
    finished = level.values if level else evidence.finished(variant, metric.name) * metric.scale
    return Scored(
        variant=variant,
        values=tuple(float(each) for each in finished),
        summary=summary(finished) if len(finished) else None,
        costs={column: _cost(variant, baseline, column, evidence) for column in COSTS},
        corrupted={label: _corrupted(variant, label, metric, evidence) for label in plan.corruptions},
        n=len(finished),
        replicates=len(plan.runs_of(variant)),
        n_failed=evidence.count(variant, "failed"),
        diverged=evidence.diverged(variant),
        trials=plan.variant(variant).trials,
    )


def _cost(variant: str, baseline: str, column: str, evidence: Evidence) -> Cost:
    value, base = evidence.cost(variant, column), evidence.cost(baseline, column)
    return Cost(value, value / base if base > 0 else float("nan"))


def _corrupted(variant: str, label: str, metric: Metric, evidence: Evidence) -> Summary | None:
    scores = evidence.finished(variant, f"{label}/{metric.name}") * metric.scale
    return summary(scores) if len(scores) else None
