"""Evidence: the results of a plan's runs by variant and metric, on the images that verdicts are based on."""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ablation.analysis.comparison.arms import Arm, Numbers, arm_of, combined
from ablation.experiment.planning.plan import Plan, Run
from ablation.metrics.metric import ClassIndices, Metric, Predicted, Weights, bootstrap_weights
from ablation.metrics.predictions import Predictions
from ablation.metrics.registry import metric

RESAMPLES = 1000
"""Bootstrap resamples of the test examples, for scores of the whole test set."""


@dataclass(frozen=True, eq=False)
class Evidence:
    """The runs of a plan.

    Args:
        results: one row for each run: ``variant``, ``replicate``, ``status``, ``reason``, ``test/<metric>``, costs.
        reader: returns the stored predictions of a finished run for the test images; None where only scores are known,
            so that intervals ignore the examples.
    """

    plan: Plan
    results: pd.DataFrame
    reader: Callable[[Run], Predictions] | None = None
    _runs: dict[str, pd.DataFrame] = field(default_factory=dict)
    _arms: dict[tuple[str, str], Arm | None] = field(default_factory=dict)
    _tested_on: dict[str, bytes] = field(default_factory=dict)
    _weights: dict[bool, Weights] = field(default_factory=dict)

    def runs(self, variant: str) -> pd.DataFrame:
        """Returns one row for each replicate of the plan, in order; a run without a result is ``missing``.

        Raises:
            ValueError: two rows for one run.
        """
        if variant not in self._runs:
            planned = [run.replicate for run in self.plan.runs_of(variant)]
            rows = self.results[self.results["variant"] == variant].set_index("replicate").reindex(planned)
            self._runs[variant] = rows.assign(status=rows["status"].astype(object).fillna("missing"))
        return self._runs[variant]

    def metric(self, name: str) -> Metric:
        """Returns a metric by name (``class_accuracy/<class>`` included) or by import path.

        Raises:
            UserError: there is no such metric; the message names the nearest.
        """
        return metric(name, self.plan.dataset["classes"])

    def finished(self, variant: str, score: str) -> Numbers:
        """Returns the raw scores of the finished runs that have one, in order of replicates.

        Args:
            score: a metric's name, or ``<corruption>/<metric>`` for the score on corrupted images.
        """
        return self._numbers(variant, f"test/{score}")

    def column(self, variant: str, column: str) -> Numbers | None:
        """Returns a column of the results, one value for each replicate; None where a value is missing."""
        values = self._numbers(variant, column)
        return values if len(values) == len(self.plan.runs_of(variant)) else None

    def cost(self, variant: str, column: str) -> float:
        """Returns the mean of a cost over the finished runs that have it; NaN without any."""
        values = self._numbers(variant, column)
        return float(values.mean()) if len(values) else math.nan

    def count(self, variant: str, status: str) -> int:
        """Returns the number of runs with a status: finished, failed or missing."""
        return int(np.count_nonzero(self.runs(variant)["status"] == status))

    def diverged(self, variant: str) -> int:
        """Returns the number of finished runs whose training diverged; they stay in the numbers."""
        return int(np.count_nonzero(self._numbers(variant, "diverged")))

    def why_failed(self, variant: str) -> str:
        """Returns the first failure's reason; empty where there is none."""
        runs = self.runs(variant)
        reasons = runs[runs["status"] == "failed"].get("reason", pd.Series(dtype=object)).dropna()
        return str(reasons.iloc[0]) if len(reasons) else ""

    def arm(self, variant: str, of: Metric) -> Arm | None:
        """Returns a variant's scores in the display unit, higher is better; None where a score is missing."""
        raw = self._raw(variant, of)
        return combined([(of.gain_scale, raw)]) if raw else None

    def level(self, variant: str, of: Metric) -> Arm | None:
        """Returns a variant's scores in the display unit; None where a score is missing."""
        raw = self._raw(variant, of)
        return combined([(of.scale, raw)]) if raw else None

    def contrast(self, weights: Mapping[str, float], of: Metric) -> Arm | None:
        """Returns a linear combination of the variants' arms; None where a score of any of them is missing."""
        arms = [(weight, self.arm(variant, of)) for variant, weight in weights.items()]
        parts = [(weight, arm) for weight, arm in arms if arm is not None]
        return combined(parts) if parts and len(parts) == len(arms) else None

    def same_predictions(self, one: str, other: str) -> bool | None:
        """Whether two variants have bit-identical predictions in every replicate.

        None where predictions are missing, or where the device is not deterministic.
        """
        if self.reader is None or not self._is_deterministic(other):
            return None
        pairs = list(zip(self.plan.runs_of(one), self.plan.runs_of(other), strict=True))
        if any(self.count(name, "finished") != len(pairs) for name in (one, other)):
            return None
        stored = ((self.reader(before).probabilities, self.reader(after).probabilities) for before, after in pairs)
        return all(np.array_equal(before, after) for before, after in stored)

    def _is_deterministic(self, variant: str) -> bool:
        task = self.plan.stages[self.plan.runs_of(variant)[0].train].task
        on_cpu = str(task.get("device", "cpu")).startswith("cpu")
        return on_cpu or bool(self.plan.variant(variant).recipe["train"]["deterministic"])

    def _raw(self, variant: str, of: Metric) -> Arm | None:
        key = (variant, of.name)
        if key not in self._arms:
            self._arms[key] = self._read_arm(variant, of)
        return self._arms[key]

    def _read_arm(self, variant: str, of: Metric) -> Arm | None:
        runs = self.plan.runs_of(variant)
        if self.count(variant, "finished") != len(runs):
            return None
        predicted = self._predicted(runs)
        values = self.finished(variant, of.name)
        if len(values) != len(runs) and predicted:
            values = np.array([of.value(predictions) for predictions in predicted])
        if len(values) != len(runs) or not np.isfinite(values).all():
            return None
        if not (predicted and self.has_one_test_set):
            return Arm(values)
        return arm_of(values, predicted, of, lambda: self._resamples(predicted[0].labels, of.by_class))

    @property
    def has_one_test_set(self) -> bool:
        """Whether a fixed test set is declared, and all runs read so far were tested on the same examples."""
        return self.plan.protocol == "fixed_test" and len(self.test_sets) == 1

    @property
    def test_sets(self) -> dict[bytes, list[str]]:
        """The variant of every run read so far, grouped by the fingerprint of the examples it was tested on."""
        variants: dict[bytes, list[str]] = {}
        for run in self.plan.runs:
            if run.address in self._tested_on:
                variants.setdefault(self._tested_on[run.address], []).append(run.variant)
        return variants

    def _predicted(self, runs: Sequence[Run]) -> list[Predicted]:
        if self.reader is None:
            return []
        predicted = []
        for run in runs:
            stored = self.reader(run)
            self._tested_on[run.address] = hashlib.sha256(stored.ids.tobytes() + stored.labels.tobytes()).digest()
            predicted.append(stored.predicted(self.plan.stages[run.test].task.get("positive")))
        return predicted

    def _resamples(self, labels: ClassIndices, by_class: bool) -> Weights:
        if by_class not in self._weights:
            generator = np.random.default_rng(self.plan.seed)
            self._weights[by_class] = bootstrap_weights(labels, RESAMPLES, generator, by_class)
        return self._weights[by_class]

    def _numbers(self, variant: str, column: str) -> Numbers:
        """The finite numbers of a column, of the finished runs."""
        runs = self.runs(variant)
        if column not in runs:
            return np.empty(0)
        values: Numbers = runs.loc[runs["status"] == "finished", column].to_numpy(dtype=np.float64)
        return values[np.isfinite(values)]
