from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.figure import Figure
from mlflow.exceptions import MlflowException

from ablation.tracking.ledger import Ledger
from ablation.tracking.record import RunRecord, dataset_input
from ablation.tracking.store import TrackingStore

LOG = """
    import itertools
    from ablation.tracking.ledger import Ledger

    store, key, steps = arguments
    record = Ledger.open(store, "digits").enter(key, "run", params={"lr": "0.1"})
    for step in range(1, steps + 1):
        record.log([(step, {"train/loss": 1.0 / step, "val/loss": 2.0 / step})])
    record.close("FINISHED")
"""


def steps(record: RunRecord, name: str) -> list[int]:
    return [metric.step for metric in record.client.get_metric_history(record.run_id, name)]


def read(record: RunRecord, path: str) -> str:
    return Path(record.client.download_artifacts(record.run_id, path)).read_text()


def test_steps_logged_before_a_crash_are_skipped_on_re_entry(ledger: Ledger) -> None:
    ledger.enter("a", "run").log([(1, {"loss": 3.0}), (2, {"loss": 2.0})])
    again = ledger.enter("a", "run")
    again.log([(step, {"loss": 1.0, "val/acc": 0.5}) for step in (1, 2, 3)])
    again.log([(3, {"loss": 1.0})])
    history = again.client.get_metric_history(again.run_id, "loss")
    assert [(metric.step, metric.value) for metric in history] == [(1, 3.0), (2, 2.0), (3, 1.0)]
    assert steps(again, "val/acc") == [1, 2, 3]


def test_many_epochs_take_one_call_for_each_thousand_values(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    record = ledger.enter("a", "run")
    calls = []
    original = record.client.log_batch
    monkeypatch.setattr(record.client, "log_batch", lambda *a, **k: (calls.append(1), original(*a, **k)))
    record.log([(step, {f"m{k}": 0.0 for k in range(10)}) for step in range(1, 251)])
    assert len(calls) == 3
    assert steps(record, "m9") == list(range(1, 251))


def test_what_ends_a_run_is_one_call_and_its_tags_come_with_the_last(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = ledger.enter("a", "run", new=True)
    original, calls = record.client.log_batch, []

    def fails_once(*given: Any, **named: Any) -> None:
        calls.append(len(named["metrics"]))
        if len(calls) == 2:
            raise MlflowException("database is locked")
        original(*given, **named)

    monkeypatch.setattr(record.client, "log_batch", fails_once)
    epochs = [(step, {f"m{k}": 0.0 for k in range(10)}) for step in range(1, 200)]
    record.log(epochs, {f"test/{k}": 0.5 for k in range(10)}, {"done": "true", "why": ""})
    assert calls == [1000, 1000, 1000], "the second again, and nothing of the first"
    assert steps(record, "m9") == list(range(1, 200))
    assert steps(record, "test/9") == [0]
    assert ledger.find()["a"].tags["done"] == "true"


def test_the_next_step_follows_the_last_of_another_process(ledger: Ledger) -> None:
    for value in (1.0, 2.0, 3.0):
        ledger.enter("a", "run").log_next({"time/tracking": value})
    record = ledger.enter("a", "run")
    history = record.client.get_metric_history(record.run_id, "time/tracking")
    assert [(metric.step, metric.value) for metric in history] == [(1, 1.0), (2, 2.0), (3, 3.0)]


@pytest.mark.slow
@given(data=st.data())
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_however_epochs_are_delivered_and_re_delivered_each_is_there_once(ledger: Ledger, data: st.DataObject) -> None:
    every = data.draw(st.integers(1, 3), label="validation every")
    epochs = [(e, {"train/loss": 1.0 / e} | ({"val/loss": 2.0 / e} if e % every == 0 else {})) for e in range(1, 13)]
    key = f"{time.monotonic_ns()}"
    record = ledger.enter(key, "run")
    for end in data.draw(st.lists(st.integers(1, 12), max_size=4)):
        if data.draw(st.booleans()):
            record = ledger.enter(key, "run")
        record.log(epochs[:end])
    record.log(epochs)
    assert steps(record, "train/loss") == list(range(1, 13))
    assert steps(record, "val/loss") == [e for e in range(1, 13) if e % every == 0]


def test_not_a_number_is_kept_and_infinities_are_the_largest_floats(ledger: Ledger) -> None:
    record = ledger.enter("a", "run")
    record.log([(1, {"loss": math.nan, "up": math.inf, "down": -math.inf})])
    metrics = ledger.find()["a"].metrics
    assert math.isnan(metrics["loss"])
    assert (metrics["up"], metrics["down"]) == (sys.float_info.max, -sys.float_info.max)


def test_a_summary_delivered_again_is_not_appended(ledger: Ledger) -> None:
    summary = {"test/acc": 0.5, "test/nll": math.nan, "test/odds": math.inf}
    for _ in range(2):
        record = ledger.enter("a", "run")
        record.log(summary=summary)
        record.log(summary=summary)
    record.log(summary=summary | {"test/acc": 0.75})
    history = record.client.get_metric_history(record.run_id, "test/acc")
    assert [metric.value for metric in history] == [0.5, 0.75]
    assert len(steps(record, "test/nll")) == len(steps(record, "test/odds")) == 1


def test_values_too_long_for_mlflow_are_refused_rather_than_cut(ledger: Ledger) -> None:
    record = ledger.enter("a", "run", params={"long": "x" * 6000})
    assert ledger.find()["a"].params["long"] == "x" * 6000
    with pytest.raises(ValueError, match="6001 characters"):
        record.log_params({"longer": "x" * 6001})
    with pytest.raises(ValueError, match="8001 characters"):
        record.log(tags={"longer": "x" * 8001})


def test_a_hundred_and_fifty_parameters_are_logged(ledger: Ledger) -> None:
    params = {f"section.p{k}": str(k) for k in range(150)}
    ledger.enter("a", "run", params=params)
    assert ledger.find()["a"].params == params


def test_figures_are_written_as_png_and_svg(ledger: Ledger) -> None:
    record = ledger.enter("a", "run")
    figure = Figure(figsize=(2, 1), dpi=50)
    figure.subplots().plot([0, 1])
    record.log_figure(figure, "figures/curve.png")
    record.log_figure(figure, "figures/curve.svg")
    image = matplotlib.image.imread(record.client.download_artifacts(record.run_id, "figures/curve.png"))
    assert image.shape == (50, 100, 4)
    assert "<svg" in read(record, "figures/curve.svg")


def test_stale_is_a_tag_that_comes_and_goes(ledger: Ledger) -> None:
    record = ledger.enter("a", "run")
    record.unmark_stale()
    record.mark_stale()
    assert ledger.find()["a"].tags["ablation.stale"] == "true"
    record.unmark_stale()
    assert "ablation.stale" not in ledger.find()["a"].tags


def test_a_run_known_by_its_id_keeps_its_status(ledger: Ledger) -> None:
    ledger.enter("a", "run").close("FINISHED")
    ledger.record(ledger.find()["a"].run_id).describe("**text**")
    assert ledger.find()["a"].status == "FINISHED"
    assert ledger.find()["a"].tags["mlflow.note.content"] == "**text**"


@pytest.mark.slow
def test_killed_in_the_middle_a_run_is_continued_without_a_step_twice(
    start: Callable[..., BaseProcess], store: TrackingStore, ledger: Ledger
) -> None:
    process = start(LOG, store, "a", 100_000)
    while not ledger.find() or len(ledger.find()["a"].metrics) < 2:
        time.sleep(0.02)
    process.kill()
    process.join()
    assert ledger.find()["a"].status == "RUNNING"

    record = ledger.enter("a", "run", params={"lr": "0.1"})
    reached = max(steps(record, "train/loss"))
    record.log([(step, {"train/loss": 0.0, "val/loss": 0.0}) for step in range(1, reached + 4)])
    record.close("FINISHED")
    assert steps(record, "train/loss") == steps(record, "val/loss") == list(range(1, reached + 4))
    assert [run.status for run in ledger.find().values()] == ["FINISHED"]


def test_processes_that_log_at_once_lose_nothing(
    start: Callable[..., BaseProcess], store: TrackingStore, ledger: Ledger
) -> None:
    processes = [start(LOG, store, key, 40) for key in "ab"]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0, 0]
    for run in ledger.find().values():
        assert run.status == "FINISHED"
        assert steps(ledger.record(run.run_id), "val/loss") == list(range(1, 41))


def test_one_run_costs_few_calls(ledger: Ledger) -> None:
    start = time.perf_counter()
    record = ledger.enter("a", "run", params={f"p{k}": "0.1" for k in range(40)})
    record.log([(step, {f"m{k}": float(np.sin(step)) for k in range(10)}) for step in range(1, 21)])
    record.log(summary={f"test/m{k}": 0.5 for k in range(10)})
    record.close("FINISHED")
    assert time.perf_counter() - start < 2  # 0.1 s on an idle core


def test_datasets_are_inputs_with_digest_and_context(ledger: Ledger) -> None:
    record = ledger.enter("a", "run")
    datasets = [
        dataset_input("digits", "f" * 64, "train", "scikit-learn digits", {"images": 300, "classes": 10}),
        dataset_input("digits", "e" * 64, "test", "scikit-learn digits", {"images": 800}),
    ]
    record.log_datasets(datasets)
    record.log_datasets(datasets)
    inputs = record.client.get_run(record.run_id).inputs.dataset_inputs
    assert {(i.dataset.name, i.dataset.digest, i.tags[0].value) for i in inputs} == {
        ("digits", "f" * 36, "train"),
        ("digits", "e" * 36, "test"),
    }
    assert len(inputs) == 2
