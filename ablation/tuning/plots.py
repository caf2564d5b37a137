"""The figures of a study: Optuna's own, with legends and labels made readable, and some of ours."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import matplotlib
import numpy as np
import optuna
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator, NullFormatter
from numpy.typing import NDArray
from optuna.distributions import CategoricalDistribution
from optuna.exceptions import ExperimentalWarning
from optuna.trial import FrozenTrial, TrialState
from optuna.visualization import matplotlib as drawn

from ablation.experiment.planning.tuned import Importance
from ablation.experiment.search.study_plan import StudyPlan
from ablation.metrics.registry import metric
from ablation.tuning.importance import EVALUATOR
from ablation.tuning.trials import best_of, complete_trials

_BLUE, _VERMILION, _PALE = "#0072B2", "#D55E00", "#BBBBBB"
_WIDTH, _HEIGHT, _DPI = 7.2, 4.2, 130


def study_figures(
    study: optuna.Study, plan: StudyPlan, ranking: tuple[Importance, ...]
) -> Iterator[tuple[str, Figure]]:
    """Every figure for which the study has enough trials, with the path to store it under.

    History and slices need one complete trial; parallel coordinates, and the contour of the two most important
    numbers, need two; the figure of importances, ``ranking``, needs two. Matplotlib's state is restored.
    """
    trials = study.get_trials(deepcopy=False)
    done = complete_trials(trials)
    searched = _searched(done, plan, ranking)
    if done:
        yield "figures/history.png", _history(study, plan)
    if len(ranking) > 1:
        yield "figures/importance.png", _importance(ranking, plan)
    if len(done) > 1 and searched:
        yield "figures/parallel.png", _parallel(study, plan, searched)
    if done and searched:
        yield "figures/slice.png", _slice(study, plan, searched)
    numbers = [name for name in searched if not _is_categorical(done, name)][:2]
    if len(numbers) == 2:
        yield "figures/contour.png", _optuna(partial(drawn.plot_contour, params=numbers), study, plan)
    if any(trial.intermediate_values for trial in trials):
        yield "figures/intermediate.png", _intermediate(trials, plan)


def _score(plan: StudyPlan) -> str:
    return f"validation {metric(plan.metric).label}"


def _searched(done: Sequence[FrozenTrial], plan: StudyPlan, ranking: Sequence[Importance]) -> list[str]:
    """Optuna's names of the parameters that took more than one value, the most important first."""
    order = [item.path for item in ranking] or [parameter.path for parameter in plan.space.parameters]
    return [name for name in order if len({trial.params[name] for trial in done if name in trial.params}) > 1]


def _is_categorical(done: Sequence[FrozenTrial], name: str) -> bool:
    return any(isinstance(trial.distributions.get(name), CategoricalDistribution) for trial in done)


def _optuna(
    plot: Callable[..., object], study: optuna.Study, plan: StudyPlan, width: float = _WIDTH, height: float = _HEIGHT
) -> Figure:
    """One of Optuna's figures on a white background; pyplot's style and backend are restored."""
    backend = matplotlib.get_backend(auto_select=False)
    with matplotlib.rc_context({"figure.dpi": _DPI}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=ExperimentalWarning)
        plt.switch_backend("agg")
        try:
            plot(study, target_name=_score(plan))
            figure = plt.gcf()
            plt.close(figure)
        finally:
            if backend is not None:
                plt.switch_backend(backend)
    figure.set_size_inches(width, height)
    figure.suptitle("")
    for axes in figure.axes:
        axes.set_facecolor("white")
        axes.grid(visible=False)
        axes.set_title("")
        axes.spines[:].set_color("0.6")
    return figure


def _history(study: optuna.Study, plan: StudyPlan) -> Figure:
    figure = _optuna(drawn.plot_optimization_history, study, plan)
    (axes,) = figure.axes
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize=8)
    return figure


def _parallel(study: optuna.Study, plan: StudyPlan, searched: list[str]) -> Figure:
    plot = partial(drawn.plot_parallel_coordinate, params=searched)
    figure = _optuna(plot, study, plan, width=max(_WIDTH, 1.8 * (len(searched) + 1)))
    first, *others = figure.axes
    names = [text.get_text() for text in first.get_xticklabels()]
    two_lines = [name.replace(".", ".\n", 1).replace("validation ", "validation\n") for name in names]
    first.set_xticks(first.get_xticks(), two_lines, rotation=0, ha="center")
    for axes in others:
        if axes.get_yscale() == "log":
            axes.yaxis.set_minor_formatter(NullFormatter())
        for text in axes.get_yticklabels():
            text.set_path_effects([withStroke(linewidth=2, foreground="white")])  # they lie on the lines
        if axes.get_ylabel() == _score(plan):  # the colour bar makes room for ticks
            box = axes.get_position()
            axes.set_position((box.x0 + 0.05, box.y0, box.width, box.height))
    return figure


def _slice(study: optuna.Study, plan: StudyPlan, searched: list[str]) -> Figure:
    width = max(4.5, 2.4 * len(searched) + 1.2)
    figure = _optuna(partial(drawn.plot_slice, params=searched), study, plan, width, height=3.4)
    for axes in figure.axes:
        box = axes.get_position()
        axes.set_position((box.x0, 0.2, box.width, 0.74))
        names = [text.get_text() for text in axes.get_xticklabels()]
        if any(name.startswith("'") for name in names):  # Optuna writes choices as Python does
            turned = 0 if len(names) < 3 else 30
            axes.set_xticks(axes.get_xticks(), [name.strip("'") for name in names], rotation=turned, fontsize=7)
            axes.margins(x=0.3)
    return figure


def _importance(ranking: Sequence[Importance], plan: StudyPlan) -> Figure:
    """Share and worth of each parameter, side by side, with intervals."""
    figure = Figure(figsize=(_WIDTH, 1.3 + 0.35 * len(ranking)), dpi=_DPI, layout="constrained")
    share, worth = figure.subplots(1, 2, sharey=True)
    scale, unit = metric(plan.metric).scale, metric(plan.metric).unit
    _bars(share, 100 * np.array([(item.share, item.low, item.high) for item in ranking]))
    _bars(worth, scale * np.array([(item.worth, item.worth_low, item.worth_high) for item in ranking]))
    share.set_yticks(range(len(ranking)), [item.path for item in ranking])
    share.invert_yaxis()
    share.set_xlabel("share of the scores' spread, %", fontsize=8)
    worth.set_xlabel(f"the best trial's value over the recipe's own{f', {unit}' if unit else ''}", fontsize=8)
    worth.axvline(0, color="black", linewidth=0.8)
    figure.suptitle(f"{EVALUATOR}; 95 % intervals", fontsize=8)
    return figure


def _bars(axes: Axes, rows: NDArray[np.float64]) -> None:
    """A bar for each row of value, low and high."""
    for place, (value, low, high) in enumerate(rows):
        if not np.isfinite(value):
            axes.text(0, place, " not known", va="center", fontsize=8, color="0.4")
            continue
        axes.barh(place, value, height=0.6, color=_PALE)
        if np.isfinite(high - low):
            axes.plot([low, high], [place, place], color=_BLUE, linewidth=1.5, marker="|")
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)


def _intermediate(trials: Sequence[FrozenTrial], plan: StudyPlan) -> Figure:
    """Every trial's intermediate values as a line; the best trial and pruned ones have their own colours."""
    figure = Figure(figsize=(_WIDTH, _HEIGHT), dpi=_DPI, layout="constrained")
    axes = figure.subplots()
    best = best_of(trials, plan)
    styles: dict[str, dict[str, Any]] = {
        "best": {"color": _BLUE, "linewidth": 2.0, "zorder": 3, "linestyle": "-"},
        "other": {"color": _PALE, "linewidth": 1.0, "zorder": 2, "linestyle": "-"},
        "pruned": {"color": _VERMILION, "linewidth": 1.0, "zorder": 2, "linestyle": "--"},
    }
    for trial in trials:
        is_best = best is not None and trial.number == best.number
        style = styles["best" if is_best else "pruned" if trial.state is TrialState.PRUNED else "other"]
        steps = sorted(trial.intermediate_values)
        axes.plot(steps, [trial.intermediate_values[step] for step in steps], marker="o", markersize=3, **style)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("replicate" if plan.pruner == "wilcoxon" else "epoch")
    axes.set_ylabel(_score(plan))
    axes.spines[["top", "right"]].set_visible(False)
    handles = [
        Line2D([], [], label=label, color=style["color"], linestyle=style["linestyle"])
        for label, style in styles.items()
    ]
    figure.legend(handles=handles, loc="outside upper right", ncols=3, frameon=False, fontsize=8)
    return figure
