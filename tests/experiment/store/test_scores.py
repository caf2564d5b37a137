"""Scores of finished predictions: recorded ones are read, all others computed from what was kept."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest
from standin_plan import standin_plan
from standin_store import finished

from ablation.experiment.store.scores import own_metrics, prediction_score, prediction_scores
from ablation.metrics.registry import metric

PLAN = standin_plan(replicates=1)
STAGE = PLAN.stages[PLAN.runs[0].test]
OWN = "ablation.metrics.correlation:MCC"


def test_what_was_recorded_is_read_and_what_was_not_is_computed(tmp_path: Path) -> None:
    store = finished(PLAN, tmp_path)
    kept = store.predictions(STAGE.address)
    outcome = store.folder(STAGE.address) / "outcome.json"
    outcome.write_text(json.dumps({"metrics": {"accuracy": 0.125}}))
    assert prediction_score(metric("accuracy"), STAGE, store) == 0.125
    mcc = metric("mcc").value(kept.predicted(None))
    assert prediction_score(metric("mcc"), STAGE, store) == pytest.approx(mcc)
    assert prediction_scores(PLAN, STAGE.address, store) == {"accuracy": 0.125}
    own = dataclasses.replace(PLAN, metric=OWN)
    assert prediction_scores(own, STAGE.address, store) == {"accuracy": 0.125, OWN: pytest.approx(mcc)}


def test_the_declared_metric_is_computed_where_it_is_named_by_import_path() -> None:
    assert own_metrics(PLAN) == ()
    assert [each.name for each in own_metrics(dataclasses.replace(PLAN, metric=OWN))] == [OWN]
