"""Names of metrics that an experiment file may write."""

from __future__ import annotations

import pytest
from pydantic_core import PydanticCustomError

from ablation.experiment.config.metric_names import check_promised, judging_metric
from ablation.metrics.registry import known_metrics

OWN = "ablation.metrics.correlation:MCC"


@pytest.mark.parametrize("each", known_metrics().values(), ids=lambda each: each.name)
def test_an_experiment_is_judged_by_what_verdicts_may_stand_on(each) -> None:
    if each.for_verdicts:
        assert judging_metric(each.name) is each
    else:
        with pytest.raises(PydanticCustomError, match="to judge by"):
            judging_metric(each.name)


def test_a_metric_by_import_path_judges_and_is_promised() -> None:
    assert judging_metric(OWN).name == OWN
    check_promised(OWN)


@pytest.mark.parametrize("name", [*known_metrics(), "train_seconds", "gap", "class_accuracy/any"])
def test_metrics_classes_and_columns_are_promised(name: str) -> None:
    check_promised(name)


@pytest.mark.parametrize(("name", "problem"), [("acuracy", "accuracy"), ("no_module_here:X", "cannot import")])
def test_anything_else_is_refused(name: str, problem: str) -> None:
    with pytest.raises(PydanticCustomError, match=problem):
        check_promised(name)
    with pytest.raises(PydanticCustomError, match=problem):
        judging_metric(name)
