"""What a study's run in MLflow says: its space, counts of trials, the best one as a patch, all of them as a table."""

import math
from typing import get_args

import pandas as pd
import yaml

from ablation.experiment.config.yaml_text import yaml_flow
from ablation.experiment.planning.tuned import Importance, Tuned
from ablation.experiment.search.space import Parameter
from ablation.experiment.search.study_plan import StudyPlan
from ablation.experiment.search.study_state import StudyState, TrialLine, TrialStatus
from ablation.metrics.metric import Metric
from ablation.metrics.registry import metric as metric_of
from ablation.tracking.names import Prefix
from ablation.tuning.importance import EVALUATOR


def study_params(plan: StudyPlan) -> dict[str, str]:
    """What the definition fixes: the range of each parameter under ``space.`` and what a score is."""
    ranges = {f"space.{parameter.path}": _range(parameter) for parameter in plan.space.parameters}
    return {**ranges, "metric": plan.metric, "replicates": str(plan.replicates), "seed": str(plan.seed)}


def _range(parameter: Parameter) -> str:
    """The values that are tried, in a line: ``0.0001 .. 0.01, log``."""
    if parameter.kind == "categorical":
        return " | ".join(map(yaml_flow, parameter.choices))
    text = f"{parameter.low:g} .. {parameter.high:g}"
    if parameter.log:
        return f"{text}, log"
    return text if parameter.step is None else f"{text}, step {parameter.step:g}"


def study_metrics(state: StudyState, tuned: Tuned | None) -> dict[str, float]:
    """Counts of trials by status, and the best and the recipe's own score, raw as all of MLflow's."""
    counts = {f"{Prefix.TRIALS}{status}": float(state.count(status)) for status in get_args(TrialStatus)}
    if tuned is None:
        return counts
    metric = f"{Prefix.VAL}{tuned.metric}"
    scores = {f"{Prefix.BEST}{metric}": tuned.score, f"{Prefix.OWN}{metric}": tuned.own_score}
    return {
        **counts,
        **{name: score for name, score in scores.items() if math.isfinite(score)},
        **{f"{Prefix.IMPORTANCE}{importance.path}": importance.share for importance in tuned.importances},
    }


def trials_table(state: StudyState) -> pd.DataFrame:
    """One row a trial, in order of number; values as the file writes them."""
    return pd.DataFrame(list(map(_trial_row, state.trials)))


def _trial_row(line: TrialLine) -> dict[str, object]:
    values = {
        path: value if isinstance(value, int | float) else yaml_flow(value) for path, value in line.values.items()
    }
    head = {"trial": line.number, "status": line.status, "score": line.score, "seconds": line.seconds}
    return {**head, **values, "reason": line.reason}


def best_text(tuned: Tuned) -> str:
    """The best trial as a patch that an experiment file can take, under a comment with its score."""
    return f"# {_best(tuned)}\n" + yaml.safe_dump({"patch": tuned.patch}, sort_keys=False)


def description(state: StudyState, tuned: Tuned | None) -> str:
    """The study in words for the top of its run's page, which shows no Markdown tables."""
    counts = ", ".join(f"{count} {status}" for status in get_args(TrialStatus) if (count := state.count(status)))
    lines = [f"Study of **{state.row}**: {state.asked} trials asked for, {counts or 'none yet'}."]
    if tuned is not None:
        lines.append(f"**{_best(tuned)}**")
        lines.append("\n".join(f"- `{path}: {yaml_flow(value)}`" for path, value in tuned.values.items()))
        lines.append("The patch to paste is in `best.yaml`, every trial in `trials.csv`, the figures in `figures/`.")
    if tuned is not None and tuned.importances:
        metric = metric_of(tuned.metric)
        lines.append(f"What each value was worth on validation against the recipe's own ({EVALUATOR}, 95 % interval):")
        lines.append("\n".join(f"- `{item.path}`: {_worth(item, metric)}" for item in tuned.importances))
    return "\n\n".join(lines)


def _best(tuned: Tuned) -> str:
    metric = metric_of(tuned.metric)
    best, own = (f"{metric.label} {_number(score, metric)}" for score in (tuned.score, tuned.own_score))
    beside = "" if math.isnan(tuned.own_score) else f"; the recipe's own values: {own}"
    return f"Trial {tuned.number} is best on validation: {best}, optimistic: the best of {tuned.trials} trials{beside}"


def _worth(importance: Importance, metric: Metric) -> str:
    share = f"{importance.share:.0%} of the spread ({importance.low:.0%} to {importance.high:.0%})"
    if not math.isfinite(importance.worth_high - importance.worth_low):
        return f"not known; {share}"
    bounds = (importance.worth, importance.worth_low, importance.worth_high)
    worth, low, high = (_number(value, metric, sign="+") for value in bounds)
    return f"{worth} ({low} to {high}){f' {metric.unit}' if metric.unit else ''}; {share}"


def _number(value: float, metric: Metric, sign: str = "") -> str:
    """A score or a gain in the unit that tables show."""
    return f"{value * metric.scale:{sign}.{1 if metric.unit == 'points' else 3}f}"
