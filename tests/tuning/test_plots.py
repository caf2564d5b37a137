"""Every figure of a study can be drawn from any trials, and leaves matplotlib as it was."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from optuna.trial import FrozenTrial, TrialState
from tried import BACKBONE, GAMMA, LR, study_of, study_plan, tried

from ablation.experiment.planning.tuned import Importance
from ablation.experiment.search.study_plan import StudyPlan
from ablation.tuning.plots import study_figures

FOUND = tuple(
    Importance(path, share, 0.0, 0.5, worth, -0.01, 0.02)
    for path, share, worth in (("optimizer.lr", 0.4, 0.01), ("model.backbone", 0.2, float("nan")), ("loss.gamma", 0, 0))
)


def trials(count: int, steps: int = 0) -> list[FrozenTrial]:
    rng = np.random.default_rng(0)
    return [
        tried(
            {
                "optimizer.lr": float(10 ** rng.uniform(-4.9, -2.1)),
                "loss.gamma": float(rng.uniform(0.1, 5)),
                "model.backbone": ("small_cnn", "resnet18")[number % 2],
            },
            float(rng.uniform(0.5, 0.9)),
            steps=list(rng.uniform(0.1, 0.9, steps)),
        )
        for number in range(count)
    ]


def drawn(found: Sequence[FrozenTrial], plan: StudyPlan, importances: tuple[Importance, ...] = ()) -> dict[str, Figure]:
    figures = dict(study_figures(study_of(found, plan), plan, importances))
    return {name.removeprefix("figures/").removesuffix(".png"): figure for name, figure in figures.items()}


@pytest.mark.slow
def test_a_whole_study_has_every_figure_with_nothing_off_the_page() -> None:
    plan = study_plan(LR, GAMMA, BACKBONE, pruner="median")
    pruned = tried({"optimizer.lr": 1e-3, "loss.gamma": 1.0}, state=TrialState.PRUNED, steps=[0.2])
    figures = drawn([*trials(6, steps=3), pruned], plan, FOUND)
    assert list(figures) == ["history", "importance", "parallel", "slice", "contour", "intermediate"]
    for name, figure in figures.items():
        figure.draw_without_rendering()
        page, box = figure.bbox, figure.get_tightbbox()
        assert box.x0 > -0.05, name
        assert box.y0 > -0.05, name
        assert box.x1 * figure.dpi < page.x1 + 5, name
        assert box.y1 * figure.dpi < page.y1 + 5, name


def test_pyplot_is_left_as_it_was() -> None:
    before, style = matplotlib.get_backend(), dict(matplotlib.rcParams)
    drawn(trials(3), study_plan(LR, GAMMA))
    assert plt.get_fignums() == []
    assert (matplotlib.get_backend(), dict(matplotlib.rcParams)) == (before, style)


@pytest.mark.parametrize(("count", "expected"), [(0, []), (1, ["history"]), (2, ["history", "parallel", "slice"])])
def test_few_trials_have_the_figures_that_they_can_have(count: int, expected: list[str]) -> None:
    assert list(drawn(trials(count), study_plan(LR))) == expected


def test_a_study_of_waiting_running_and_failed_trials_draws_what_there_is() -> None:
    states = (TrialState.WAITING, TrialState.RUNNING, TrialState.FAIL)
    found = [tried({"optimizer.lr": 1e-3}, state=state) for state in states]
    assert drawn(found, study_plan(LR)) == {}
    assert list(drawn([*found, tried({"optimizer.lr": 1e-4}, state=states[1], steps=[0.1])], study_plan(LR))) == [
        "intermediate"
    ]


def test_equal_scores_and_parameters_that_never_change_are_drawn_too() -> None:
    same = [tried({"optimizer.lr": 1e-3, "loss.gamma": number / 2}, 0.5) for number in range(1, 5)]
    assert set(drawn(same, study_plan(LR, GAMMA))) == {"history", "parallel", "slice"}
    assert set(drawn([tried({"optimizer.lr": 1e-3}, 0.5)] * 3, study_plan(LR))) == {"history"}


def test_a_parameter_that_some_trials_lack_is_drawn_where_it_is() -> None:
    plain = [tried({"optimizer.lr": lr}, 0.5 + lr) for lr in (1e-4, 1e-3)]
    some = [tried({"optimizer.lr": lr, "loss.gamma": 1 + 100 * lr}, 0.6 + lr) for lr in (2e-4, 2e-3, 5e-3)]
    figures = drawn([*plain, *some], study_plan(LR, GAMMA))
    assert {"history", "slice"} <= set(figures)


@pytest.mark.slow
def test_a_score_that_is_better_when_less_is_drawn_too() -> None:
    plan = dataclasses.replace(study_plan(LR, GAMMA), metric="log_loss")
    assert "contour" in drawn(trials(4), plan)
