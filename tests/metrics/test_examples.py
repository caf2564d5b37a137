"""Per-example scores against the metrics that they are the means of."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablation.errors import UserError
from ablation.metrics.examples import EXAMPLES, example_scores
from ablation.metrics.scores import METRICS, Predicted, class_accuracy_metric, metric


def made(n: int, classes: int, seed: int) -> Predicted:
    """Random examples; a class may be absent, and decisions need not be the most probable class."""
    generator = np.random.default_rng(seed)
    rows = generator.dirichlet(np.full(classes, 0.5), size=n).astype(np.float32)
    labels, decisions = (generator.integers(classes, size=n) for _ in range(2))
    return Predicted(rows, labels, np.where(generator.random(n) < 0.5, rows.argmax(axis=1), decisions), positive=1)


@pytest.mark.parametrize("name", EXAMPLES)
@given(n=st.integers(1, 30), classes=st.integers(2, 6), seed=st.integers(0, 10_000))
def test_the_mean_of_the_examples_is_the_metric(name: str, n: int, classes: int, seed: int) -> None:
    predicted = made(n, classes, seed)
    found = example_scores(name, predicted)
    assert found is not None
    assert found.shape == (n,)
    assert found.dtype == np.float64
    assert found.mean() == pytest.approx(METRICS[name].formula(predicted), rel=1e-12, abs=1e-12)


def test_a_probability_of_zero_costs_the_same_finite_log_loss() -> None:
    predicted = Predicted(np.array([[1.0, 0.0]], dtype=np.float32), np.array([1]), np.array([0]))
    found = example_scores("log_loss", predicted)
    assert found is not None
    assert found[0] == pytest.approx(METRICS["log_loss"].formula(predicted), rel=1e-14)
    assert found[0] == pytest.approx(52 * np.log(2))


def test_functions_of_the_whole_set_have_no_scores_of_examples() -> None:
    none = {name for name in METRICS if example_scores(name, made(20, 3, 0)) is None}
    assert none == {"macro_f1", "macro_precision", "f1", "mcc", "auroc", "average_precision", "ece"}


def test_the_metrics_that_weigh_classes_alike_say_so() -> None:
    pooled = {name for name, each in METRICS.items() if not each.by_class}
    assert pooled == {"accuracy", "mcc", "log_loss", "brier", "ece"}


def test_a_classs_own_accuracy_is_the_mean_over_its_examples() -> None:
    predicted = made(60, 4, seed=1)
    own = class_accuracy_metric("cat", 2)
    found = example_scores(own, predicted)
    assert found is not None
    of_class = predicted.labels == 2
    assert found.tolist() == (predicted.decisions[of_class] == 2).astype(float).tolist()
    assert found.mean() == own.formula(predicted)
    assert (own.name, own.unit, own.scale, own.greater_is_better) == ("class_accuracy/cat", "points", 100, True)


def test_the_accuracy_of_a_class_without_examples_is_undefined() -> None:
    predicted = Predicted(np.eye(3, dtype=np.float32)[:2], np.array([0, 1]), np.array([0, 1]))
    absent = class_accuracy_metric("none", 2)
    assert np.isnan(absent.formula(predicted))
    found = example_scores(absent, predicted)
    assert found is not None
    assert found.shape == (0,)


def test_a_classs_own_accuracy_is_found_by_name_where_the_classes_are_told() -> None:
    assert metric("class_accuracy/dog", ["cat", "dog"]).position == 1
    assert metric("accuracy", ["cat", "dog"]) is METRICS["accuracy"]
    with pytest.raises(UserError, match="class_accuracy/dog"):
        metric("class_accuracy/dgo", ["cat", "dog"])
    with pytest.raises(UserError, match="unknown metric"):
        metric("class_accuracy/dog")


def test_scoring_kept_predictions_loads_neither_scikit_learn_nor_torch() -> None:
    code = """
import sys
import numpy as np
from ablation.metrics.resamples import score
from ablation.metrics.scores import METRICS
from ablation.metrics.predictions import Predictions

rows = np.random.default_rng(0).dirichlet(np.ones(3), 30).astype(np.float32)
kept = Predictions.of(rows, np.arange(30) % 3, np.arange(30)).predicted(positive=1)
assert all(np.isfinite(score(name, kept)) for name in METRICS)
print(sorted({"sklearn", "torch", "scipy"} & set(sys.modules)))
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
