"""Metrics against scikit-learn, brute force, and sets in which classes are absent."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sk
from torchmetrics.functional.classification import (
    multiclass_accuracy,
    multiclass_auroc,
    multiclass_average_precision,
    multiclass_calibration_error,
    multiclass_f1_score,
    multiclass_matthews_corrcoef,
    multiclass_precision,
    multiclass_recall,
)

from ablation.errors import UserError
from ablation.metrics.scores import METRICS, class_accuracy, evaluate, metric, predicted_shares


def predictions(n: int, classes: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    logits = generator.normal(size=(n, classes)) * 2
    labels = generator.integers(classes, size=n)
    logits[np.arange(n), labels] += 1
    odds = np.exp(logits)
    return (odds / odds.sum(axis=1, keepdims=True)).astype(np.float32), labels.astype(np.int64)


@pytest.fixture(params=[2, 3, 8])
def scored(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray, dict[str, float]]:
    probabilities, labels = predictions(400, request.param, seed=request.param)
    return probabilities, labels, evaluate(METRICS, probabilities, labels)


def test_class_scores_equal_scikit_learn(scored):
    probabilities, labels, score = scored
    guess = probabilities.argmax(axis=1)
    assert score["accuracy"] == pytest.approx(sk.accuracy_score(labels, guess), abs=1e-12)
    assert score["balanced_accuracy"] == pytest.approx(sk.balanced_accuracy_score(labels, guess), abs=1e-12)
    assert score["macro_recall"] == pytest.approx(sk.recall_score(labels, guess, average="macro"), abs=1e-12)
    assert score["macro_precision"] == pytest.approx(sk.precision_score(labels, guess, average="macro"), abs=1e-12)
    assert score["macro_f1"] == pytest.approx(sk.f1_score(labels, guess, average="macro"), abs=1e-12)
    assert score["mcc"] == pytest.approx(sk.matthews_corrcoef(labels, guess), abs=1e-12)


def test_ranking_and_probability_scores_equal_scikit_learn(scored):
    probabilities, labels, score = scored
    classes = probabilities.shape[1]
    double = probabilities.astype(float) / probabilities.astype(float).sum(axis=1, keepdims=True)
    one_hot = np.eye(classes)[labels]
    assert score["auroc"] == pytest.approx(sk.roc_auc_score(one_hot, probabilities, average="macro"), abs=1e-9)
    assert score["average_precision"] == pytest.approx(sk.average_precision_score(one_hot, probabilities), abs=1e-9)
    assert score["log_loss"] == pytest.approx(sk.log_loss(labels, double), abs=1e-9)
    assert score["brier"] == pytest.approx(sk.brier_score_loss(labels, double, scale_by_half=False), abs=1e-6)


def test_auroc_of_three_classes_is_scikit_learns_one_versus_rest():
    probabilities, labels = predictions(300, 3, seed=0)
    double = probabilities.astype(float) / probabilities.astype(float).sum(axis=1, keepdims=True)
    expected = sk.roc_auc_score(labels, double, multi_class="ovr", average="macro")
    assert evaluate(["auroc"], probabilities, labels)["auroc"] == pytest.approx(expected, abs=1e-6)


def test_ece_equals_a_loop_over_its_bins(scored):
    probabilities, labels, score = scored
    confidence, hit = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    expected, edges = 0.0, np.linspace(0, 1, 16)
    for low, high in itertools.pairwise(edges):
        inside = (confidence >= low) & ((confidence < high) | (high == 1))
        if inside.any():
            expected += inside.mean() * abs(hit[inside].mean() - confidence[inside].astype(float).mean())
    assert score["ece"] == pytest.approx(expected, abs=1e-9)


def test_scores_equal_those_of_torchmetrics(scored):
    probabilities, labels, score = scored
    rows, truth, classes = torch.from_numpy(probabilities), torch.from_numpy(labels), probabilities.shape[1]
    theirs = {
        "accuracy": multiclass_accuracy(rows, truth, classes, average="micro"),
        "balanced_accuracy": multiclass_accuracy(rows, truth, classes, average="macro"),
        "macro_f1": multiclass_f1_score(rows, truth, classes, average="macro"),
        "macro_precision": multiclass_precision(rows, truth, classes, average="macro"),
        "macro_recall": multiclass_recall(rows, truth, classes, average="macro"),
        "mcc": multiclass_matthews_corrcoef(rows, truth, classes),
        "auroc": multiclass_auroc(rows, truth, classes, average="macro"),
        "average_precision": multiclass_average_precision(rows, truth, classes, average="macro"),
        "log_loss": torch.nn.functional.nll_loss(rows.log(), truth),
        "ece": multiclass_calibration_error(rows, truth, classes, n_bins=15, norm="l1"),
    }
    assert {name: score[name] for name in theirs} == pytest.approx({k: float(v) for k, v in theirs.items()}, abs=2e-6)


def test_ece_of_a_perfectly_sure_and_right_classifier_is_zero():
    assert evaluate(["ece"], np.eye(3, dtype=np.float32), np.arange(3))["ece"] == 0.0


def test_an_absent_class_is_left_out_of_the_averages():
    labels = np.array([0, 0, 1, 1])
    probabilities = np.array([[0.8, 0.1, 0.1], [0.1, 0.2, 0.7], [0.2, 0.7, 0.1], [0.3, 0.6, 0.1]], dtype=np.float32)
    score = evaluate(METRICS, probabilities, labels)
    assert score["balanced_accuracy"] == score["macro_recall"] == pytest.approx(0.75)
    assert score["macro_precision"] == pytest.approx(1.0)
    assert score["macro_f1"] == pytest.approx((2 / 3 + 1) / 2)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 30), st.integers(2, 6), st.integers(0, 10_000), st.data())
def test_any_set_of_classes_present_gives_scores_in_range_and_no_warning(n, classes, seed, data):
    probabilities, _ = predictions(n, classes, seed)
    labels = np.array(data.draw(st.lists(st.integers(0, classes - 1), min_size=n, max_size=n)))
    score = evaluate(METRICS, probabilities, labels)
    for name, value in score.items():
        if name == "f1" or (name == "auroc" and len(np.unique(labels)) == 1):
            assert np.isnan(value)
        elif METRICS[name].unit == "points":
            assert 0 <= value <= 1 + 1e-12, name  # scikit-learn sums steps of recall to 1 within rounding
        else:
            assert np.isfinite(value), name


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 30), st.integers(2, 6), st.integers(0, 10_000), st.integers(1, 8), st.data())
def test_ranking_scores_are_bit_for_bit_the_mean_of_scikit_learns_of_each_class(n, classes, seed, decimals, data):
    probabilities = predictions(n, classes, seed)[0].round(decimals)  # with ties
    labels = np.array(data.draw(st.lists(st.integers(0, classes - 1), min_size=n, max_size=n)))
    present = np.unique(labels)
    for name, of_a_class in (("auroc", sk.roc_auc_score), ("average_precision", sk.average_precision_score)):
        if name == "average_precision" or len(present) > 1:
            each = [of_a_class(labels == one, probabilities[:, one]) for one in present]
            assert evaluate([name], probabilities, labels)[name] == np.mean(each)


@pytest.mark.parametrize("name", ["auroc", "average_precision", "log_loss"])
def test_probabilities_that_are_no_numbers_are_refused(name):
    probabilities, labels = predictions(20, 3, seed=1)
    probabilities[4] = np.nan
    with pytest.raises(ValueError, match="contains NaN"):
        evaluate([name], probabilities, labels)


@pytest.mark.parametrize("positive", [0, 1])
def test_f1_is_scikit_learns_of_the_positive_class(positive):
    probabilities, labels = predictions(300, 2, seed=5)
    found = evaluate(["f1"], probabilities, labels, positive=positive)["f1"]
    assert found == pytest.approx(sk.f1_score(labels, probabilities.argmax(axis=1), pos_label=positive), abs=1e-12)


@pytest.mark.parametrize(("labels", "positive"), [([0, 1], None), ([0, 0], 1)], ids=["none named", "none there"])
def test_f1_is_undefined_without_a_positive_class(labels, positive):
    probabilities = np.array([[0.9, 0.1], [0.3, 0.7]], dtype=np.float32)
    assert np.isnan(evaluate(["f1"], probabilities, np.array(labels), positive=positive)["f1"])


def test_f1_is_0_where_no_positive_example_is_found():
    probabilities = np.array([[0.9, 0.1], [0.6, 0.4]], dtype=np.float32)
    assert evaluate(["f1"], probabilities, np.array([0, 1]), positive=1)["f1"] == 0.0


HITS = ("accuracy", "balanced_accuracy", "macro_f1", "macro_precision", "macro_recall", "f1", "mcc")


def test_scores_that_count_hits_follow_the_decisions_and_no_others_do():
    probabilities, labels = predictions(400, 2, seed=6)
    decisions = (probabilities[:, 1] >= 0.2).astype(np.int64)
    own = evaluate(METRICS, probabilities, labels, positive=1)
    told = evaluate(METRICS, probabilities, labels, decisions, positive=1)
    assert {name for name in METRICS if told[name] != own[name]} == set(HITS)
    as_if = evaluate(HITS, np.eye(2, dtype=np.float32)[decisions], labels, positive=1)
    assert {name: told[name] for name in HITS} == as_if


def test_decisions_by_argmax_change_nothing(scored):
    probabilities, labels, score = scored
    assert evaluate(METRICS, probabilities, labels, probabilities.argmax(axis=1)) == pytest.approx(score, nan_ok=True)


@given(st.integers(2, 6), st.data())
def test_class_accuracy_is_the_share_found_of_each_class_and_undefined_without_examples(classes, data):
    pairs = st.tuples(st.integers(0, classes - 1), st.integers(0, classes - 1))
    decisions, labels = np.array(data.draw(st.lists(pairs, min_size=1, max_size=30))).T
    found = class_accuracy(decisions, labels, classes)
    for each in range(classes):
        of_it = [taken for taken, label in zip(decisions, labels, strict=True) if label == each]
        assert found[each] == of_it.count(each) / len(of_it) if of_it else np.isnan(found[each])
    assert len(found) == classes


@given(st.integers(2, 6), st.data())
def test_predicted_shares_count_every_decision_once(classes, data):
    decisions = data.draw(st.lists(st.integers(0, classes - 1), min_size=1, max_size=30))
    found = predicted_shares(np.array(decisions), classes)
    assert found.tolist() == [decisions.count(each) / len(decisions) for each in range(classes)]


def test_a_probability_of_zero_costs_a_finite_log_loss():
    wrong = np.array([[1.0, 0.0]], dtype=np.float32)
    assert evaluate(["log_loss"], wrong, np.array([1]))["log_loss"] == pytest.approx(36.04, abs=0.01)


def test_a_gain_is_positive_when_better_and_proportions_are_shown_in_points():
    assert METRICS["accuracy"].gain_scale == 100
    assert METRICS["ece"].gain_scale == -100
    assert METRICS["log_loss"].gain_scale == -1


def test_a_misspelt_metric_names_the_nearest():
    with pytest.raises(UserError, match="balanced_accuracy"):
        metric("balanced_acuracy")


def test_the_table_of_metrics_cannot_be_changed():
    with pytest.raises(TypeError):
        METRICS["accuracy"] = METRICS["ece"]


def test_the_metrics_of_every_epoch_take_under_a_third_of_a_millisecond():
    probabilities, labels = predictions(800, 8, seed=1)
    seconds = []
    for _ in range(50):
        start = time.perf_counter()
        evaluate(["accuracy", "balanced_accuracy"], probabilities, labels)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 3e-4


def test_importing_the_metrics_loads_neither_scikit_learn_nor_torch():
    code = "import sys, ablation.metrics.scores; print(sorted({'sklearn', 'torch', 'scipy'} & set(sys.modules)))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
