"""What looks at validation during a training: early stopping, the best weights, the plateau schedule."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
import torch
from bench import Bench, Patch, same_weights
from torch.optim.lr_scheduler import ReduceLROnPlateau

from ablation.core.training.loop import finished
from ablation.recipe.merge import merged
from ablation.recipe.recipe import Recipe

EPOCHS, LR = 9, 0.1
RESTLESS: Patch = {"optimizer": {"lr": LR}, "train": {"epochs": EPOCHS}}
"""A rate so high that validation goes up and down."""
TURN: Patch = {"phases": {"smoother": {"start": 4, "patch": {"loss": {"label_smoothing": 0.1}}}}}

Records = Sequence[Mapping[str, float]]


def best_of(records: Records, metric: str, min_gain: float = 0.0) -> int:
    """Position of the best record by a loop over all pairs."""
    sign = -1 if metric == "loss" else 1
    best = 0
    for number, record in enumerate(records):
        if sign * (record[f"val/{metric}"] - records[best][f"val/{metric}"]) > min_gain:
            best = number
    return best


def stops_after(records: Records, metric: str, patience: int, min_gain: float, turns: Sequence[int] = ()) -> int:
    """Epochs until the first at which ``patience`` epochs in a row brought nothing, counted anew at each turn."""
    best, waited = None, 0
    for number, record in enumerate(records):
        value = record[f"val/{metric}"] * (-1 if metric == "loss" else 1)
        if number in turns:
            best = None
        if best is None or value > best + min_gain:
            best, waited = value, 0
        else:
            waited += 1
        if waited >= patience and number + 1 not in turns:
            return number + 1
    return len(records)


@pytest.mark.parametrize("turn", [{}, TURN], ids=["one phase", "two phases"])
def test_early_stopping_ends_where_a_loop_over_the_history_says(bench: Bench, turn: Patch) -> None:
    patch = merged(RESTLESS, turn)
    history, turns = bench.train("long", patch).history, [4] if turn else []
    ends = set()
    for metric, patience, min_gain in itertools.product(("loss", "macro_f1"), (1, 2, 3), (0.0, 0.02, 0.1, 1.0)):
        stopping = {"metric": metric, "patience": patience, "min_gain": min_gain}
        recipe = Recipe.model_validate(bench.task(merged(patch, {"train": {"early_stopping": stopping}}))["recipe"])
        end = next(count for count in range(1, EPOCHS + 1) if finished(recipe, history[:count]))
        assert end == stops_after(history, metric, patience, min_gain, turns), stopping
        ends.add(end)
    assert len(ends) > 2


@pytest.mark.parametrize("turn", [{}, TURN], ids=["one phase", "two phases"])
def test_early_stopping_leaves_the_epochs_before_as_they_were(bench: Bench, turn: Patch) -> None:
    patch = merged(RESTLESS, turn)
    stopping = {"early_stopping": {"metric": "loss", "patience": 1, "min_gain": 0.1}}
    long, stopped = bench.train("long", patch), bench.train("stopped", merged(patch, {"train": stopping}))
    expected = stops_after(long.history, "loss", 1, 0.1, turns=[4] if turn else [])
    assert 1 < expected < EPOCHS
    assert stopped.history == long.history[:expected]
    assert stopped.outcome["epochs"] == expected


@pytest.mark.parametrize("metric", ["loss", "macro_f1"])
@pytest.mark.parametrize("ema", [None, {"decay": 0.9}], ids=["plain", "average"])
def test_the_best_weights_are_those_of_a_training_that_ends_there(bench: Bench, metric: str, ema: Any) -> None:
    patch = merged(RESTLESS, {"train": {"ema": ema}})
    kept = bench.train("kept", merged(patch, {"train": {"keep": "best", "keep_by": metric}}))
    best = best_of(kept.history, metric)
    assert 0 < best < EPOCHS - 1
    short = bench.train("short", merged(patch, {"train": {"epochs": best + 1}}))
    assert same_weights(kept.weights, short.weights)
    assert not same_weights(kept.weights, bench.train("last", patch).weights)


@pytest.mark.parametrize("span", ["phase", "all"])
def test_the_best_weights_are_looked_for_in_the_last_phase_only(bench: Bench, span: str) -> None:
    patch = merged(merged(RESTLESS, TURN), {"schedule": {"name": "constant", "span": span}})
    kept = bench.train("kept", merged(patch, {"train": {"keep": "best", "keep_by": "loss"}}))
    best = 4 + best_of(kept.history[4:], "loss")
    short = bench.train("short", merged(patch, {"train": {"epochs": best + 1}}))
    assert same_weights(kept.weights, short.weights)


@pytest.mark.parametrize(("metric", "mode"), [("loss", "min"), ("accuracy", "max"), ("mcc", "max")])
def test_the_plateau_schedule_is_stepped_once_an_epoch_with_its_metric(bench: Bench, metric: str, mode: str) -> None:
    schedule = {"name": "plateau", "metric": metric, "patience": 1, "factor": 0.5, "threshold": 0.3}
    history = bench.train("plateau", merged(RESTLESS, {"schedule": schedule})).history
    weight = torch.nn.Parameter(torch.zeros(()))
    optimizer = torch.optim.SGD([weight], lr=LR)
    expected, torchs = [], ReduceLROnPlateau(optimizer, mode, 0.5, patience=1, threshold=0.3, threshold_mode="abs")
    for record in history:
        expected.append(optimizer.param_groups[0]["lr"])
        torchs.step(record[f"val/{metric}"])
    assert [record["lr"] for record in history] == expected
    assert len(set(expected)) > 1


def test_a_plateau_schedule_begins_anew_with_each_phase(bench: Bench) -> None:
    schedule = {"name": "plateau", "patience": 0, "factor": 0.5, "threshold": 100.0}
    history = bench.train("plateau", merged(merged(RESTLESS, TURN), {"schedule": schedule})).history
    falls = [0, 0, 1, 2, 0, 0, 1, 2, 3]
    assert [record["lr"] for record in history] == [LR * 0.5**fall for fall in falls]


def test_a_diverged_training_is_finished(bench: Bench) -> None:
    recipe = Recipe.model_validate(bench.task(RESTLESS)["recipe"])
    assert not finished(recipe, [{"train/loss": 1.0}])
    assert finished(recipe, [{"train/loss": 1.0}, {"train/loss": math.nan}])
    assert finished(recipe, [{"train/loss": 1.0}] * EPOCHS)
    assert not finished(recipe, [])
