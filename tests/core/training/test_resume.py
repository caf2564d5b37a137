"""A training killed at any epoch, or cut where its phases begin, ends as one that was not: bit for bit."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from bench import Bench, Patch, StoppedError, assert_equal, stopping_after

from ablation.core.training.state import read_state
from ablation.recipe.merge import merged
from ablation.stage import STATE

BASIC = {"augment": {"name": "basic"}}
MIXED = {"mix": {"name": "mixup_or_cutmix"}}
DROPOUT = {"model": {"head": {"dropout": 0.3}}}

PLAIN: Mapping[str, Patch] = {
    "adamw and cosine": {"schedule": {"name": "cosine"}},
    "onecycle": {"schedule": {"name": "onecycle"}},
    "dropout": DROPOUT,
    "mix": MIXED,
    "augmentation": BASIC,
    "accumulation": {"train": {"accumulate": 2}},
    "weighted sampling": {"balance": {"sampling": "weighted"}},
    "plateau": {"schedule": {"name": "plateau", "patience": 0, "threshold": 0.5, "factor": 0.5}},
    "average of weights": {"train": {"ema": {"decay": 0.9}}},
    "best weights": {"train": {"keep": "best", "keep_by": "loss"}},
    "early stopping": {"train": {"early_stopping": {"metric": "loss", "patience": 1, "min_gain": 0.05}}},
    "a frozen backbone": {"model": {"trainable": "head"}},
    "everything": {**DROPOUT, **MIXED, **BASIC, "schedule": {"name": "onecycle"}, "train": {"accumulate": 2}},
}


SMOOTHER = {"ramp": {"loss.label_smoothing": {"to": 0.3, "epochs": 2}}}
LARGER = {"data": {"image_size": 16}}
STEERED = {"train": {"ema": {"decay": 0.9}, "keep": "best", "keep_by": "loss", "accumulate": 2}}

IN_PHASES: Mapping[str, Patch] = {
    "resizing": {"schedule": "onecycle", "phases": {"larger": {"start": 2, "patch": LARGER}}},
    "unfreezing": {
        "model": {"trainable": "head"},
        "schedule": "cosine",
        "phases": {
            "last": {"start": 2, "patch": {"model": {"trainable": 1}}},
            "all": {"start": 3, "patch": {"model": {"trainable": "all"}}},
        },
    },
    "a ramp": {**DROPOUT, "phases": {"smoother": {"start": 2, **SMOOTHER}}},
    "a schedule over all": {
        "schedule": {"name": "onecycle", "span": "all"},
        "phases": {"larger": {"start": 2, "patch": LARGER, **SMOOTHER}},
    },
    "a fresh optimizer": {"phases": {"larger": {"start": 2, "patch": LARGER, "optimizer_state": "fresh"}}},
    "a plateau in each phase": {
        "schedule": {"name": "plateau", "patience": 0, "threshold": 0.5, "factor": 0.5},
        "phases": {"larger": {"start": 2, "patch": LARGER}},
    },
    "averages and best weights": {**STEERED, "phases": {"larger": {"start": 2, "patch": LARGER, **SMOOTHER}}},
    "two phases at once": {
        "schedule": "cosine",
        "phases": {"larger": {"start": 2, "patch": LARGER}, "smoother": {"start": 2, **SMOOTHER}},
    },
    "a condition": {
        **STEERED,
        "schedule": "cosine",
        "phases": {
            "larger": {"start": 1, "patch": LARGER},
            "smoother": {"start": {"epoch": 2, "above": 1}, **SMOOTHER},
        },
    },
}


def lasting(patch: Patch, epochs: int) -> Patch:
    return merged(patch, {"train": {**patch.get("train", {}), "epochs": epochs}})


def ends_as_if_never_stopped(bench: Bench, patch: Patch, epochs: int) -> None:
    """Killed in every epoch, so that each epoch is once the first of a new process."""
    patch = lasting(patch, epochs)
    whole = bench.train("whole", patch)
    workspace = bench.workspace("stopped", checkpoint_seconds=0.0)
    for last in range(1, len(whole.history) + 1):
        with pytest.raises(StoppedError):
            bench.run_train(bench.task(patch), workspace, stopping_after(last))
    assert_equal(bench.run_train(bench.task(patch), workspace), whole)


@pytest.mark.parametrize("patch", PLAIN.values(), ids=PLAIN.keys())
def test_a_training_stopped_at_every_epoch_ends_as_one_that_was_not(bench: Bench, patch: Patch) -> None:
    ends_as_if_never_stopped(bench, patch, 3)


@pytest.mark.parametrize("patch", IN_PHASES.values(), ids=IN_PHASES.keys())
def test_so_does_one_in_phases(bench: Bench, patch: Patch) -> None:
    ends_as_if_never_stopped(bench, patch, 5)


@pytest.mark.parametrize("patch", IN_PHASES.values(), ids=IN_PHASES.keys())
def test_a_training_cut_into_parts_ends_as_one_that_was_not(bench: Bench, patch: Patch) -> None:
    patch = lasting(patch, 5)
    whole, parts = bench.train("whole", patch), bench.train_in_parts("part", patch)
    assert len(parts) > 1
    assert_equal(parts[-1], whole)
    assert sum(part.outcome["epochs"] for part in parts) == len(whole.history)
    assert sum(part.outcome["images"] for part in parts) == whole.outcome["images"]


def test_a_part_that_is_killed_goes_on_from_its_own_checkpoint(bench: Bench) -> None:
    patch = lasting(IN_PHASES["resizing"], 5)
    whole, (before, _) = bench.train("whole", patch), bench.train_in_parts("part", patch)
    workspace = bench.workspace("killed", checkpoint_seconds=0.0, state=before.folder)
    for last in (3, 4, 5):
        with pytest.raises(StoppedError):
            bench.run_train(bench.task(patch), workspace, stopping_after(last))
    again = bench.run_train(bench.task(patch), workspace)
    assert_equal(again, whole)
    assert again.outcome["epochs"] == 3


def test_a_part_leaves_its_state_and_no_weights(bench: Bench) -> None:
    first, last = bench.train_in_parts("part", lasting(IN_PHASES["resizing"], 5))
    assert {file.name for file in first.folder.iterdir()} == {"outcome.json", "state.pt"}
    assert {file.name for file in last.folder.iterdir()} == {"outcome.json", "weights.safetensors"}
    assert set(read_state(first.folder / STATE)) >= {"model", "optimizer", "schedule", "scaler", "history"}


def test_a_training_that_ended_in_its_first_part_is_not_trained_on(bench: Bench) -> None:
    patch = {
        "train": {"epochs": 6, "early_stopping": {"metric": "loss", "patience": 1, "min_gain": 100}},
        "phases": {"larger": {"start": 4, "patch": LARGER}},
    }
    whole, parts = bench.train("whole", patch), bench.train_in_parts("part", patch)
    assert [len(part.history) for part in parts] == [2, 2]
    assert parts[-1].outcome["epochs"] == 0
    assert_equal(parts[-1], whole)


def test_a_metric_that_only_a_later_part_steers_by_is_recorded_from_there_on(bench: Bench) -> None:
    phases = {
        "larger": {"start": 2, "patch": LARGER},
        "smoother": {"start": {"epoch": 3, "metric": "mcc", "above": 1}, **SMOOTHER},
    }
    parts = bench.train_in_parts("part", {"train": {"epochs": 4}, "phases": phases})
    assert ["val/mcc" in record for record in parts[-1].history] == [False, False, True, True]
