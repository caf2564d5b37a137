from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from function_study import function_plan, queue_of
from optuna.pruners import HyperbandPruner, MedianPruner, NopPruner, WilcoxonPruner

from ablation.errors import UserError
from ablation.experiment.config.search import PrunerName
from ablation.metrics.registry import metrics_of_every_epoch
from ablation.tuning.pruning import pruner_of
from ablation.tuning.storage import OpenedStorage
from ablation.tuning.trial_queue import TrialEnd

Opener = Callable[[], OpenedStorage]


@pytest.mark.parametrize(
    ("name", "kind"),
    [("none", NopPruner), ("median", MedianPruner), ("hyperband", HyperbandPruner), ("wilcoxon", WilcoxonPruner)],
)
def test_each_pruner_is_optunas(name: str, kind: type) -> None:
    assert name in get_args(PrunerName)
    assert type(pruner_of(function_plan(pruner=name, replicates=5))) is kind


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"pruner": "wilcoxon", "replicates": 4}, "after 4 replicates at the earliest, so 4 save nothing"),
        ({"pruner": "median", "metric": "macro_auroc"}, "not measured after each epoch"),
        ({"pruner": "hyperband", "metric": "brier"}, "not measured after each epoch"),
        ({"pruner": "median", "epochs": 1}, "too few"),
        ({"pruner": "hyperband", "epochs": 2}, "too few"),
    ],
)
def test_a_pruner_that_could_never_work_is_refused(changed: dict[str, object], problem: str) -> None:
    with pytest.raises(UserError, match=problem):
        pruner_of(function_plan(**changed))


@pytest.mark.parametrize("metric", [each.name for each in metrics_of_every_epoch()])
def test_a_pruner_over_epochs_works_with_what_is_in_every_epochs_record(metric: str) -> None:
    assert isinstance(pruner_of(function_plan(pruner="median", metric=metric)), MedianPruner)
    assert isinstance(pruner_of(function_plan(pruner="hyperband", metric=metric)), HyperbandPruner)


def first_pruned(opened: OpenedStorage, root: Path, pruner: str, steps: range, **changed: object) -> list[int | None]:
    """For each of six trials, each worse than the one before, the step after which it was given up."""
    found: list[int | None] = []
    with queue_of(opened, root, pruner=pruner, trials=8, **changed) as queue:
        for number in range(8):
            taken = queue.take()
            assert taken
            for step in steps:
                if queue.report(taken, step, 0.9 - 0.1 * number + 0.001 * step):
                    queue.hand_in(taken, TrialEnd("pruned", math.nan))
                    found.append(step)
                    break
            else:
                queue.hand_in(taken, TrialEnd("complete", 0.9 - 0.1 * number))
                found.append(None)
    return found


def test_the_median_gives_up_what_is_worse_after_its_warm_up(memory: Opener, tmp_path: Path) -> None:
    assert first_pruned(memory(), tmp_path, "median", range(1, 6)) == [None] * 5 + [2] * 3


def test_hyperband_gives_up_the_worse_ones_within_the_epochs(memory: Opener, tmp_path: Path) -> None:
    found = first_pruned(memory(), tmp_path, "hyperband", range(1, 11))
    assert found[0] is None
    assert any(step is not None for step in found)


def test_the_signed_rank_test_gives_up_a_trial_that_loses_in_four_replicates(memory: Opener, tmp_path: Path) -> None:
    assert first_pruned(memory(), tmp_path, "wilcoxon", range(5), replicates=5) == [None] + [3] * 7
