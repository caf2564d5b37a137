"""A calibration as people read it, and as records for machines."""

import dataclasses
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ablation.analysis.calibration.calibration import (
    ErrorRate,
    ErrorRateWord,
    IntervalCalibration,
    IntervalCheck,
    NoiseFloor,
    NotEnoughStored,
)
from ablation.analysis.calibration.intervals import IntervalName
from ablation.invocation import Invocation
from ablation.reporting.tables.canonical import FlatRecord
from ablation.reporting.texts.remedies import unbroken

_MARKS: dict[ErrorRateWord, tuple[str, str]] = {
    "kept": ("", ""),
    "broken": (" broken", "red"),
    "cannot tell": (" ?", "yellow"),
}
"""What follows a share, and its colour."""

_INTERVALS: dict[IntervalName, str] = {
    "wider": "wider of both",
    "two_components": "two components",
    "replicates": "replicates alone (paired t)",
    "examples": "test images alone (paired t)",
    "bootstrap": "bootstrap over replicates",
    "redrawn": "Nadeau and Bengio",
}


def calibration_text(found: IntervalCalibration, invocation: Invocation) -> RenderableType:
    """The shares of each interval, the numerical floor, and how far to trust them.

    Args:
        invocation: of the calibration, for the commands that add what is missing.
    """
    title = f"{found.name}: do the intervals keep their word? {found.metric.label}, alpha {found.alpha:g}"
    table = [_table(found)] if found.checked else []
    lines = (Text(line) for line in _lines(found))
    missing = (unbroken(line) for each in found.missing for line in _missing(each, invocation))
    return Group(Text(title, style="bold"), *table, *lines, *missing)


def calibration_records(found: IntervalCalibration) -> list[FlatRecord]:
    """One record for each interval, number of replicates and number of images, all with the same keys.

    Shares are in 0..1 with their 95 % bounds (``_low``, ``_high``), the number of independent draws that they are worth
    (``_worth``) and the word; None where nothing was drawn. ``false`` is of differences found between equal arms,
    ``covered`` of true gains within the interval. ``gain`` is in ``unit``; ``floor_`` is what two executions of one
    run differ by.
    """
    return [_record(each, found) for each in found.checked]


def _record(row: IntervalCheck, found: IntervalCalibration) -> FlatRecord:
    floor = found.floor
    return {
        "experiment": found.name,
        "metric": found.metric.name,
        "unit": found.metric.unit,
        "alpha": found.alpha,
        "interval": _INTERVALS[row.interval],
        "used": row.used,
        "replicates": row.k,
        "images": row.images,
        **_share("false", row.false, of_errors=True),
        "false_gains": row.gains,
        "false_losses": row.losses,
        **_share("covered", row.paired, of_errors=False),
        **_share("covered_unpaired", row.unpaired, of_errors=False),
        "draws": found.draws,
        "stored_replicates": found.replicates,
        "stored_images": found.images,
        "gain": found.gain,
        "floor_probability": floor.probability if floor else None,
        "floor_metric": floor.metric if floor else None,
    }


def _share(prefix: str, promise: ErrorRate | None, *, of_errors: bool) -> FlatRecord:
    keys = (prefix, f"{prefix}_low", f"{prefix}_high", f"{prefix}_worth", f"{prefix}_word")
    if promise is None:
        return dict.fromkeys(keys)
    return dict(zip(keys, (*_bounded(promise, of_errors), promise.errs.worth, promise.word), strict=True))


def _bounded(promise: ErrorRate, of_errors: bool) -> tuple[float, float, float]:
    """The share and its bounds: of errors, or of the rest."""
    errs = promise.errs
    return (errs.share, errs.low, errs.high) if of_errors else (1 - errs.share, 1 - errs.high, 1 - errs.low)


def _table(found: IntervalCalibration) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("n", "images"):
        table.add_column(heading, justify="right")
    for heading in ("interval", "false, %", "covered, paired, %", "covered, unpaired, %"):
        table.add_column(heading, no_wrap=True)
    told: tuple[int, int] | None = None
    for row in found.checked:
        sizes = (row.k, row.images)
        table.add_row(
            *(("", "") if sizes == told else map(str, sizes)),
            Text(f"{_INTERVALS[row.interval]}{' (table)' if row.used else ''}", style="bold" if row.used else ""),
            _cell(row.false, of_errors=True),
            _cell(row.paired, of_errors=False),
            _cell(row.unpaired, of_errors=False),
        )
        told = sizes
    return table


def _cell(promise: ErrorRate | None, *, of_errors: bool) -> Text:
    if promise is None:
        return Text("-")
    share, low, high = (100 * each for each in _bounded(promise, of_errors))
    mark, colour = _MARKS[promise.word]
    return Text(f"{share:.1f} [{low:.1f}, {high:.1f}]{mark}", style=colour)


def _lines(found: IntervalCalibration) -> Iterator[str]:
    if found.checked:
        yield (
            "False: gains or losses found between n replicates of the baseline and n others; covered: true gains that "
            "lie within the interval, of arms that share their n replicates or do not. The aim is "
            f"{100 * found.alpha:g} % false at most, {100 - 100 * found.alpha:g} % covered at least; broken: surely "
            "missed; ?: not sure to err less than twice as often."
        )
        if any(row.interval == "wider" for row in found.checked):
            yield "Wider of both: two components, or the paired t over replicates where that reaches farther."
        yield _draws(found)
    if found.gain is not None:
        unit = f" {found.metric.unit}" if found.metric.unit else ""
        yield (
            f"True gain: the final recipe has {found.gain:+.2f}{unit} over the baseline, in the mean of all "
            f"{found.replicates} stored replicates{'' if found.redrawn else f' and {found.images} test images'}."
        )
    if found.redrawn:
        yield "Test sets are redrawn for each replicate: covered is the mean of such splits of these same images."
    yield _floor(found.floor)


def _draws(found: IntervalCalibration) -> str:
    every = [each for row in found.checked for each in (row.false, row.paired, row.unpaired) if each]
    worth = [each.errs.worth for each in every]
    return (
        f"{found.draws} draws for each share, from stored runs without replacement. They share runs and images: by the "
        f"jackknife they are worth {min(worth)} to {max(worth)} independent ones, over which the 95 % bounds are "
        "taken. Draws of a large share of the runs or images stray too little; the truth is moved away from each by "
        "what that hides, so that covered speaks of new runs and new images."
    )


def _floor(floor: NoiseFloor | None) -> str:
    if floor is None:
        return "Numerical floor: not known; no run was executed twice."
    times = f"one run of the baseline, executed {floor.executions} times"
    if floor.bit_for_bit:
        return f"Numerical floor: {times}, predicts the same bit for bit."
    return (
        f"Numerical floor: {times}, has probabilities up to {floor.probability:.2g} apart and scores up to "
        f"{floor.metric:.2g} apart."
    )


def _missing(missing: NotEnoughStored, invocation: Invocation) -> Iterator[str]:
    size, needed, there = missing.size, missing.needed, missing.stored
    if missing.of == "images":
        yield f"{needed} test images are needed to draw {size} of them; there are {there}: raise data.test_size"
    else:
        yield f"{needed} replicates are needed for arms of {size}; there are {there}:"
        yield dataclasses.replace(invocation, replicates=needed).again()
