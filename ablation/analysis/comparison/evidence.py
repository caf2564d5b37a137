"""Evidence: what the runs of a plan say, asked by variant and metric. It reads the split it was given, and no other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ablation.analysis.comparison.arms import Arm, Numbers, combined
from ablation.analysis.comparison.scoring import arm_of
from ablation.experiment.planning.plan import Plan, Run
from ablation.metrics.bootstrap import bootstrap_weights
from ablation.metrics.metric import ClassIndices, Metric, Predicted, Weights
from ablation.metrics.predictions import Predictions
from ablation.metrics.registry import metric

RESAMPLES = 1000
"""Bootstrap resamples of the test examples, for scores of the whole test set."""

Reader: TypeAlias = Callable[[Run], Predictions]
"""From a finished run to its kept predictions of one split."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """The runs of a plan.

    Args:
        results: one row a run: ``variant``, ``replicate``, ``status``, ``reason``, ``<split>/<metric>`` and the costs.
        reader: gives a run's predictions; None where only scores are known, and no interval over examples.
        split: the prefix of the scores' columns: ``test`` or ``val``.
    """

    plan: Plan
    results: pd.DataFrame
    reader: Reader | None = None
    split: str = "test"
    _runs: dict[str, pd.DataFrame] = field(default_factory=dict)
    _ended: dict[str, pd.DataFrame] = field(default_factory=dict)
    _arms: dict[tuple[str, str], Arm | None] = field(default_factory=dict)
    _tested_on: dict[str, bytes] = field(default_factory=dict)
    _weights: dict[bool, Weights] = field(default_factory=dict)

    def runs(self, variant: str) -> pd.DataFrame:
        """One row a replicate of the plan, in order; a run that the results do not have is ``missing``.

        Raises:
            ValueError: two rows for one run.
        """
        if variant not in self._runs:
            wanted = [run.replicate for run in self.plan.runs_of(variant)]
            found = self.results[self.results["variant"] == variant].set_index("replicate").reindex(wanted)
            self._runs[variant] = found.assign(status=found["status"].astype(object).fillna("missing"))
        return self._runs[variant]

    def metric(self, name: str) -> Metric:
        """A metric by name, ``class_accuracy/<class>`` among them, or by import path.

        Raises:
            UserError: there is none; the nearest name is given.
        """
        return metric(name, self.plan.dataset["classes"])

    def finished(self, variant: str, score: str) -> Numbers:
        """Raw scores of the runs that finished and have one, in order of replicates.

        Args:
            score: a metric's name, or ``<corruption>/<metric>`` for its images corrupted so.
        """
        return self._numbers(variant, f"{self.split}/{score}")

    def column(self, variant: str, column: str) -> Numbers | None:
        """A column of the results for every replicate, as it is; None where one is not there."""
        found = self._numbers(variant, column)
        return found if len(found) == len(self.plan.runs_of(variant)) else None

    def cost(self, variant: str, column: str) -> float:
        """Mean of a cost over the finished runs that have it, else NaN."""
        values = self._numbers(variant, column)
        return float(values.mean()) if len(values) else float("nan")

    def count(self, variant: str, status: str) -> int:
        """Runs of a status: finished, failed or missing."""
        return int(np.count_nonzero(self.runs(variant)["status"] == status))

    def diverged(self, variant: str) -> int:
        """Finished runs whose training diverged; they stay in the numbers."""
        return int(np.count_nonzero(self._numbers(variant, "diverged")))

    def why_failed(self, variant: str) -> str:
        """The first failure's reason; empty where there is none."""
        runs = self.runs(variant)
        told = runs[runs["status"] == "failed"].get("reason", pd.Series(dtype=object)).dropna()
        return str(told.iloc[0]) if len(told) else ""

    def arm(self, variant: str, of: Metric) -> Arm | None:
        """A variant's scores as gains: in the unit they are shown in, higher is better; None with a hole."""
        raw = self._raw(variant, of)
        return combined([(of.gain_scale, raw)]) if raw else None

    def level(self, variant: str, of: Metric) -> Arm | None:
        """A variant's scores in the unit they are shown in; None with a hole."""
        raw = self._raw(variant, of)
        return combined([(of.scale, raw)]) if raw else None

    def contrast(self, weights: Mapping[str, float], of: Metric) -> Arm | None:
        """A linear combination of variants, in gains; None with a hole in any of them."""
        arms = [(weight, self.arm(variant, of)) for variant, weight in weights.items()]
        there = [(weight, arm) for weight, arm in arms if arm is not None]
        return combined(there) if there and len(there) == len(arms) else None

    def same_predictions(self, one: str, other: str) -> bool | None:
        """Whether two variants predict the same, bit for bit, in every replicate; None where that is not known, or not
        to be expected of a device that does not compute the same twice."""
        if self.reader is None or not self._is_deterministic(other):
            return None
        pairs = list(zip(self.plan.runs_of(one), self.plan.runs_of(other), strict=True))
        if any(self.count(name, "finished") != len(pairs) for name in (one, other)):
            return None
        return all(
            np.array_equal(self.reader(before).probabilities, self.reader(after).probabilities)
            for before, after in pairs
        )

    def _is_deterministic(self, variant: str) -> bool:
        task = self.plan.stages[self.plan.runs_of(variant)[0].train].task
        on_cpu = str(task.get("device", "cpu")).startswith("cpu")
        return on_cpu or bool(self.plan.variant(variant).recipe["train"]["deterministic"])

    def _raw(self, variant: str, of: Metric) -> Arm | None:
        key = (variant, of.name)
        if key not in self._arms:
            self._arms[key] = self._made(variant, of)
        return self._arms[key]

    def _made(self, variant: str, of: Metric) -> Arm | None:
        runs = self.plan.runs_of(variant)
        if self.count(variant, "finished") != len(runs):
            return None
        predicted = self._predicted(runs)
        values = self.finished(variant, of.name)
        if len(values) != len(runs) and predicted:
            values = np.array([of.value(each) for each in predicted])
        if len(values) != len(runs) or not np.isfinite(values).all():
            return None
        if not (predicted and self.has_one_test_set):
            return Arm(values)
        return arm_of(values, predicted, of, lambda: self._resamples(predicted[0].labels, of.by_class))

    @property
    def has_one_test_set(self) -> bool:
        """Whether one test set is declared, and all runs that were read so far were tested on the same examples."""
        return self.plan.protocol == "fixed_test" and self.split == "test" and len(self.test_sets) == 1

    @property
    def test_sets(self) -> dict[bytes, list[str]]:
        """By digest of the examples, the variants, once for each run that was read so far, that were tested on them."""
        found: dict[bytes, list[str]] = {}
        for run in self.plan.runs:
            if run.address in self._tested_on:
                found.setdefault(self._tested_on[run.address], []).append(run.variant)
        return found

    def _predicted(self, runs: Sequence[Run]) -> list[Predicted]:
        if self.reader is None:
            return []
        kept = [self.reader(run) for run in runs]
        for run, found in zip(runs, kept, strict=True):
            self._tested_on[run.address] = hashlib.sha256(found.ids.tobytes() + found.labels.tobytes()).digest()
        return [
            Predicted(each.probabilities, each.labels, each.decisions, self._positive(run))
            for run, each in zip(runs, kept, strict=True)
        ]

    def _positive(self, run: Run) -> int | None:
        position: int | None = self.plan.stages[run.test].task.get("positive")
        return position

    def _resamples(self, labels: ClassIndices, by_class: bool) -> Weights:
        if by_class not in self._weights:
            generator = np.random.default_rng(self.plan.seed)
            self._weights[by_class] = bootstrap_weights(labels, RESAMPLES, generator, by_class)
        return self._weights[by_class]

    def _numbers(self, variant: str, column: str) -> NDArray[np.float64]:
        finished = self._finished(variant)
        if column not in finished:
            return np.empty(0)
        values: NDArray[np.float64] = finished[column].to_numpy(dtype=np.float64)
        return values[np.isfinite(values)]

    def _finished(self, variant: str) -> pd.DataFrame:
        if variant not in self._ended:
            runs = self.runs(variant)
            self._ended[variant] = runs[runs["status"] == "finished"]
        return self._ended[variant]
