from __future__ import annotations

import itertools
import math
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mlflow.utils.validation import _validate_metric_name

from ablation.tracking.metrics import accepted_name, accepted_value, as_metrics, whole_steps


@given(st.text(max_size=60))
def test_any_text_becomes_a_name_that_mlflow_accepts_and_stays_it_or_is_refused(text: str) -> None:
    try:
        name = accepted_name(text)
    except ValueError:
        assert not text.strip("/.") or "/" in text or len(text) > 30
        return
    _validate_metric_name(name)
    assert accepted_name(name) == name


@pytest.mark.parametrize("name", ["val/balanced_accuracy", "test/f1 macro", "a.b-c:d", "val/précision"])
def test_an_accepted_name_is_left_alone(name: str) -> None:
    assert accepted_name(name) == name


def test_signs_that_mlflow_rejects_are_spelt_out() -> None:
    assert accepted_name("acc@5") == "acc_at_5"
    assert accepted_name("gain%") == "gain_percent"
    assert accepted_name("/abs//../model[0]") == "model_0_"


def test_infinities_become_the_largest_floats_and_nan_stays() -> None:
    assert accepted_value(math.inf) == sys.float_info.max
    assert accepted_value(-math.inf) == -sys.float_info.max
    assert math.isnan(accepted_value(math.nan))


@given(st.lists(st.integers(1, 700), max_size=12))
def test_batches_hold_all_steps_in_order_and_cut_none(sizes: list[int]) -> None:
    steps = [as_metrics(step, {f"m{k}": 0.0 for k in range(size)}) for step, size in enumerate(sizes)]
    batches = list(whole_steps(steps))
    assert [metric for batch in batches for metric in batch] == [metric for step in steps for metric in step]
    assert all(len(batch) <= 1000 for batch in batches)
    for before, after in itertools.pairwise(batches):
        assert before[-1].step < after[0].step
