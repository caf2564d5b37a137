"""A table as flat records: what CSV, JSON and whatever else a machine reads are made from.

Numbers are canonical: scores, gains and p-values with nine decimals, costs with ten significant digits, so that the
order in which replicates are summed changes no byte. That is far beyond what any of them means.
"""

from ablation.analysis.comparison.comparison import Comparison
from ablation.analysis.promises.promises import PromiseOutcome
from ablation.analysis.table.rows import Row
from ablation.analysis.table.table import Table
from ablation.analysis.verdict.tuning import UNPLANNED, Unplanned
from ablation.analysis.verdict.verdict import FEWEST
from ablation.reporting.tables.canonical import FlatRecord, amount, number
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
    waiting = [_unplanned(each, table, ladder[0]) for each in table.unplanned]
    return ladder + waiting + [_record("left_out", row, table) for row in table.left_out]


def _record(section: str, row: Row, table: Table) -> FlatRecord:
    runs = row.scored
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
        **_summary("", runs.summary),
        "min": number(runs.summary.min) if runs.summary else None,
        "max": number(runs.summary.max) if runs.summary else None,
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


def interval(prefix: str, found: Interval | None) -> FlatRecord:
    """The mean under the prefix itself, the bounds beside it."""
    parts = {"": "mean", "_low": "low", "_high": "high"}
    return {f"{prefix}{suffix}": number(getattr(found, part)) if found else None for suffix, part in parts.items()}


def promise(judged: PromiseOutcome | None) -> FlatRecord:
    """A promise and what came of it, in the promise's own unit."""
    made = judged.promise if judged else None
    return {
        "promise_metric": made.metric if made else None,
        "promise_kind": made.kind if made else None,
        "expect_low": made.low if made else None,
        "expect_high": made.high if made else None,
        **interval("measured", judged.measured if judged else None),
        "promise": judged.word if judged else "",
    }


def _tuned(row: Row, table: Table) -> FlatRecord:
    """What a row owes to a study."""
    found = next((each for each in table.tuning if row.scored.variant in each.variants), None)
    return {
        "trials": row.scored.trials,
        "study": found.tuned.study if found else "",
        "val_best": number(found.score) if found else None,
        "val_own": number(found.own_score) if found else None,
    }


def _unplanned(each: Unplanned, table: Table, like: FlatRecord) -> FlatRecord:
    """A record with the keys of another and without numbers."""
    command = table.invocation.mending(each.remedy)
    names = {"experiment": table.name, "section": "ladder", "name": f"+ {each.rung}", "rung": each.rung}
    what = {"control": False, "metric": table.metric.name, "unit": table.metric.unit}
    return dict.fromkeys(like) | names | what | {"verdict": UNPLANNED, "why": f"{NO_STUDY}: {command}"}


def _comparison(prefix: str, found: Comparison | None) -> FlatRecord:
    claims = found is not None and found.interval.n >= FEWEST
    return {
        **interval(prefix, found.interval if found else None),
        f"{prefix}_df": amount(found.interval.df) if found else None,
        f"{prefix}_p": number(found.interval.p) if found and claims else None,
        f"{prefix}_p_adjusted": number(found.adjusted) if found and claims else None,
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
        values[column] = amount(cost.value)
        values[f"{column}_ratio"] = amount(cost.ratio)
    return values


def _corrupted(row: Row) -> FlatRecord:
    values: FlatRecord = {}
    for label, scores in row.scored.corrupted.items():
        values |= _summary(f"{label}_", scores)
    return values


def _summary(prefix: str, scores: Summary | None) -> FlatRecord:
    return {
        f"{prefix}mean": number(scores.mean) if scores else None,
        f"{prefix}sd": number(scores.sd) if scores else None,
    }
