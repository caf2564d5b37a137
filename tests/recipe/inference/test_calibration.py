from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from ablation.metrics.predictions import Predictions
from ablation.recipe.inference.calibration import BOUNDS, temperature, tempered

GRID = np.geomspace(*BOUNDS, 2001)


def overconfident(n: int, classes: int, seed: int, times: float = 3.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Logits, their probabilities and labels drawn from softmax(logits / times): its true temperature is ``times``."""
    generator = np.random.default_rng(seed)
    logits = times * generator.normal(scale=1.5, size=(n, classes))
    odds = np.exp(logits / times)
    labels = (odds.cumsum(axis=1) < generator.random((n, 1)) * odds.sum(axis=1, keepdims=True)).sum(axis=1)
    probabilities = torch.from_numpy(logits).softmax(1).float().numpy()
    return logits, probabilities, labels


def losses_of_the_grid(probabilities: np.ndarray, labels: np.ndarray) -> np.ndarray:
    logs = torch.from_numpy(probabilities).double().clamp_min(torch.finfo(torch.float32).tiny).log()
    target = torch.from_numpy(labels)
    return np.array([F.cross_entropy(logs / t, target).item() for t in GRID])


@settings(max_examples=25, deadline=None)
@given(n=st.integers(1, 40), classes=st.integers(2, 5), times=st.floats(0.3, 6), seed=st.integers(0, 10_000))
def test_no_temperature_of_a_grid_has_a_smaller_loss(n: int, classes: int, times: float, seed: int) -> None:
    _, probabilities, labels = overconfident(n, classes, seed, times)
    losses = losses_of_the_grid(probabilities, labels)
    chosen = temperature(probabilities, labels)
    assert BOUNDS[0] <= chosen <= BOUNDS[1]
    nearest = losses[np.abs(np.log(GRID / chosen)).argmin()]
    assert nearest <= losses.min() + 1e-4


@pytest.mark.parametrize("times", [0.5, 1.0, 2.0, 4.0])
def test_it_is_what_torchs_lbfgs_finds_on_the_logits(times: float) -> None:
    logits, probabilities, labels = overconfident(1000, 5, seed=0, times=times)
    parameter = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([parameter], max_iter=100, line_search_fn="strong_wolfe", tolerance_grad=1e-10)

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(torch.from_numpy(logits) / parameter.exp(), torch.from_numpy(labels))
        loss.backward()
        return loss

    optimizer.step(closure)
    chosen = temperature(probabilities, labels)
    assert chosen == pytest.approx(parameter.exp().item(), rel=1e-3)
    assert chosen == pytest.approx(times, rel=0.15)


def test_a_temperature_of_1_leaves_the_probabilities_bit_for_bit() -> None:
    _, probabilities, _ = overconfident(300, 7, seed=1)
    assert tempered(probabilities, 1.0).tobytes() == probabilities.tobytes()


def test_tempered_probabilities_are_the_softmax_of_the_divided_logits() -> None:
    logits, probabilities, _ = overconfident(300, 7, seed=1)
    expected = torch.from_numpy(logits / 2.5).softmax(1).numpy()
    found = tempered(probabilities, 2.5)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-7)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)


@given(divisor=st.floats(*BOUNDS), seed=st.integers(0, 100))
def test_the_most_probable_class_stays(divisor: float, seed: int) -> None:
    _, probabilities, _ = overconfident(20, 4, seed)
    lead = np.sort(probabilities)[:, -1] - np.sort(probabilities)[:, -2]
    clear = lead > 1e-5
    after = tempered(probabilities, divisor)
    assert np.array_equal(after.argmax(axis=1)[clear], probabilities.argmax(axis=1)[clear])


def test_an_overconfident_model_is_calibrated_on_images_it_was_not_calibrated_by() -> None:
    _, seen, seen_labels = overconfident(1000, 6, seed=2)
    _, fresh, fresh_labels = overconfident(4000, 6, seed=3)
    ids = np.arange(4000)
    before = Predictions.of(fresh, fresh_labels, ids).metrics(None)
    after = Predictions.of(tempered(fresh, temperature(seen, seen_labels)), fresh_labels, ids).metrics(None)
    assert after["accuracy"] == before["accuracy"]
    assert after["log_loss"] < before["log_loss"] - 0.1
    assert after["brier"] < before["brier"]
    assert after["ece"] < 0.03 < 0.2 < before["ece"]


def test_where_validation_has_no_error_it_stops_at_the_lower_bound() -> None:
    sure = np.array([[0.6, 0.4], [0.3, 0.7]], dtype=np.float32)
    assert temperature(sure, np.array([0, 1])) == pytest.approx(BOUNDS[0], rel=1e-4)


def test_where_the_model_is_worse_than_chance_it_stops_at_the_upper_bound() -> None:
    sure = np.array([[0.6, 0.4], [0.3, 0.7]], dtype=np.float32)
    assert temperature(sure, np.array([1, 0])) == pytest.approx(BOUNDS[1], rel=1e-4)


@pytest.mark.parametrize(
    ("rows", "labels"),
    [([[0.5, 0.5]] * 3, [0, 1, 1]), ([[1.0, 0.0], [0.0, 1.0]], [0, 1])],
    ids=["no opinion", "already certain and right"],
)
def test_where_no_temperature_is_better_nothing_changes(rows: list[list[float]], labels: list[int]) -> None:
    assert temperature(np.array(rows, dtype=np.float32), np.array(labels)) == 1.0


def test_probabilities_of_zero_are_taken_as_very_small() -> None:
    rows = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.8, 0.2, 0]], dtype=np.float32)
    labels = np.array([0, 1, 1, 0])
    chosen = temperature(rows, labels)
    calibrated = tempered(rows, chosen)
    assert 1 < chosen < BOUNDS[1] + 1e-9
    assert np.isfinite(calibrated).all()
    assert log_loss(labels, calibrated.astype(float), labels=[0, 1, 2]) < log_loss(
        labels, rows.astype(float), labels=[0, 1, 2]
    )
