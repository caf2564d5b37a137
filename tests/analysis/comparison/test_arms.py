"""Arms: sums over replicates and examples are those of NumPy, and variance has the package's components."""

from __future__ import annotations

import numpy as np
import pytest

from ablation.analysis.comparison.arms import Arm, combined, difference
from ablation.stats.components import components, resampled_components


def arm(seed: int, *, resamples: bool = False) -> Arm:
    generator = np.random.default_rng(seed)
    scores = generator.normal(size=(4, 10))
    return Arm(scores.mean(axis=1), examples=scores, resamples=generator.normal(size=(4, 7)) if resamples else None)


def test_a_weighted_sum_is_that_of_every_array() -> None:
    one, other = arm(0, resamples=True), arm(1, resamples=True)
    total = combined([(2.0, one), (-0.5, other)])
    for name in ("values", "examples", "resamples"):
        assert getattr(total, name) == pytest.approx(2 * getattr(one, name) - getattr(other, name) / 2)


def test_what_one_arm_lacks_their_sum_lacks() -> None:
    total = combined([(1.0, arm(0, resamples=True)), (1.0, Arm(np.zeros(4)))])
    assert (total.examples, total.resamples, total.has_examples) == (None, None, False)


def test_a_difference_is_new_minus_old() -> None:
    old, new = arm(0), arm(1)
    assert difference(new, old).values == pytest.approx(new.values - old.values)


def test_components_are_those_of_the_examples_or_of_the_resamples() -> None:
    one = arm(0, resamples=True)
    assert one.examples is not None
    assert one.resamples is not None
    assert one.components() == components(one.examples)
    resampled = Arm(one.values, resamples=one.resamples, examples_df=9.0)
    assert resampled.components() == resampled_components(one.values, one.resamples, 9.0)


def test_scores_without_examples_have_no_components() -> None:
    with pytest.raises(ValueError, match="no components"):
        Arm(np.arange(3.0)).components()
