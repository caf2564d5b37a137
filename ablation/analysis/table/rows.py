"""The rows of the table: one for each variant, with its scores, its comparisons and its verdict."""

from collections.abc import Mapping
from dataclasses import dataclass

from ablation.analysis.comparison.comparison import Comparison
from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.promises.promises import PromiseOutcome
from ablation.analysis.verdict.verdict import Verdict
from ablation.experiment.config.costs import COST_LABELS
from ablation.metrics.metric import Metric
from ablation.stats.summary import Summary, summary


@dataclass(frozen=True)
class Cost:
    """Mean of a cost over the finished runs, and its ratio to the baseline's; NaN where it was not measured."""

    value: float
    ratio: float


@dataclass(frozen=True)
class Scored:
    """A variant's scores and costs; two rows may share one variant.

    Args:
        values: scores of the finished runs in the metric's display unit, in order of replicates.
        costs: by column of the results.
        corrupted: summary of the scores on test images with each corruption, by its label; None where there are none.
        n, replicates: number of finished runs with a score, and of planned runs.
        n_failed, diverged: number of failed runs, and of finished runs that diverged, which stay in the numbers.
        trials: number of trials of the study that chose its recipe; 0 where it was not tuned.
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
        name: ``baseline``, ``+ Focal loss``, or ``all but Focal loss``; ``rung`` is its rung, empty for the baseline.
        control: whether the rung changes nothing, so that its row must equal the row above.
        step: gain over the row above; in a left-out row, gain of the full recipe over this row.
        total: gain over the baseline.
        verdict: on the step.
        promises: the rung's promises and their outcomes.
        masked: whether a left-out row equals the full recipe, because later rungs override all settings of the rung.
        left_out_with: other rungs that are left out together with this one.
    """

    name: str
    rung: str
    control: bool
    scored: Scored
    step: Comparison | None
    total: Comparison | None
    verdict: Verdict
    promises: tuple[PromiseOutcome, ...] = ()
    masked: bool = False
    left_out_with: tuple[str, ...] = ()


def scored(variant: str, metric: Metric, evidence: Evidence) -> Scored:
    """Returns a variant's numbers, with its costs relative to the baseline's."""
    plan = evidence.plan
    level = evidence.level(variant, metric)
    finished = level.values if level else evidence.finished(variant, metric.name) * metric.scale
    return Scored(
        variant=variant,
        values=tuple(finished.tolist()),
        summary=summary(finished) if len(finished) else None,
        costs={column: _cost(variant, column, evidence) for column in COST_LABELS},
        corrupted={label: _corrupted(variant, label, metric, evidence) for label in plan.corruptions},
        n=len(finished),
        replicates=len(plan.runs_of(variant)),
        n_failed=evidence.count(variant, "failed"),
        diverged=evidence.diverged(variant),
        trials=plan.variant(variant).trials,
    )


def _cost(variant: str, column: str, evidence: Evidence) -> Cost:
    value, base = evidence.cost(variant, column), evidence.cost(evidence.plan.ladder_rows[0], column)
    return Cost(value, value / base if base > 0 else float("nan"))


def _corrupted(variant: str, label: str, metric: Metric, evidence: Evidence) -> Summary | None:
    scores = evidence.finished(variant, f"{label}/{metric.name}") * metric.scale
    return summary(scores) if len(scores) else None
