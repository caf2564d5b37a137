"""A table as flat records, and as CSV: what machines read.

Numbers are canonical: scores, gains and p-values with nine decimals, costs with ten significant digits, so that the
order in which replicates are summed changes no byte. That is far beyond what any of them means.
"""

import csv
import io
from collections.abc import Sequence

from ablation.analysis.comparison.comparison import Comparison
from ablation.analysis.promises.promises import PromiseOutcome
from ablation.analysis.table.rows import Row
from ablation.analysis.table.table import Table
from ablation.analysis.verdict.tuning import UNPLANNED, Estimate, Unplanned
from ablation.analysis.verdict.verdict import FEWEST
from ablation.reporting.tables.cells import FlatRecord, amount, number
from ablation.reporting.texts.remedies import NO_STUDY
from ablation.reporting.texts.rung_notes import left_out_note
from ablation.reporting.texts.verdict_text import verdict_reason
from ablation.stats.interval import Interval
from ablation.stats.summary import Summary


def records(table: Table) -> list[FlatRecord]:
    """One record a row, all with the same keys; None where there is no number.

    ``section`` is ``ladder`` or ``left_out``. Scores and gains are in ``unit``, gains positive when better. ``step`` is
    the gain over the row above, or what the full recipe has over a row that leaves a rung out; ``total`` the gain over
    the baseline; each with its interval (``_low``, ``_high``, ``_df``), its p-value (``_p``) and the same adjusted
    (``_p_adjusted``): Holm on the ladder, Benjamini-Hochberg elsewhere, none under five replicates. ``_seed_low`` and
    ``_seed_high`` bound the step for new trainings on these test images alone. ``wins`` of ``wins_of`` replicates that
    were not tied, with exact bounds of that share; ``mde80`` the difference found four times in five; ``pair_rho`` the
    correlation of the pair; ``needed`` replicates in all to find the margin. ``expect_low`` to ``promise`` are the
    first promise of the rung, in the unit of ``promise_metric``; ``promises`` says how many there are, and JSON has
    them all. Ratios are to the baseline. ``trials`` of ``study`` gave the row its settings, 0 where it was not tuned;
    ``val_best`` is the best of their scores, and optimistic, ``val_own`` that of the values before, both
    in the unit of the study's metric. A rung that waits for its study ends the ladder with the verdict ``unplanned``
    and no numbers.
    """
    ladder = [_record("ladder", row, table) for row in table.rows]
    waiting = [_unplanned(rung, table, ladder[0]) for rung in table.unplanned]
    return ladder + waiting + [_record("left_out", row, table) for row in table.left_out]


def as_csv(table: Table) -> str:
    """The table's records as CSV."""
    return csv_lines(records(table))


def csv_lines(rows: Sequence[FlatRecord]) -> str:
    """A header line, then one line a record, with an empty field for None.

    Names are written as they are, quoted as RFC 4180 asks, so that they can be matched; a spreadsheet may take one that
    starts with ``=`` for a formula.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _record(section: str, row: Row, table: Table) -> FlatRecord:
    runs, scores = row.scored, row.scored.summary
    return {
        "experiment": table.name,
        "section": section,
        "name": row.name,
        "rung": row.rung,
        "control": row.control,
        "variant": runs.variant,
        "metric": table.metric.name,
        "unit": table.metric.unit,
        "replicates": runs.replicates,
        "n": runs.n,
        "n_failed": runs.n_failed,
        "diverged": runs.diverged,
        **_tuned(row, table),
        **_summary("", scores),
        "min": number(scores.min) if scores else None,
        "max": number(scores.max) if scores else None,
        **_comparison("step", row.step),
        **_comparison("total", row.total),
        **_precision(row.step),
        "verdict": row.verdict.word,
        "why": verdict_reason(row.verdict),
        "promises": len(row.promises),
        **promise(row.promises[0] if row.promises else None),
        **_costs(row),
        **_corrupted(row),
        "note": left_out_note(row),
    }


def interval(prefix: str, bounded: Interval | Estimate | None, middle: str = "mean") -> FlatRecord:
    """The number itself, an attribute of the name ``middle``, under the prefix, and the bounds beside it."""
    parts = {"": middle, "_low": "low", "_high": "high"}
    return {f"{prefix}{suffix}": number(getattr(bounded, part)) if bounded else None for suffix, part in parts.items()}


def promise(outcome: PromiseOutcome | None) -> FlatRecord:
    """A promise and what came of it, in the promise's own unit."""
    promised = outcome.promise if outcome else None
    return {
        "promise_metric": promised.metric if promised else None,
        "promise_kind": promised.kind if promised else None,
        "expect_low": promised.low if promised else None,
        "expect_high": promised.high if promised else None,
        **interval("measured", outcome.measured if outcome else None),
        "promise": outcome.word if outcome else "",
    }


def _tuned(row: Row, table: Table) -> FlatRecord:
    """The study that chose a row's settings."""
    study = next((study for study in table.tuning if row.scored.variant in study.variants), None)
    return {
        "trials": row.scored.trials,
        "study": study.tuned.study if study else "",
        "val_best": number(study.score) if study else None,
        "val_own": number(study.own_score) if study else None,
    }


def _unplanned(waiting: Unplanned, table: Table, like: FlatRecord) -> FlatRecord:
    """A record with the keys of another and without numbers."""
    command = table.invocation.mending(waiting.remedy)
    names = {"experiment": table.name, "section": "ladder", "name": f"+ {waiting.rung}", "rung": waiting.rung}
    what = {"control": False, "metric": table.metric.name, "unit": table.metric.unit}
    return dict.fromkeys(like) | names | what | {"verdict": UNPLANNED, "why": f"{NO_STUDY}: {command}"}


def _comparison(prefix: str, gain: Comparison | None) -> FlatRecord:
    claims = gain is not None and gain.interval.n >= FEWEST
    return {
        **interval(prefix, gain.interval if gain else None),
        f"{prefix}_df": amount(gain.interval.df) if gain else None,
        f"{prefix}_p": number(gain.interval.p) if gain and claims else None,
        f"{prefix}_p_adjusted": number(gain.adjusted) if gain and claims else None,
    }


def _precision(step: Comparison | None) -> FlatRecord:
    claims = step is not None and step.interval.n >= FEWEST
    return {
        "step_seed_low": number(step.replicates.low) if step else None,
        "step_seed_high": number(step.replicates.high) if step else None,
        "wins": step.wins.won if step else None,
        "wins_of": step.wins.of if step else None,
        "wins_low": number(step.wins.low) if step else None,
        "wins_high": number(step.wins.high) if step else None,
        "sign_flip_p": number(step.sign_flip) if step and claims else None,
        "mde80": number(step.detectable) if step else None,
        "pair_rho": number(step.correlation) if step else None,
        "needed": step.needed if step else None,
        "identical": step.identical if step else None,
    }


def _costs(row: Row) -> FlatRecord:
    values: FlatRecord = {}
    for column, cost in row.scored.costs.items():
        values |= {column: amount(cost.value), f"{column}_ratio": amount(cost.ratio)}
    return values


def _corrupted(row: Row) -> FlatRecord:
    values: FlatRecord = {}
    for label, scores in row.scored.corrupted.items():
        values |= _summary(f"{label}_", scores)
    return values


def _summary(prefix: str, scores: Summary | None) -> FlatRecord:
    mean, sd = (number(scores.mean), number(scores.sd)) if scores else (None, None)
    return {f"{prefix}mean": mean, f"{prefix}sd": sd}
