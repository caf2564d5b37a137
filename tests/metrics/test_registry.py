"""Properties of every metric that is found, whatever their number and names."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
import torchmetrics.functional.classification as torchmetrics
from hypothesis import given, settings
from hypothesis import strategies as st
from predicted import ANY, EXACT, made, repeated

from ablation.errors import UserError
from ablation.metrics.metric import Metric, Predicted, bootstrap_weights
from ablation.metrics.registry import is_metric, known_metrics, metric, metric_in_epochs, metrics_of_every_epoch

EVERY = list(known_metrics().values())
every_metric = pytest.mark.parametrize("scored_by", EVERY, ids=lambda each: each.name)


def perfect(predicted: Predicted) -> Predicted:
    """The same examples, predicted surely and rightly."""
    rows = np.eye(predicted.probabilities.shape[1], dtype=np.float32)[predicted.labels]
    return Predicted.of(rows, predicted.labels, predicted.positive)


@every_metric
def test_a_perfect_classifier_is_better_than_a_random_one(scored_by: Metric) -> None:
    random = made(600, 4, seed=5)
    assert len(np.unique(random.labels)) > 1
    best, chance = scored_by.value(perfect(random)), scored_by.value(random)
    assert best > chance if scored_by.higher_is_better else best < chance


@every_metric
@given(predicted=ANY)
def test_scores_lie_in_range(scored_by: Metric, predicted: Predicted) -> None:
    value = scored_by.value(predicted)
    if scored_by.unit == "points" and not np.isnan(value):
        assert -EXACT <= value <= 1 + EXACT
    assert not np.isinf(value)


@every_metric
@given(predicted=ANY, seed=st.integers(0, 1000), by_class=st.booleans())
@settings(max_examples=25, deadline=None)
def test_a_weight_is_the_example_repeated(scored_by: Metric, predicted: Predicted, seed: int, by_class: bool) -> None:
    weights = bootstrap_weights(predicted.labels, 2, np.random.default_rng(seed), by_class)
    expected = [scored_by.value(repeated(predicted, each)) for each in weights]
    scores = scored_by.weighted(predicted, weights)
    assert scores.shape == (2,)
    assert scores.dtype == np.float64
    assert scores == pytest.approx(expected, rel=EXACT, abs=EXACT, nan_ok=True)


@pytest.mark.parametrize("scored_by", [each for each in EVERY if each.per_example], ids=lambda each: each.name)
@given(predicted=ANY)
def test_the_mean_of_the_examples_is_the_value(scored_by: Metric, predicted: Predicted) -> None:
    examples = scored_by.per_example(predicted)
    assert examples.shape == predicted.labels.shape
    assert examples.dtype == np.float64
    assert examples.mean() == pytest.approx(scored_by.value(predicted), rel=EXACT, abs=EXACT)


@every_metric
def test_a_metric_says_whether_it_weighs_classes_alike(scored_by: Metric) -> None:
    """Twice the examples of a class change no score that weighs classes alike and looks at each class's own."""
    predicted = made(300, 3, seed=6)
    assert scored_by.by_class in (True, False)
    if scored_by.by_class and scored_by.per_example:
        twice = np.where(predicted.labels == predicted.labels[0], 2, 1)
        assert scored_by.value(repeated(predicted, twice)) == pytest.approx(scored_by.value(predicted))


@every_metric
def test_names_and_units_are_such_as_files_and_readers_take(scored_by: Metric) -> None:
    assert scored_by.name.isidentifier()
    assert scored_by.label
    assert scored_by.unit in ("points", "nats", "")
    assert known_metrics()[scored_by.name] is scored_by
    assert metric_in_epochs(scored_by.name_in_epochs) is scored_by


@every_metric
def test_a_metric_looks_at_the_decisions_alone_or_not_at_all(scored_by: Metric) -> None:
    predicted = made(300, 4, seed=5)
    rows, labels, decisions = predicted.probabilities, predicted.labels, predicted.decisions
    of_decisions = scored_by.value(Predicted.of(np.eye(4, dtype=np.float32)[decisions], labels, positive=1))
    of_rows = scored_by.value(Predicted.of(rows, labels, positive=1))
    assert scored_by.value(predicted) in (of_decisions, of_rows)


def test_scores_equal_those_of_torchmetrics() -> None:
    predicted = made(400, 3, seed=5)
    rows, truth = torch.from_numpy(predicted.probabilities), torch.from_numpy(predicted.labels)
    theirs = {
        "accuracy": torchmetrics.multiclass_accuracy(rows, truth, 3, average="micro"),
        "balanced_accuracy": torchmetrics.multiclass_accuracy(rows, truth, 3, average="macro"),
        "macro_f1": torchmetrics.multiclass_f1_score(rows, truth, 3, average="macro"),
        "macro_precision": torchmetrics.multiclass_precision(rows, truth, 3, average="macro"),
        "macro_recall": torchmetrics.multiclass_recall(rows, truth, 3, average="macro"),
        "mcc": torchmetrics.multiclass_matthews_corrcoef(rows, truth, 3),
        "auroc": torchmetrics.multiclass_auroc(rows, truth, 3, average="macro"),
        "average_precision": torchmetrics.multiclass_average_precision(rows, truth, 3, average="macro"),
        "log_loss": torch.nn.functional.nll_loss(rows.log(), truth),
        "ece": torchmetrics.multiclass_calibration_error(rows, truth, 3, n_bins=15, norm="l1"),
    }
    seen = Predicted.of(predicted.probabilities, predicted.labels)
    ours = {name: known_metrics()[name].value(seen) for name in theirs}
    assert ours == pytest.approx({name: float(value) for name, value in theirs.items()}, abs=2e-6)


@every_metric
def test_only_a_metric_of_one_class_needs_it_to_be_named(scored_by: Metric) -> None:
    predicted = made(60, 3, seed=5)
    unnamed = Predicted(predicted.probabilities, np.arange(60) % 3, predicted.decisions)
    assert np.isnan(scored_by.value(unnamed)) == scored_by.needs_positive


def test_they_are_listed_in_their_order() -> None:
    assert sorted(EVERY, key=lambda each: (each.order, each.name)) == EVERY


def test_what_every_epoch_records_is_cheap() -> None:
    predicted, seconds = made(800, 8, seed=1), []
    for _ in range(50):
        start = time.perf_counter()
        for each in metrics_of_every_epoch():
            each.value(predicted)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 1e-3


def test_the_table_of_metrics_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        known_metrics()["accuracy"] = EVERY[0]


def test_a_misspelt_metric_names_the_nearest() -> None:
    with pytest.raises(UserError, match="balanced_accuracy"):
        metric("balanced_acuracy")


def test_a_classs_own_accuracy_is_found_by_name_where_the_classes_are_known() -> None:
    assert metric("class_accuracy/dog", ["cat", "dog"]).position == 1
    assert metric("class_accuracy/b:c", ["a", "b:c"]).position == 1
    assert metric("accuracy", ["cat", "dog"]) is known_metrics()["accuracy"]
    with pytest.raises(UserError, match="class_accuracy/dog"):
        metric("class_accuracy/dgo", ["cat", "dog"])
    with pytest.raises(UserError, match="unknown metric"):
        metric("class_accuracy/dog")


def test_names_and_import_paths_are_metrics() -> None:
    assert all(is_metric(each.name) for each in EVERY)
    assert is_metric("mine:KAPPA")
    assert not is_metric("latency_ms_1")
    assert not is_metric("class_accuracy/b:c")


def test_a_metric_is_one_new_file_in_the_folder(tmp_path) -> None:
    """A file with a ``Metric`` is found without being named anywhere."""
    source = (
        "import numpy as np\nfrom ablation.metrics.metric import Metric\n"
        "NEW = Metric('brand_new', 'new', '', True, lambda predicted, weights: np.zeros(len(weights)), order=15)\n"
    )
    (tmp_path / "brand_new.py").write_text(source)
    code = (
        "import json, sys, ablation.metrics\n"
        "ablation.metrics.__path__.append(sys.argv[1])\n"
        "from ablation.metrics.registry import known_metrics\n"
        "print(json.dumps([list(known_metrics()), sorted({'sklearn', 'torch', 'scipy'} & set(sys.modules))]))"
    )
    shown = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    names, heavy = json.loads(shown.stdout)
    assert names == [EVERY[0].name, "brand_new", *(each.name for each in EVERY[1:])]
    assert heavy == []
