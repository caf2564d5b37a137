"""The whole path on real trainings: from the file to the table and the record."""

from __future__ import annotations

import io
import json
from pathlib import Path

import mlflow
import mlflow_state
import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from mlflow import MlflowClient
from mlflow.entities import Run
from rich.console import Console
from tiny_experiment import tiny_file

import ablation
from ablation.experiment.planning.plan import Plan
from ablation.recipe.data.dataset import load_dataset
from ablation.recipe.merge import flattened
from ablation.reporting.tables.terminal import plain
from ablation.stage import WEIGHTS
from ablation.stats.paired import paired_t
from ablation.tracking.names import Tag
from ablation.workflow.planning import plan_of

pytestmark = pytest.mark.slow  # a whole run, of which every test reads


@pytest.fixture(autouse=True)
def no_tracking_uri(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the tiny experiment was run."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        outcome = run(folder)
    assert not outcome.failures
    return folder


def options(folder: Path, track: bool = True) -> ablation.Options:
    return ablation.Options(folder / "mlruns", device="cpu", jobs=2, track=track)


def run(folder: Path, *overrides: str, track: bool = True) -> ablation.Outcome:
    quiet = Console(file=io.StringIO())
    return ablation.run(tiny_file(folder), overrides, options=options(folder, track), console=quiet)


def test_workers_that_are_forked_give_the_bits_of_new_interpreters(home: Path, tmp_path: Path) -> None:
    def weights(folder: Path) -> dict[str, bytes]:
        return {file.parent.name: file.read_bytes() for file in (folder / "mlruns" / "stages").rglob(WEIGHTS)}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ablation.experiment.execution.fork_server.can_fork", lambda: False)
        assert not run(tmp_path, track=False).failures
    assert weights(home) == weights(tmp_path)
    assert len(weights(home)) == 4


@pytest.fixture
def plan(home: Path) -> Plan:
    return plan_of(home / "tiny.yaml", options=options(home))


@pytest.fixture
def replicates(home: Path) -> dict[tuple[str, int], Run]:
    found = mlflow_state.by_role(home / "mlruns", "tiny")["replicate"]
    return {(each.data.tags["variant"], int(each.data.params["replicate"])): each for each in found}


@pytest.fixture
def client(home: Path) -> MlflowClient:
    return mlflow_state.client(home / "mlruns")


def test_the_record_is_one_whole_tree(home: Path, plan: Plan) -> None:
    mlflow_state.assert_whole(home / "mlruns", plan)


def test_a_search_in_mlflow_gives_the_numbers_of_the_table(home: Path, replicates: dict[tuple[str, int], Run]) -> None:
    frame = ablation.results(home / "tiny.yaml", options(home))
    assert len(frame) == len(replicates) == 6
    for row in frame.to_dict("records"):
        metrics = replicates[row["variant"], row["replicate"]].data.metrics
        scores = [name for name in row if str(name).startswith(("test/", "val/")) and not str(name).endswith("/f1")]
        assert {"test/accuracy", "val/accuracy", "val/log_loss"} <= set(scores)
        for column in scores:
            assert metrics[column] == row[column]
        assert metrics["cost/train_seconds"] == row["train_seconds"]


def test_a_variant_carries_the_mean_and_the_interval_of_its_replicates(home: Path) -> None:
    frame = ablation.results(home / "tiny.yaml", options(home))
    table = ablation.report(home / "tiny.yaml", options=options(home))
    variants = {each.info.run_name: each for each in mlflow_state.by_role(home / "mlruns", "tiny")["variant"]}
    for row in table.rows:
        variant = row.scored.variant
        metrics = variants[variant].data.metrics
        values = frame.loc[frame["variant"] == variant, "test/accuracy"]
        expected = paired_t(values.to_numpy())
        assert metrics["summary/accuracy_mean"] == pytest.approx(values.mean())
        assert row.scored.summary is not None
        assert 100 * metrics["summary/accuracy_mean"] == pytest.approx(row.scored.summary.mean)
        assert metrics["summary/accuracy_low"] == pytest.approx(expected.low)
        assert metrics["summary/replicates"] == 2
        assert not any(name.startswith("test/") for name in metrics)
        assert metrics["cost/latency_ms_1"] == row.scored.costs["latency_ms_1"].value


def test_a_variant_carries_its_gains_and_its_verdict(home: Path) -> None:
    table = ablation.report(home / "tiny.yaml", options=options(home))
    variants = {each.info.run_name: each for each in mlflow_state.by_role(home / "mlruns", "tiny")["variant"]}
    for row in table.rows[1:]:
        run = variants[row.scored.variant]
        assert row.step is not None
        assert row.total is not None
        assert run.data.tags["ablation.verdict"] == row.verdict.word == "too few runs"
        assert run.data.metrics["gain/step"] == pytest.approx(row.step.interval.mean)
        assert run.data.metrics["gain/step_low"] == pytest.approx(row.step.interval.low)
        assert run.data.metrics["gain/over_baseline_high"] == pytest.approx(row.total.interval.high)
        assert run.info.status == "FINISHED"
    assert "gain/step" not in variants["baseline"].data.metrics


def test_a_replicate_shows_its_recipe_and_what_its_rung_changed(
    plan: Plan, replicates: dict[tuple[str, int], Run], client: MlflowClient, tmp_path: Path
) -> None:
    for (variant, _), each in replicates.items():
        recipe = plan.variant(variant).recipe
        assert {name: value for name, value in flattened(recipe).items() if isinstance(value, str)}.items() <= (
            each.data.params.items()
        )
        assert each.data.params.keys() == {*flattened(recipe), "seed", "replicate"}
        kept = client.download_artifacts(each.info.run_id, "recipe.yaml", str(tmp_path))
        assert yaml.safe_load(Path(kept).read_text()) == json.loads(json.dumps(recipe))
    changed = replicates["+ Basic augmentation", 0].data.tags["ablation.difference"]
    assert "augment.name: none -> basic" in changed
    assert "ablation.difference" not in replicates["baseline", 0].data.tags


def test_a_replicate_names_the_data_it_read(plan: Plan, replicates: dict[tuple[str, int], Run]) -> None:
    inputs = replicates["baseline", 1].inputs.dataset_inputs
    contexts = {tag.value for each in inputs for tag in each.tags}
    assert contexts == {"train", "val", "test"}
    assert all(len(each.dataset.digest) >= 12 for each in inputs)
    assert all(plan.dataset["fingerprint"].startswith(each.dataset.digest) for each in inputs)


def test_a_replicate_keeps_figures_and_the_weights_without_a_copy(
    home: Path, plan: Plan, replicates: dict[tuple[str, int], Run], client: MlflowClient
) -> None:
    store = options(home).store
    for each in plan.runs:
        found = replicates[each.variant, each.replicate].info
        names = {file.path for file in client.list_artifacts(found.run_id)}
        assert {"confusion.png", "curves.png", "recipe.yaml", "environment.json", "weights", "test"} <= names
        folder = Path(found.artifact_uri.removeprefix("file://"))
        assert (folder / "weights" / "weights.safetensors").samefile(store.folder(each.train) / "weights.safetensors")
        assert (folder / "test" / "predictions.npz").samefile(store.folder(each.test) / "predictions.npz")


@pytest.mark.parametrize("row", [0, -1])
def test_the_models_of_both_ends_load_and_predict_what_was_kept(
    home: Path, plan: Plan, replicates: dict[tuple[str, int], Run], monkeypatch: pytest.MonkeyPatch, row: int
) -> None:
    store = options(home).store
    chosen = plan.runs_of(plan.ladder_rows[row])[0]
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{home / 'mlruns' / 'mlflow.db'}")
    model = mlflow.pytorch.load_model(replicates[chosen.variant, 0].data.tags[Tag.MODEL])
    kept = store.predictions(chosen.test)
    images = load_dataset(store.datasets, plan.dataset["fingerprint"]).images[kept.ids]
    with torch.no_grad():
        found = model(torch.from_numpy(images).permute(0, 3, 1, 2).float())
    np.testing.assert_allclose(found.numpy(), kept.probabilities, atol=1e-5)


def test_the_ladder_carries_the_table(home: Path, client: MlflowClient, tmp_path: Path) -> None:
    (ladder,) = mlflow_state.by_role(home / "mlruns", "tiny")["parent"]
    names = {file.path for file in client.list_artifacts(ladder.info.run_id)}
    assert {"table.md", "table.txt", "table.csv", "gains.png"} <= names
    kept = client.download_artifacts(ladder.info.run_id, "table.txt", str(tmp_path))
    assert Path(kept).read_text() == plain(ablation.report(home / "tiny.yaml", options=options(home)))


def test_a_run_without_a_record_is_delivered_whole_by_the_next_one(tmp_path: Path) -> None:
    silent = run(tmp_path, track=False)
    assert not (tmp_path / "mlruns" / "mlflow.db").exists()
    before = ablation.results(tmp_path / "tiny.yaml", options(tmp_path))
    run(tmp_path)
    mlflow_state.assert_whole(tmp_path / "mlruns", silent.plan)
    after = ablation.results(tmp_path / "tiny.yaml", options(tmp_path))
    pd.testing.assert_frame_equal(after, before, check_exact=True)
