"""Matthews correlation against scikit-learn."""

from __future__ import annotations

import pytest
from hypothesis import given
from predicted import ANY, EXACT
from sklearn import metrics as sk

from ablation.metrics.correlation import MCC
from ablation.metrics.metric import Predicted


@pytest.mark.filterwarnings("ignore:A single label was found:UserWarning")
@given(predicted=ANY)
def test_it_is_scikit_learns_and_0_where_there_is_one_class_only(predicted: Predicted) -> None:
    one_class = predicted.labels.min() == predicted.labels.max()
    expected = 0.0 if one_class else sk.matthews_corrcoef(predicted.labels, predicted.decisions)
    assert MCC.value(predicted) == pytest.approx(expected, abs=EXACT)
