"""Studies as grids: the best value of each setting, the share that it explains, and its worth on validation."""

import math
from collections.abc import Callable, Iterator
from functools import partial

from ablation.analysis.table.table import Table
from ablation.analysis.verdict.tuning import Estimate, TunedSetting, Tuning
from ablation.reporting.tables.cells import NOTHING, Cell, CellGrid, decimals_of, fixed, share, signed, unit_of, visible
from ablation.reporting.tables.settings import patch_flow, rounded


def tuning_grids(table: Table) -> tuple[CellGrid, ...]:
    """A block for each study whose best values are in use; none without one."""
    return tuple(map(_study, table.tuning))


def _study(study: Tuning) -> CellGrid:
    return CellGrid(
        visible(f"Tuning {study.tuned.row}: {study.metric.label} on validation{unit_of(study.metric)}"),
        ("setting", "best", "own", "share of spread [95 % CI]", "worth [95 % CI]"),
        tuple(_setting(setting, study) for setting in study.settings),
        frozenset({"setting", "best", "own"}),
        tuple(map(visible, _notes(study))),
    )


def _setting(setting: TunedSetting, study: Tuning) -> tuple[Cell, ...]:
    return (
        Cell(visible(setting.path)),
        Cell(visible(rounded(setting.best))),
        Cell(visible(rounded(setting.own)) if setting.path in study.tuned.own else NOTHING),
        Cell(_with_bounds(setting.share, share) if setting.share else NOTHING),
        Cell(_worth(setting.worth, study) if setting.worth else NOTHING),
    )


def _worth(worth: Estimate, study: Tuning, unit: str = "") -> str:
    return _with_bounds(worth, partial(signed, places=decimals_of(study.metric)), unit)


def _with_bounds(estimate: Estimate, text: Callable[[float], str], unit: str = "") -> str:
    bounds = f" [{text(estimate.low)}, {text(estimate.high)}]" if _is_bounded(estimate) else ""
    return f"{text(estimate.value)}{unit}{bounds}"


def _is_bounded(estimate: Estimate) -> bool:
    return not (math.isnan(estimate.low) or math.isnan(estimate.high))


def _notes(study: Tuning) -> Iterator[str]:
    tuned, places = study.tuned, decimals_of(study.metric)
    ends = [f"{count} {end}" for count, end in ((tuned.pruned, "pruned"), (tuned.failed, "failed")) if count]
    ended = f" ({', '.join(ends)})" if ends else ""
    trials = f"{_counted(tuned.trials, 'trial')}{ended} of {_counted(tuned.replicates, 'replicate')} each"
    pruner = "" if tuned.pruner == "none" else f", pruned by {tuned.pruner}"
    yield f'study: "{tuned.study}", {trials} by {tuned.sampler}{pruner}'
    own = f": {fixed(study.own_score, places)} ({signed(study.gain, places)} by tuning)"
    yield (
        f"best: {fixed(study.score, places)} in trial {tuned.number}, the best of {tuned.trials} and optimistic; the "
        f"recipe's own values{' were not scored' if math.isnan(study.own_score) else own}"
    )
    yield f"patch: {patch_flow(tuned.patch)}"
    yield from _worths(study)


def _worths(study: Tuning) -> Iterator[str]:
    """The worth of each setting as a sentence, with other settings averaged out."""
    worths = [(setting.path, setting.worth) for setting in study.settings if setting.worth]
    for path, worth in worths:
        if worth.value == worth.low == worth.high == 0:
            yield f"{path} is best as it is"
            continue
        doubt = ", which may be nothing" if _is_bounded(worth) else ", how surely is not known"
        text = _worth(worth, study, unit_of(study.metric, " "))
        yield f"tuning {path} was worth {text} on validation{'' if worth.excludes_zero else doubt}"
    if worths:
        yield "a worth is optimistic too, as it is that of the best trial's value"
    else:
        yield "too few trials to tell what each setting was worth"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"
