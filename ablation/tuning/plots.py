"""The figures of a study: Optuna's own, with legends and labels made readable, and some of ours."""

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import matplotlib
import numpy as np
import optuna
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator, NullFormatter
from optuna.exceptions import ExperimentalWarning
from optuna.trial import FrozenTrial, TrialState
from optuna.visualization import matplotlib as drawn

from ablation.experiment.planning.tuned import Importance
from ablation.experiment.search.study_plan import StudyPlan
from ablation.metrics.registry import metric
from ablation.tuning.importance import EVALUATOR, importances
from ablation.tuning.trials import best_of, complete_trials

_BLUE, _VERMILION, _PALE = "#0072B2", "#D55E00", "#BBBBBB"
_DPI = 130


def study_figures(
    study: optuna.Study, plan: StudyPlan, ranking: tuple[Importance, ...] | None = None
) -> Iterator[tuple[str, Figure]]:
    """Every figure for which the study has enough trials, with the path to store it under.

    History and slices need one complete trial; parallel coordinates, and the contour of the two most important
    numbers, need two; the figure of importances needs two parameters with one. Matplotlib's state is restored.

    Args:
        ranking: the result of ``importances``; None to compute it.
    """
    trials = study.get_trials(deepcopy=False)
    done = complete_trials(trials)
    ranking = importances(trials, plan) if ranking is None else ranking
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
        contour = _optuna(lambda: drawn.plot_contour(study, params=numbers, target_name=_score(plan)))
        yield "figures/contour.png", contour
    if any(trial.intermediate_values for trial in trials):
        yield "figures/intermediate.png", _intermediate(trials, plan)


def _score(plan: StudyPlan) -> str:
    return f"validation {metric(plan.metric).label}"


def _searched(done: Sequence[FrozenTrial], plan: StudyPlan, ranking: Sequence[Importance]) -> list[str]:
    """Optuna's names of the parameters that took more than one value, the most important first."""
    values: dict[str, set[object]] = {}
    for trial in done:
        for name, value in trial.params.items():
            values.setdefault(name, set()).add(value)
    order = [item.path for item in ranking] or [parameter.path for parameter in plan.space.parameters]
    return [name for name in order if len(values.get(name, ())) > 1]


def _is_categorical(done: Sequence[FrozenTrial], name: str) -> bool:
    kinds = (trial.distributions[name] for trial in done if name in trial.distributions)
    return any(isinstance(kind, optuna.distributions.CategoricalDistribution) for kind in kinds)


def _optuna(draw: Callable[[], object], width: float = 7.2, height: float = 4.2) -> Figure:
    """One of Optuna's figures, detached from pyplot and on a white background."""
    with _pyplot():
        draw()
        figure = plt.gcf()
        plt.close(figure)
        figure.set_size_inches(width, height)
        for axes in figure.axes:
            axes.set_facecolor("white")
            axes.grid(visible=False)
            axes.set_title("")
            axes.spines[:].set_color("0.6")
        figure.suptitle("")
        FigureCanvasAgg(figure)
    return figure


def _history(study: optuna.Study, plan: StudyPlan) -> Figure:
    figure = _optuna(lambda: drawn.plot_optimization_history(study, target_name=_score(plan)))
    (axes,) = figure.axes
    legend = axes.get_legend()
    if legend is not None:
        legend.remove()
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, fontsize=8)
    return figure


@contextmanager
def _pyplot() -> Iterator[None]:
    """Pyplot without windows; its style and backend are restored."""
    backend = matplotlib.get_backend(auto_select=False)
    with matplotlib.rc_context({"figure.dpi": _DPI}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=ExperimentalWarning)
        plt.switch_backend("agg")
        try:
            yield
        finally:
            if backend is not None:
                plt.switch_backend(backend)


def _parallel(study: optuna.Study, plan: StudyPlan, searched: list[str]) -> Figure:
    figure = _optuna(
        lambda: drawn.plot_parallel_coordinate(study, params=searched, target_name=_score(plan)),
        width=max(7.2, 1.8 * (len(searched) + 1)),
    )
    first = figure.axes[0]
    names = [_label(text.get_text()) for text in first.get_xticklabels()]
    first.set_xticks(first.get_xticks(), names, rotation=0, ha="center")
    for axes in figure.axes[1:]:
        if axes.get_yscale() == "log":
            axes.yaxis.set_minor_formatter(NullFormatter())
        for text in axes.get_yticklabels():
            text.set_path_effects([withStroke(linewidth=2, foreground="white")])  # they lie on the lines
    _move_right(figure, _score(plan), 0.05)
    return figure


def _move_right(figure: Figure, label: str, share: float) -> None:
    """Move the colour bar with this label to the right, to make room for ticks."""
    for axes in figure.axes[1:]:
        if axes.get_ylabel() == label:
            box = axes.get_position()
            axes.set_position((box.x0 + share, box.y0, box.width, box.height))


def _slice(study: optuna.Study, plan: StudyPlan, searched: list[str]) -> Figure:
    figure = _optuna(
        lambda: drawn.plot_slice(study, params=searched, target_name=_score(plan)),
        width=max(4.5, 2.4 * len(searched) + 1.2),
        height=3.4,
    )
    for axes in figure.axes:
        box = axes.get_position()
        axes.set_position((box.x0, 0.2, box.width, 0.74))
        names = [text.get_text() for text in axes.get_xticklabels()]
        if any(name.startswith("'") for name in names):  # Optuna writes choices as Python does
            turned = 0 if len(names) < 3 else 30
            axes.set_xticks(axes.get_xticks(), [name.strip("'") for name in names], rotation=turned, fontsize=7)
            axes.margins(x=0.3)
    return figure


def _label(name: str) -> str:
    """A dotted setting on two lines."""
    return name.replace(".", ".\n", 1).replace("validation ", "validation\n")


def _importance(ranking: Sequence[Importance], plan: StudyPlan) -> Figure:
    """Share and worth of each parameter, side by side, with intervals."""
    figure = Figure(figsize=(7.2, 1.3 + 0.35 * len(ranking)), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    share, worth = figure.subplots(1, 2, sharey=True)
    scored = metric(plan.metric)
    scale, unit = scored.scale, scored.unit
    _bars(share, [(100 * item.share, 100 * item.low, 100 * item.high) for item in ranking])
    _bars(worth, [(scale * item.worth, scale * item.worth_low, scale * item.worth_high) for item in ranking])
    share.set_yticks(range(len(ranking)), [item.path for item in ranking])
    share.invert_yaxis()
    share.set_xlabel("share of the scores' spread, %", fontsize=8)
    worth.set_xlabel(f"the best trial's value over the recipe's own{f', {unit}' if unit else ''}", fontsize=8)
    worth.axvline(0, color="black", linewidth=0.8)
    figure.suptitle(f"{EVALUATOR}; 95 % intervals", fontsize=8)
    return figure


def _bars(axes: Axes, rows: Sequence[tuple[float, float, float]]) -> None:
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
    figure = Figure(figsize=(7.2, 4.2), dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    best = best_of(trials, plan)
    for trial in trials:
        steps = sorted(trial.intermediate_values.items())
        first = best is not None and trial.number == best.number
        pruned = trial.state is TrialState.PRUNED
        axes.plot(
            [step for step, _ in steps],
            [value for _, value in steps],
            color=_BLUE if first else _VERMILION if pruned else _PALE,
            linewidth=2 if first else 1,
            linestyle="--" if pruned else "-",
            marker="o",
            markersize=3,
            zorder=3 if first else 2,
        )
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("replicate" if plan.pruner == "wilcoxon" else "epoch")
    axes.set_ylabel(_score(plan))
    axes.spines[["top", "right"]].set_visible(False)
    handles = [
        Line2D([], [], color=_BLUE, label="best"),
        Line2D([], [], color=_PALE, label="other"),
        Line2D([], [], color=_VERMILION, linestyle="--", label="pruned"),
    ]
    figure.legend(handles=handles, loc="outside upper right", ncols=3, frameon=False, fontsize=8)
    return figure
