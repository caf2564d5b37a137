"""What is kept is chosen on validation, and what chooses cannot reach a test image."""

from __future__ import annotations

import ast
from pathlib import Path

import pandas as pd
import pytest
from standin_plan import standin_plan
from standin_store import finished

import ablation.analysis.comparison.selection as chooser
import ablation.experiment.store.selection_scores as source_of_scores
from ablation.analysis.comparison.selection import Frontier, frontier
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.selection_scores import selection_scores
from ablation.metrics.predictions import Predictions
from ablation.metrics.registry import metric

ACCURACY = metric("accuracy")


def frame(plan: Plan, scores: dict[str, float], costs: dict[str, float]) -> pd.DataFrame:
    rows = [
        {"variant": run.variant, "replicate": run.replicate, "val/accuracy": scores[run.variant],
         "val/log_loss": 1 - scores[run.variant], "train_seconds": costs[run.variant]}
        for run in plan.runs
    ]  # fmt: skip
    return pd.DataFrame(rows)


SCORES = {"baseline": 0.70, "+ rung 1": 0.80, "+ rung 2": 0.79, "+ rung 3": 0.805}
COSTS = {"baseline": 10.0, "+ rung 1": 20.0, "+ rung 2": 30.0, "+ rung 3": 40.0}


def chosen(by: str = "accuracy", margin: float = 1.0) -> Frontier:
    plan = standin_plan(variants=4)
    found = frontier(plan, frame(plan, SCORES, COSTS), metric(by), margin, "train_seconds")
    assert found is not None
    return found


@pytest.mark.parametrize("by", ["accuracy", "log_loss"])
def test_the_frontier_leaves_out_what_costs_more_and_scores_no_better(by: str) -> None:
    found = chosen(by, margin=0.001)
    assert [each.variant for each in found.candidates] == ["baseline", "+ rung 1", "+ rung 3"]
    assert [each.ratio for each in found.candidates] == [1.0, 2.0, 4.0]
    assert found.measured == 4


def test_the_best_is_named_beside_the_cheapest_within_the_margin_of_it() -> None:
    found = chosen()
    assert (found.best.variant, found.enough and found.enough.variant) == ("+ rung 3", "+ rung 1")
    assert found.best.score == pytest.approx(80.5)


def test_without_a_margin_nothing_is_called_enough() -> None:
    assert chosen(margin=float("nan")).enough is None


def test_a_variant_with_a_hole_is_no_choice() -> None:
    plan = standin_plan(variants=4)
    holed = frame(plan, SCORES, COSTS).iloc[:-1]
    found = frontier(plan, holed, ACCURACY, 1.0, "train_seconds")
    assert found is not None
    assert found.best.variant == "+ rung 1"


def test_what_was_not_measured_gives_no_frontier() -> None:
    plan = standin_plan(variants=4)
    assert frontier(plan, frame(plan, SCORES, COSTS), ACCURACY, 1.0, "latency_ms_1") is None


def test_a_frame_with_test_scores_is_refused() -> None:
    plan = standin_plan(variants=4)
    poisoned = frame(plan, SCORES, COSTS).assign(**{"test/accuracy": 0.9})
    with pytest.raises(ValueError, match="test scores"):
        frontier(plan, poisoned, ACCURACY, 1.0, "train_seconds")


class Watched(ContentStore):
    """A store that fails the test when something about a test image is read."""

    def __init__(self, root: Path, forbidden: set[str]) -> None:
        super().__init__(root)
        object.__setattr__(self, "forbidden", forbidden)

    def folder(self, address: str) -> Path:
        assert address not in self.forbidden  # type: ignore[attr-defined]
        return super().folder(address)

    def predictions(self, address: str) -> Predictions:
        raise AssertionError("a choice needs no single prediction")


def test_choosing_reads_nothing_about_a_test_image(tmp_path: Path) -> None:
    plan = standin_plan(variants=4, replicates=3)
    store = finished(plan, tmp_path)
    watched = Watched(tmp_path, {run.test for run in plan.runs})
    with pytest.raises(AssertionError):
        watched.has(plan.runs[0].test)
    before = frontier(plan, selection_scores(plan, watched), ACCURACY, 1.0, "train_seconds")
    for run in plan.runs:
        (store.folder(run.test) / "outcome.json").write_text('{"metrics": {"accuracy": 1.0}}')
    assert before == frontier(plan, selection_scores(plan, store), ACCURACY, 1.0, "train_seconds")
    assert before is not None


def test_the_code_that_chooses_has_no_way_to_a_store() -> None:
    """By construction: the chooser imports neither stores nor evidence, and its source of scores names no test run."""
    assert chooser.__file__ is not None
    assert source_of_scores.__file__ is not None
    tree = ast.parse(Path(chooser.__file__).read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    allowed = {"ablation.metrics.metric", "ablation.experiment.planning.plan"}
    assert {name for name in imported if name.startswith("ablation.")} == allowed
    reader = ast.parse(Path(source_of_scores.__file__).read_text())
    assert not {"test", "corrupted", "predictions"} & {
        node.attr for node in ast.walk(reader) if isinstance(node, ast.Attribute)
    }
