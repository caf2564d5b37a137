"""A metric in a file beside the experiment: for results trained before it existed, for files, promises and steering."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import cohen_kappa_score
from standin_store import finish
from tiny_experiment import TINY

import ablation
from ablation.core.execute import execute
from ablation.errors import UserError
from ablation.experiment.config.file import load
from ablation.experiment.planning import source_hashes
from ablation.experiment.planning.context import PlanningContext
from ablation.experiment.planning.plan import Plan
from ablation.experiment.planning.planner import make_plan
from ablation.experiment.search.studies import study_of
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.plan_store import store_plan
from ablation.experiment.store.results import collect
from ablation.experiment.store.scores import prediction_score
from ablation.experiment.store.selection_scores import selection_scores
from ablation.metrics.registry import metric

KAPPA = '''\
"""Cohen's kappa."""

from ablation.metrics import ConfusionCounts, Metric


def kappa(predicted, weights):
    """Agreement beyond chance."""
    counts = ConfusionCounts.of(predicted, weights)
    examples = counts.actual.sum(axis=1)
    observed = counts.correct.sum(axis=1) / examples
    expected = (counts.actual * counts.predicted).sum(axis=1) / examples**2
    return (observed - expected) / (1 - expected)


KAPPA = Metric("kappa", "Cohen's kappa", "", higher_is_better=True, weighted=kappa)
WRONG = Metric("wrong", "wrong", "", higher_is_better=True, weighted=lambda predicted, weights: weights)
'''
NAME = "my_metrics:KAPPA"
BEFORE = TINY.replace("EPOCHS", "1")
DECLARED = (
    BEFORE.replace("metric: accuracy", f"metric: '{NAME}'")
    .replace("margin: 2.0", "margin: 0.02")
    .replace("expect: [1, 2]", f"expect: {{metric: '{NAME}', gain: [0.1, 0.2]}}")
)
CPU = torch.device("cpu")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with the user's metric, which is imported anew."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setattr(sys, "path", [*sys.path])
    write(tmp_path, KAPPA)
    yield tmp_path
    forget()


def write(home: Path, source: str) -> None:
    forget()
    (home / "my_metrics.py").write_text(source)


def forget() -> None:
    sys.modules.pop("my_metrics", None)
    importlib.invalidate_caches()
    for cached in (source_hashes._reached, source_hashes._imports, source_hashes.source_hash):
        cached.cache_clear()


def planned(home: Path, text: str) -> Plan:
    (home / "tiny.yaml").write_text(text)
    return make_plan(PlanningContext(load(home / "tiny.yaml"), ContentStore(home / "store"), CPU, "tiny.yaml"))


def trained(home: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Plan, ContentStore]:
    """The plan of a file, all of it done in this process."""
    plan, store = planned(home, text), ContentStore(home / "store")
    monkeypatch.setattr("standin_core.execute", execute)
    finish([each for each in plan.stages.values() if not store.has(each.address)], store)
    store_plan(plan, home / "tiny.yaml", store)
    return plan, store


def kappas(plan: Plan, store: ContentStore, variant: str) -> list[float]:
    """scikit-learn's, of each replicate's kept predictions."""
    kept = [store.predictions(run.test) for run in plan.runs_of(variant)]
    return [cohen_kappa_score(each.labels, each.decisions) for each in kept]


@pytest.mark.slow
def test_results_that_were_trained_before_it_are_judged_by_it(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan, store = trained(home, BEFORE, monkeypatch)
    options = ablation.Options(store.root)
    table = ablation.report(home / "tiny.yaml", NAME, options)
    assert table.metric.name == NAME
    for row, variant in zip(table.rows, plan.ladder_rows, strict=True):
        assert row.scored.values == pytest.approx(kappas(plan, store, variant))
    with pytest.raises(UserError, match=r"my_metrics\.py: WRONG: weighted: returned the shape"):
        ablation.report(home / "tiny.yaml", "my_metrics:WRONG", options)

    declared, _ = trained(home, DECLARED, monkeypatch)
    assert set(declared.stages) == set(plan.stages)  # nothing is trained again
    frame = collect(declared, store)
    base = frame[frame["variant"] == "baseline"]
    assert base[f"test/{NAME}"].tolist() == pytest.approx(kappas(declared, store, "baseline"))
    run = declared.runs_of("baseline")[0]
    of_run = store.predictions(run.val)
    chosen_by = selection_scores(declared, store, [metric(NAME)])
    assert chosen_by[f"val/{NAME}"].iloc[0] == pytest.approx(cohen_kappa_score(of_run.labels, of_run.decisions))
    assert prediction_score(metric(NAME), declared.stages[run.val], store) == chosen_by[f"val/{NAME}"].iloc[0]
    promise = ablation.report(home / "tiny.yaml", None, options).rows[1].promises[0]
    steps = np.subtract(kappas(plan, store, plan.ladder_rows[1]), kappas(plan, store, "baseline"))
    assert promise.measured is not None
    assert promise.measured.mean == pytest.approx(steps.mean())


@pytest.mark.slow
def test_what_a_training_steers_by_is_in_its_record_and_its_source_in_its_address(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steered = BEFORE.replace("batch_size: 16", f"batch_size: 16, keep: best, keep_by: '{NAME}'")
    plan, plain = planned(home, steered), planned(home, BEFORE)
    stage, store = plan.stages[plan.runs_of("baseline")[0].train], ContentStore(home / "store")
    monkeypatch.setattr("standin_core.execute", execute)
    finish([stage], store)
    assert np.isfinite(store.outcome(stage.address)["history"][0][f"val/{NAME}"])
    write(home, KAPPA.replace("(1 - expected)", "(2 - expected)"))
    changed, same = planned(home, steered), planned(home, BEFORE)
    assert not {run.train for run in plan.runs} & {run.train for run in changed.runs}
    assert set(plain.stages) == set(same.stages)
    write(home, KAPPA.replace("Agreement beyond chance.", "Another docstring."))
    assert set(planned(home, steered).stages) == set(plan.stages)


def test_a_study_by_it_is_another_one_once_its_source_changes(home: Path) -> None:
    def definition() -> str:
        experiment = load(home / "tiny.yaml")
        context = PlanningContext(experiment, ContentStore(home / "store"), CPU, "tiny.yaml")
        return study_of(experiment, context).plan.definition

    (home / "tiny.yaml").write_text(DECLARED)
    before = definition()
    assert definition() == before
    write(home, KAPPA.replace("(1 - expected)", "(2 - expected)"))
    assert definition() != before


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("metric: accuracy", "metric: 'my_metrics:NONE'", r"metric: cannot import 'my_metrics:NONE'"),
        ("metric: accuracy", "metric: 'nowhere_at_all:K'", r"metric: cannot import 'nowhere_at_all:K'"),
        ("expect: [1, 2]", "expect: {metric: 'my_metrics:kappa', gain: 1}", r"expect.*is no Metric, but function"),
        ("batch_size: 16", "keep: best, keep_by: 'my_metrics:NONE'", r"baseline: train.keep_by.*cannot import"),
        ("batch_size: 16", "early_stopping: {metric: 'my_metrics:kappa'}", r"train.early_stopping.metric.*no Metric"),
    ],
)
def test_a_name_that_is_no_metric_is_refused_before_anything_trains(
    home: Path, old: str, new: str, problem: str
) -> None:
    with pytest.raises(UserError, match=problem):
        planned(home, BEFORE.replace(old, new))


def test_above_is_in_points_which_this_metric_is_not(home: Path) -> None:
    phase = f"{{late: {{start: {{metric: '{NAME}', above: 50}}, patch: {{mix: mixup}}}}}}"
    text = BEFORE.replace("  train: {", f"  phases: {phase}\n  train: {{")
    with pytest.raises(UserError, match=r"phases.late.start.above: above is in points, which my_metrics:KAPPA is not"):
        planned(home, text)
