"""Random predictions to score: with ties, with absent classes, and with decisions that are not the most probable."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from ablation.metrics.metric import Predicted


def made(n: int, classes: int, seed: int, levels: int = 10_000) -> Predicted:
    """Random examples; classes may be absent, or never predicted. Few levels make many ties among probabilities."""
    generator = np.random.default_rng(seed)
    counts = generator.integers(1, levels + 1, size=(n, classes)).astype(np.float32)
    rows = counts / counts.sum(axis=1, keepdims=True)
    labels = generator.integers(generator.integers(1, classes + 1), size=n)
    decisions = generator.integers(generator.integers(1, classes + 1), size=n)
    return Predicted(rows, labels, np.where(generator.random(n) < 0.5, labels, decisions), positive=1)


def repeated(predicted: Predicted, weights: np.ndarray) -> Predicted:
    """The examples, each as often as its weight says."""
    arrays = (predicted.probabilities, predicted.labels, predicted.decisions)
    return Predicted(*(np.repeat(each, weights, axis=0) for each in arrays), positive=predicted.positive)


ANY = st.builds(made, st.integers(1, 40), st.integers(2, 6), st.integers(0, 10_000), st.sampled_from([2, 5, 10_000]))
"""Any of them."""
EXACT = 1e-12
"""How near scores come to scikit-learn's: both are sums of doubles, in another order."""
