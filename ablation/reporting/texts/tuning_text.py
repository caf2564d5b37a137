"""A study as people read it: how far it is, what is best so far, and its best as a patch for the experiment file."""

import math
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from ablation.experiment.config.yaml_text import yaml_flow
from ablation.experiment.planning.tuned import Tuned
from ablation.experiment.search.study_plan import StudyPlan
from ablation.experiment.search.study_state import StudyState, TrialLine, TrialStatus
from ablation.metrics.metric import Metric
from ablation.metrics.registry import metric as metric_of
from ablation.reporting.tables.cells import NOTHING, decimals_of, fixed, signed
from ablation.reporting.tables.settings import patch_block, rounded
from ablation.reporting.texts.live_display import duration_text

_BEST = 5
"""Trials that are shown."""
_MOST_COLUMNS = 3
"""Settings that have a column each; more stand in one."""
ENDED: tuple[TrialStatus, ...] = ("complete", "pruned", "failed")
"""Trials that count towards the number that a study asks for."""
_OPEN: tuple[TrialStatus, ...] = ("running", "waiting")


def study_text(state: StudyState, plan: StudyPlan | None = None) -> RenderableType:
    """Counts, the best so far, the five best trials, why others failed, and how the plan chooses trials."""
    metric = metric_of(state.metric)
    best, completed = best_trials(state.trials, metric)[:_BEST], state.count("complete")
    return Group(
        Text(f"{state.study}: {metric.label} on validation{_how(plan)}", style="bold"),
        Text(_counts(state)),
        *map(Text, _scores(state, metric)),
        *((Text(), _table(best, metric)) if best else ()),
        *((Text(f"the best {len(best)} of {completed} complete", style="dim"),) if completed > len(best) else ()),
        *_failures(state.trials),
    )


def patch_text(tuned: Tuned, requires: Sequence[str] = ()) -> RenderableType:
    """The best settings, exact, to paste into the experiment file; ``requires`` names the rungs they build on."""
    metric = metric_of(tuned.metric)
    best = f"{_score(tuned.score, metric)} ({optimistic(tuned.trials)})"
    head = Text(f"{tuned.row}: best settings, of trial {tuned.number}: {metric.label} {best}", style="bold")
    if dict(tuned.values) == dict(tuned.own):
        return Group(head, Text("they are the recipe's own: no trial was better, and there is nothing to paste"))
    if tuned.each:
        return Group(head, Text(patch_block(tuned.patch, 2)))
    required = f"    requires: {yaml_flow(list(requires))}\n" if requires else ""
    return Group(
        head,
        Text("a rung with tuned: true takes them by itself; as a rung to paste in its place, or at the ladder's end:"),
        Text(f"  - name: Final tuning\n{required}    patch:\n{patch_block(tuned.patch, 6)}"),
    )


def optimistic(trials: int) -> str:
    """What stands beside every best score."""
    return f"on validation, the best of {trials}: optimistic"


def _how(plan: StudyPlan | None) -> str:
    if plan is None:
        return ""
    replicates = f", mean of {plan.replicates} replicates" if plan.replicates > 1 else ""
    pruner = f", pruned by {plan.pruner}" if plan.pruner != "none" else ""
    return f"{replicates}; chosen by {plan.sampler}{pruner}"


def _ended(state: StudyState) -> int:
    return sum(map(state.count, ENDED))


def _counts(state: StudyState) -> str:
    """``12 of 20 trials: 9 complete, 2 pruned, 1 failed; 2 running; about 3 min left``."""
    ended, asked = _ended(state), state.asked
    trials = f"{ended} of {asked} trials" if ended <= asked else f"{ended} trials, {asked} asked for"
    done, still = (
        ", ".join(f"{state.count(status)} {status}" for status in group if state.count(status))
        for group in (ENDED, _OPEN)
    )
    left = f"about {duration_text(state.seconds_left)} left" if state.seconds_left > 0 and ended < asked else ""
    return "; ".join(part for part in (f"{trials}{f': {done}' if done else ''}", still, left) if part)


def _scores(state: StudyState, metric: Metric) -> Iterator[str]:
    """The best score, and that of the recipe's own values."""
    trials = {trial.number: trial for trial in state.trials}
    best, own = (None if number is None else trials.get(number) for number in (state.best, state.own))
    if best is not None:
        word = "best" if state.is_over else "best so far"
        yield f"{word}: {_score(best.score, metric)} by trial {best.number} ({optimistic(_ended(state))})"
    if own is not None and own.status == "complete":
        more = signed(metric.gain_scale * (best.score - own.score), decimals_of(metric)) if best else ""
        yield f"the recipe's own values: {_score(own.score, metric)}{f' ({more} by tuning)' if more else ''}"


def best_trials(trials: Sequence[TrialLine], metric: Metric) -> list[TrialLine]:
    """The complete trials, the best first."""
    scored = [trial for trial in trials if trial.status == "complete" and not math.isnan(trial.score)]
    return sorted(scored, key=lambda trial: (-metric.gain_scale * trial.score, trial.number))


def _table(trials: Sequence[TrialLine], metric: Metric) -> Table:
    paths = tuple(dict.fromkeys(path for trial in trials for path in trial.values))
    one_each = len(paths) <= _MOST_COLUMNS
    table = Table(
        *(Column(Text(heading), justify="right", no_wrap=True) for heading in ("trial", metric.label, "time")),
        *(Column(Text(heading), overflow="fold") for heading in (paths if one_each else ("settings",))),
        box=None,
        padding=(0, 2, 0, 0),
    )
    for trial in trials:
        settings = {path: rounded(trial.values[path]) if path in trial.values else NOTHING for path in paths}
        together = ", ".join(f"{path} {value}" for path, value in settings.items())
        time = NOTHING if math.isnan(trial.seconds) else duration_text(trial.seconds)
        values = settings.values() if one_each else (together,)
        table.add_row(str(trial.number), _score(trial.score, metric), time, *map(Text, values))
    return table


def _failures(trials: Sequence[TrialLine]) -> Iterator[Text]:
    """Each reason once, with its trials."""
    reasons: dict[str, list[str]] = {}
    for trial in trials:
        if trial.status == "failed":
            reasons.setdefault(trial.reason, []).append(str(trial.number))
    for reason, numbers in reasons.items():
        yield Text(f"failed: trial{'s' if len(numbers) > 1 else ''} {', '.join(numbers)}: {reason}", style="red")


def _score(score: float, metric: Metric) -> str:
    return fixed(metric.scale * score, decimals_of(metric))
