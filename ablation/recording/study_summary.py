"""What a study's run in MLflow says: its space, counts of trials, the best one as a patch, all of them as a table."""

import math
from collections.abc import Mapping
from typing import Any, get_args

import pandas as pd
import yaml

from ablation.experiment.config.setting_paths import patch_of
from ablation.experiment.config.yaml_text import yaml_flow
from ablation.experiment.planning.tuned import Importance, Tuned
from ablation.experiment.search.space import Parameter
from ablation.experiment.search.study_plan import StudyPlan
from ablation.experiment.search.study_state import StudyState, TrialStatus
from ablation.metrics.registry import metric as metric_of
from ablation.tracking.names import Prefix, space_param
from ablation.tuning.importance import EVALUATOR


def study_params(plan: StudyPlan) -> dict[str, str]:
    """What the definition fixes: the range of each parameter under ``space.`` and what a score is."""
    return {
        **{space_param(each.path): _searched(each) for each in plan.space.parameters},
        "metric": plan.metric,
        "replicates": str(plan.replicates),
        "seed": str(plan.seed),
    }


def _searched(parameter: Parameter) -> str:
    """What is tried, in a line: ``0.0001 .. 0.01, log``."""
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
        **{f"{Prefix.IMPORTANCE}{each.path}": each.share for each in tuned.importances},
    }


def trials_table(state: StudyState) -> pd.DataFrame:
    """One row a trial, in order of number; values as the file writes them."""
    rows: list[Mapping[str, Any]] = [
        {
            "trial": line.number,
            "status": line.status,
            "score": line.score,
            "seconds": line.seconds,
            **{
                path: value if isinstance(value, int | float) else yaml_flow(value)
                for path, value in line.values.items()
            },
            "reason": line.reason,
        }
        for line in state.trials
    ]
    return pd.DataFrame(rows)


def best_text(tuned: Tuned) -> str:
    """The best trial as a patch that an experiment file can take, with what it stands on in front."""
    return f"# {_standing(tuned)}\n" + yaml.safe_dump({"patch": patch_of(tuned.values)}, sort_keys=False)


def description(state: StudyState, tuned: Tuned | None) -> str:
    """The study in words for the top of its run's page, which shows no Markdown tables."""
    counts = ", ".join(f"{state.count(each)} {each}" for each in get_args(TrialStatus) if state.count(each))
    lines = [f"Study of **{state.row}**: {state.asked} trials asked for, {counts or 'none yet'}."]
    if tuned is not None:
        lines.append(f"**{_standing(tuned)}**")
        lines.append("\n".join(f"- `{path}: {yaml_flow(value)}`" for path, value in tuned.values.items()))
        lines.append("The patch to paste is in `best.yaml`, every trial in `trials.csv`, the figures in `figures/`.")
    if tuned is not None and tuned.importances:
        lines.append(f"What each value was worth on validation against the recipe's own ({EVALUATOR}, 95 % interval):")
        lines.append("\n".join(_worth(each, tuned.metric) for each in tuned.importances))
    return "\n\n".join(lines)


def _standing(tuned: Tuned) -> str:
    own = (
        f"; the recipe's own values: {_shown(tuned.own_score, tuned.metric)}"
        if tuned.own_score == tuned.own_score
        else ""
    )
    return (
        f"Trial {tuned.number} is best on validation: {_shown(tuned.score, tuned.metric)}, optimistic: "
        f"the best of {tuned.trials} trials{own}"
    )


def _shown(score: float, name: str) -> str:
    metric = metric_of(name)
    decimals = 1 if metric.unit == "points" else 3
    return f"{metric.label} {score * metric.scale:.{decimals}f}"


def _worth(importance: Importance, name: str) -> str:
    metric = metric_of(name)
    share = f"{importance.share:.0%} of the spread ({importance.low:.0%} to {importance.high:.0%})"
    if not math.isfinite(importance.worth_high - importance.worth_low):
        return f"- `{importance.path}`: not known; {share}"
    decimals = 1 if metric.unit == "points" else 3
    worth, low, high = (
        f"{value * metric.scale:+.{decimals}f}"
        for value in (importance.worth, importance.worth_low, importance.worth_high)
    )
    return f"- `{importance.path}`: {worth} ({low} to {high}){f' {metric.unit}' if metric.unit else ''}; {share}"
