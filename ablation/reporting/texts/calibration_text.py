"""A calibration as people read it, and as records for machines."""

import dataclasses
from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Column, Table
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
from ablation.reporting.tables.cells import FlatRecord
from ablation.reporting.texts.remedies import unbroken

_MARKS: dict[ErrorRateWord, tuple[str, str]] = {
    "kept": ("", ""),
    "broken": (" broken", "red"),
    "cannot tell": (" ?", "yellow"),
}
"""What stands after a share, and its colour."""

_INTERVALS: dict[IntervalName, str] = {
    "wider": "wider of both",
    "two_components": "two components",
    "replicates": "replicates alone (paired t)",
    "examples": "test images alone (paired t)",
    "bootstrap": "bootstrap over replicates",
    "redrawn": "Nadeau and Bengio",
}


def calibration_text(calibration: IntervalCalibration, invocation: Invocation) -> RenderableType:
    """The shares of each interval, the numerical floor, how far to trust them, and the commands for what is missing."""
    metric = calibration.metric.label
    title = f"{calibration.name}: do the intervals keep their word? {metric}, alpha {calibration.alpha:g}"
    return Group(
        Text(title, style="bold"),
        *([_table(calibration)] if calibration.checked else []),
        *map(Text, _lines(calibration)),
        *(unbroken(line) for missing in calibration.missing for line in _missing(missing, invocation)),
    )


def calibration_records(calibration: IntervalCalibration) -> list[FlatRecord]:
    """One record for each interval, number of replicates and number of images, all with the same keys.

    Shares are in 0..1 with their 95 % bounds (``_low``, ``_high``), the effective number of draws (``_worth``) and the
    word; None where nothing was drawn. ``false`` is of differences found between equal arms, ``covered`` of true gains
    within the interval. ``gain`` is in ``unit``; ``floor_`` is what two executions of one run differ by.
    """
    return [_record(row, calibration, calibration.floor) for row in calibration.checked]


def _record(row: IntervalCheck, calibration: IntervalCalibration, floor: NoiseFloor | None) -> FlatRecord:
    return {
        "experiment": calibration.name,
        "metric": calibration.metric.name,
        "unit": calibration.metric.unit,
        "alpha": calibration.alpha,
        "interval": _INTERVALS[row.interval],
        "used": row.used,
        "replicates": row.k,
        "images": row.images,
        **_share("false", row.false, of_errors=True),
        "false_gains": row.gains,
        "false_losses": row.losses,
        **_share("covered", row.paired, of_errors=False),
        **_share("covered_unpaired", row.unpaired, of_errors=False),
        "draws": calibration.draws,
        "stored_replicates": calibration.replicates,
        "stored_images": calibration.images,
        "gain": calibration.gain,
        "floor_probability": floor.probability if floor else None,
        "floor_metric": floor.metric if floor else None,
    }


def _share(prefix: str, rate: ErrorRate | None, *, of_errors: bool) -> FlatRecord:
    keys = (prefix, *(f"{prefix}_{part}" for part in ("low", "high", "worth", "word")))
    values = (*_bounded(rate, of_errors), rate.errs.worth, rate.word) if rate else (None,) * len(keys)
    return dict(zip(keys, values, strict=True))


def _bounded(rate: ErrorRate, of_errors: bool) -> tuple[float, float, float]:
    """The share and its bounds: of errors, or of the rest."""
    errs = rate.errs
    return (errs.share, errs.low, errs.high) if of_errors else (1 - errs.share, 1 - errs.high, 1 - errs.low)


def _table(calibration: IntervalCalibration) -> Table:
    numbers = (Column(heading, justify="right") for heading in ("n", "images"))
    shares = ("interval", "false, %", "covered, paired, %", "covered, unpaired, %")
    table = Table(*numbers, *(Column(heading, no_wrap=True) for heading in shares), box=None, padding=(0, 2, 0, 0))
    above: tuple[int, int] | None = None
    for row in calibration.checked:
        sizes = (row.k, row.images)
        table.add_row(
            *(("", "") if sizes == above else map(str, sizes)),
            Text(f"{_INTERVALS[row.interval]}{' (table)' if row.used else ''}", style="bold" if row.used else ""),
            _cell(row.false, of_errors=True),
            _cell(row.paired, of_errors=False),
            _cell(row.unpaired, of_errors=False),
        )
        above = sizes
    return table


def _cell(rate: ErrorRate | None, *, of_errors: bool) -> Text:
    if rate is None:
        return Text("-")
    share, low, high = (100 * value for value in _bounded(rate, of_errors))
    mark, colour = _MARKS[rate.word]
    return Text(f"{share:.1f} [{low:.1f}, {high:.1f}]{mark}", style=colour)


def _lines(calibration: IntervalCalibration) -> Iterator[str]:
    if calibration.checked:
        alpha = 100 * calibration.alpha
        yield (
            "False: gains or losses found between n replicates of the baseline and n others; covered: true gains that "
            "lie within the interval, of arms that share their n replicates or do not. The aim is "
            f"{alpha:g} % false at most, {100 - alpha:g} % covered at least; broken: surely missed; ?: not sure to err "
            "less than twice as often."
        )
        if any(row.interval == "wider" for row in calibration.checked):
            yield "Wider of both: two components, or the paired t over replicates where that reaches farther."
        yield _draws(calibration)
    if calibration.gain is not None:
        gain = f"{calibration.gain:+.2f} {calibration.metric.unit}".rstrip()
        images = "" if calibration.redrawn else f" and {calibration.images} test images"
        yield (
            f"True gain: the final recipe has {gain} over the baseline, in the mean of all {calibration.replicates} "
            f"stored replicates{images}."
        )
    if calibration.redrawn:
        yield "Test sets are redrawn for each replicate: covered is the mean of such splits of these same images."
    yield _floor(calibration.floor)


def _draws(calibration: IntervalCalibration) -> str:
    worth = [rate.errs.worth for row in calibration.checked for rate in (row.false, row.paired, row.unpaired) if rate]
    return (
        f"{calibration.draws} draws for each share, from stored runs without replacement. They share runs and images: "
        f"by the jackknife they are worth {min(worth)} to {max(worth)} independent ones, over which the 95 % bounds "
        "are taken. Draws of a large share of the runs or images vary too little; the true gain is moved away from "
        "each by the variation that is missing, so that covered holds for new runs and new images."
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
    needed, there = missing.needed, f"there are {missing.stored}:"
    if missing.of == "images":
        yield f"{needed} test images are needed to draw {missing.size} of them; {there} raise data.test_size"
    else:
        yield f"{needed} replicates are needed for arms of {missing.size}; {there}"
        yield dataclasses.replace(invocation, replicates=needed).again()
