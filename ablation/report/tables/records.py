"""A table as flat records in full precision: what CSV, and whatever else a machine reads, is made from."""

from __future__ import annotations

from typing import TypeAlias

from ablation.judgement.table import Row, Table
from ablation.stats.interval import Interval

Record: TypeAlias = dict[str, str | int | float | None]


def records(table: Table) -> list[Record]:
    """One record a row, all with the same keys; None where there is no number.

    ``section`` is ``ladder`` or ``left_out``; scores and gains are in ``unit``, gains positive when better; ``expect``
    and ``measured`` are in points of accuracy; ratios are to the baseline; p-values are not adjusted.
    """
    ladder = [_record("ladder", row, table) for row in table.rows]
    return ladder + [_record("left_out", row, table) for row in table.left_out]


def _record(section: str, row: Row, table: Table) -> Record:
    spread = row.summary
    lowest, highest = row.expect or (None, None)
    return {
        "experiment": table.name,
        "section": section,
        "name": row.name,
        "rung": row.rung,
        "variant": row.variant,
        "metric": table.metric.name,
        "unit": table.metric.unit,
        "replicates": row.replicates,
        "n": row.n,
        "n_failed": row.n_failed,
        "diverged": row.diverged,
        "mean": spread.mean if spread else None,
        "sd": _number(spread.sd) if spread else None,
        "min": spread.min if spread else None,
        "max": spread.max if spread else None,
        **_interval("step", row.step),
        **_interval("total", row.total),
        "expect_low": lowest,
        "expect_high": highest,
        **_interval("measured", row.measured),
        "promise": row.promise,
        **_costs(row),
        **_corrupted(row),
        "note": row.note,
    }


def _interval(prefix: str, interval: Interval | None) -> Record:
    parts = {"": "mean", "_low": "low", "_high": "high", "_p": "p"}
    return {
        f"{prefix}{suffix}": None if interval is None else _number(getattr(interval, part))
        for suffix, part in parts.items()
    }


def _costs(row: Row) -> Record:
    values: Record = {}
    for column, cost in row.costs.items():
        values[column] = _number(cost.value)
        values[f"{column}_ratio"] = _number(cost.ratio)
    return values


def _corrupted(row: Row) -> Record:
    values: Record = {}
    for label, scores in row.corrupted.items():
        values[f"{label}_mean"] = scores.mean if scores else None
        values[f"{label}_sd"] = _number(scores.sd) if scores else None
    return values


def _number(value: float) -> float | None:
    return None if value != value else value
