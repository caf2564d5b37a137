"""What studies did, as grids: each setting's best value, what it explains, and what it was worth on validation."""

import math
from collections.abc import Iterator

from ablation.analysis.table.table import Table
from ablation.analysis.verdict.tuning import Estimate, TunedSetting, Tuning
from ablation.reporting.tables.cells import NOTHING, Cell, CellGrid, decimals_of, fixed, share, signed, visible
from ablation.reporting.tables.settings import patch_flow, rounded


def tuning_grids(table: Table) -> tuple[CellGrid, ...]:
    """A block for each study whose best values are in use; none without one."""
    return tuple(_study(each) for each in table.tuning)


def _study(found: Tuning) -> CellGrid:
    return CellGrid(
        visible(f"Tuning {found.tuned.row}: {found.metric.label} on validation{_unit(found, ', ')}"),
        ("setting", "best", "own", "share of spread [95 % CI]", "worth [95 % CI]"),
        tuple(_setting(each, found) for each in found.settings),
        frozenset({"setting", "best", "own"}),
        tuple(map(visible, _notes(found))),
    )


def _setting(each: TunedSetting, found: Tuning) -> tuple[Cell, ...]:
    return (
        Cell(visible(each.path)),
        Cell(visible(rounded(each.best))),
        Cell(visible(rounded(each.own)) if each.path in found.tuned.own else NOTHING),
        Cell(_share(each.share) if each.share else NOTHING),
        Cell(_worth(each.worth, found) if each.worth else NOTHING),
    )


def _share(found: Estimate) -> str:
    return share(found.value) + _bounds(found, share(found.low), share(found.high))


def _worth(found: Estimate, of: Tuning, unit: str = "") -> str:
    value, low, high = (signed(each, decimals_of(of.metric)) for each in (found.value, found.low, found.high))
    return value + unit + _bounds(found, low, high)


def _bounds(found: Estimate, low: str, high: str) -> str:
    return "" if math.isnan(found.low) or math.isnan(found.high) else f" [{low}, {high}]"


def _notes(found: Tuning) -> Iterator[str]:
    tuned, places = found.tuned, decimals_of(found.metric)
    yield f'study: "{tuned.study}", {_trials(found)} by {tuned.sampler}{_pruner(found)}'
    yield (
        f"best: {fixed(found.score, places)} in trial {tuned.number}, the best of {tuned.trials} and optimistic; "
        f"{_own(found)}"
    )
    yield f"patch: {patch_flow(tuned.patch)}"
    yield from _worths(found)


def _trials(found: Tuning) -> str:
    tuned = found.tuned
    ends = [f"{number} {word}" for number, word in ((tuned.pruned, "pruned"), (tuned.failed, "failed")) if number]
    ended = f" ({', '.join(ends)})" if ends else ""
    return f"{_counted(tuned.trials, 'trial')}{ended} of {_counted(tuned.replicates, 'replicate')} each"


def _pruner(found: Tuning) -> str:
    return "" if found.tuned.pruner == "none" else f", pruned by {found.tuned.pruner}"


def _own(found: Tuning) -> str:
    places = decimals_of(found.metric)
    if math.isnan(found.own_score):
        return "the recipe's own values were not scored"
    return f"the recipe's own values: {fixed(found.own_score, places)} ({signed(found.gain, places)} by tuning)"


def _worths(found: Tuning) -> Iterator[str]:
    """The worth of each setting as a sentence, with other settings averaged out."""
    told = [(each.path, each.worth) for each in found.settings if each.worth]
    for path, worth in told:
        if worth.value == worth.low == worth.high == 0:
            yield f"{path} is best as it is"
            continue
        bounded = not (math.isnan(worth.low) or math.isnan(worth.high))
        doubt = "" if worth.excludes_zero else ", which may be nothing" if bounded else ", how surely is not known"
        yield f"tuning {path} was worth {_worth(worth, found, _unit(found, ' '))} on validation{doubt}"
    if told:
        yield "a worth is optimistic too, as it is that of the best trial's value"
    else:
        yield "too few trials to tell what each setting was worth"


def _unit(found: Tuning, before: str) -> str:
    return f"{before}{found.metric.unit}" if found.metric.unit else ""


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"
