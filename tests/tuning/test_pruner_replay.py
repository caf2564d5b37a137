"""What each pruner saves at what price: the table of ``experiments/EVIDENCE.md``, from recorded learning curves."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from replayed_study import Searched, curves, replay, settings_of

from ablation.experiment.config.search import PrunerName
from ablation.stats.interval import Interval
from ablation.stats.paired import paired_t

EVIDENCE = Path(__file__).parents[2] / "experiments" / "EVIDENCE.md"
WIDE = Searched("four decades", 1e-5, 1e-1, trials=40)
USUAL = Searched("two decades", 1e-4, 1e-2, trials=20)
"""The space and the number of trials where a file says neither, around the usual rate of 1e-3."""
SEEDS = range(10)
WITHIN = 0.005
"""Half a point: a score this near to the best of the study without a pruner counts as its equal."""
ALL = 6
"""The recorded replicates."""
BY_EPOCH: tuple[tuple[Searched, int, PrunerName], ...] = tuple(
    (searched, replicates, pruner)
    for searched in (WIDE, USUAL)
    for replicates in (1, ALL)
    for pruner in ("median", "hyperband")
)
BY_REPLICATE: tuple[tuple[Searched, int, PrunerName], ...] = ((WIDE, ALL, "wilcoxon"), (USUAL, ALL, "wilcoxon"))

slow = pytest.mark.slow  # SciPy's signed-rank test takes milliseconds where differences tie


@dataclass(frozen=True)
class Saved:
    """What a pruner saves, over the seeds, each paired with its own study without a pruner.

    Args:
        epochs, trainings, reaching: log ratios; ``reaching`` of the epochs until a score that equals the best of the
            unpruned study is found, if need be in more trials than that had.
        reached: seeds in which it is found in as many trials.
        best, kept: differences, proportions: of the best score, and of the setting that is kept (see ``Replayed``).
    """

    epochs: Interval
    trainings: Interval
    reaching: Interval
    reached: int
    best: Interval
    kept: Interval


@functools.cache
def saved(searched: Searched, replicates: int, pruner: PrunerName) -> Saved:
    pairs = [(replay(seed, searched, pruner, replicates), replay(seed, searched, "none", replicates)) for seed in SEEDS]
    targets = [none.best - WITHIN for _, none in pairs]
    until = [
        (spent_until(target, seed, searched, pruner, replicates), none.spent_until(target))
        for seed, target, (_, none) in zip(SEEDS, targets, pairs, strict=True)
    ]
    return Saved(
        epochs=log_ratio([(new.spent[-1], none.spent[-1]) for new, none in pairs]),
        trainings=log_ratio([(new.trainings, none.trainings) for new, none in pairs]),
        reaching=log_ratio(until),
        reached=sum(new.best >= target for target, (new, _) in zip(targets, pairs, strict=True)),
        best=paired_t([new.best - none.best for new, none in pairs]),
        kept=paired_t([new.kept - none.kept for new, none in pairs]),
    )


def spent_until(score: float, seed: int, searched: Searched, pruner: PrunerName, replicates: int) -> int | None:
    """Epochs until a score is found, in as many more trials as it takes; None if no recorded setting has it left."""
    found = replay(seed, searched, pruner, replicates).spent_until(score)
    if found is not None:
        return found
    longer = dataclasses.replace(searched, trials=len(settings_of(searched)))
    return replay(seed, longer, pruner, replicates).spent_until(score)


def log_ratio(pairs: Sequence[tuple[int | None, int | None]]) -> Interval:
    """Of new to old, where both are known."""
    return paired_t([math.log(new / old) for new, old in pairs if new and old])


def line(searched: Searched, replicates: int, pruner: PrunerName) -> str:
    """A row of the published table."""
    row = saved(searched, replicates, pruner)
    ratios = [shown(each, math.exp, "{:.2f}") for each in (row.epochs, row.trainings, row.reaching)]
    if row.reaching.n < len(SEEDS):
        ratios[-1] += f", {row.reaching.n} seeds"
    points = [shown(each, lambda value: 100 * value, "{:+.1f}") for each in (row.best, row.kept)]
    cells = (searched.name, str(replicates), pruner, *ratios, f"{row.reached} of {len(SEEDS)}", *points)
    return f"| {' | '.join(cells)} |"


def shown(interval: Interval, scale: Callable[[float], float], form: str) -> str:
    mean, low, high = (form.format(scale(each)) for each in (interval.mean, interval.low, interval.high))
    return f"{mean} [{low}, {high}]"


@pytest.mark.parametrize(
    "study",
    [*BY_EPOCH, *(pytest.param(each, marks=slow) for each in BY_REPLICATE)],
    ids=lambda each: f"{each[0].name}, {each[1]}, {each[2]}",
)
def test_the_published_figures_are_what_the_curves_give(study: tuple[Searched, int, PrunerName]) -> None:
    assert line(*study) in EVIDENCE.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("study", BY_EPOCH)
def test_pruning_by_epochs_saves_epochs(study: tuple[Searched, int, PrunerName]) -> None:
    assert saved(*study).epochs.high < 0


@slow
@pytest.mark.parametrize("study", BY_REPLICATE)
def test_pruning_by_replicates_saves_epochs(study: tuple[Searched, int, PrunerName]) -> None:
    assert saved(*study).epochs.high < 0


def test_a_study_without_a_pruner_trains_everything() -> None:
    found = replay(0, WIDE, "none", ALL)
    assert found.spent[-1] == WIDE.trials * ALL * curves().epochs.shape[2]
    assert found.trainings == WIDE.trials * ALL
    assert math.isfinite(min(found.scores))


def test_there_are_more_settings_than_trials_and_no_hole_in_a_curve() -> None:
    epochs, final = curves().epochs, curves().final
    assert epochs.shape == (len(curves().lr), ALL, 9)
    assert all(len(settings_of(each)) > each.trials for each in (WIDE, USUAL))
    assert ((epochs >= 0) & (epochs <= 1)).all()
    np.testing.assert_array_equal(epochs[..., -1], final)  # the last epoch's weights predict
