from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ablation.recipe.inference.averaging import averaged


def predictions(models: int, n: int, classes: int, seed: int) -> list[np.ndarray]:
    generator = np.random.default_rng(seed)
    return [generator.dirichlet(np.ones(classes), size=n).astype(np.float32) for _ in range(models)]


@given(models=st.integers(1, 6), n=st.integers(1, 20), classes=st.integers(2, 7), seed=st.integers(0, 10_000))
def test_the_average_equals_a_naive_loop(models: int, n: int, classes: int, seed: int) -> None:
    given_predictions = predictions(models, n, classes, seed)
    found = averaged(given_predictions)
    for row in range(n):
        for column in range(classes):
            total = 0.0
            for each in given_predictions:
                total += float(each[row, column])
            assert found[row, column] == np.float32(total / models)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-6)


def test_one_prediction_alone_is_left_bit_for_bit() -> None:
    (alone,) = predictions(1, 50, 8, seed=0)
    assert averaged([alone]).tobytes() == alone.tobytes()


def test_the_order_of_the_models_does_not_matter() -> None:
    several = predictions(5, 200, 8, seed=1)
    assert np.array_equal(averaged(several), averaged(several[::-1]))


def test_an_average_of_different_models_is_better_than_they_are_on_the_mean() -> None:
    labels = np.random.default_rng(2).integers(8, size=200)
    several = predictions(5, 200, 8, seed=2)
    losses = [-np.log(each[np.arange(200), labels]).mean() for each in [*several, averaged(several)]]
    assert losses[-1] < np.mean(losses[:-1])  # Jensen's inequality: the log is concave


def test_predictions_of_different_examples_are_refused() -> None:
    with pytest.raises(ValueError, match="same shape"):
        averaged([*predictions(1, 5, 3, seed=0), *predictions(1, 6, 3, seed=0)])
