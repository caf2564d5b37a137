"""A table as one JSON document: everything that any other form says, for machines."""

import json
from collections.abc import Mapping
from typing import Any

from ablation.analysis.comparison.selection import Candidate, Frontier
from ablation.analysis.promises.promises import Order, PromiseOutcome
from ablation.analysis.table.table import Table
from ablation.analysis.verdict.attribution import Attribution, Effect, RungAttribution
from ablation.analysis.verdict.tuning import Estimate, TunedSetting, Tuning
from ablation.analysis.verdict.validity import Problem
from ablation.reporting.tables.canonical import FlatRecord, amount, number
from ablation.reporting.tables.records import interval, promise, records
from ablation.reporting.tables.words import headline
from ablation.reporting.texts.footer import footer
from ablation.reporting.texts.rung_notes import required_note
from ablation.reporting.texts.verdict_text import fault_text

_SCHEMA = 1
"""Raised when a key changes its meaning or goes away; new keys may come at any time."""


def as_json(table: Table) -> str:
    """The document, indented, in ASCII: whatever a name holds is escaped; numbers that are not there are null."""
    return json.dumps(table_document(table), indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def table_document(table: Table) -> Mapping[str, Any]:
    """The table by section. Rows of ``ladder`` and ``left_out`` are records as in the CSV, the frame of both."""
    rows = records(table)
    return {
        "schema": _SCHEMA,
        "experiment": table.name,
        "metric": _metric(table),
        "declared_metric": table.declared.name,
        "margin": number(table.margin),
        "alpha": number(table.alpha),
        "valid": table.valid,
        "problems": [_problem(each, table) for each in table.problems],
        "headline": list(headline(table)),
        "ladder": [row for row in rows if row["section"] == "ladder"],
        "left_out": [row for row in rows if row["section"] == "left_out"],
        "promises": _promises(table),
        "attribution": _attribution(table.attribution) if table.attribution else None,
        "frontiers": [_frontier(each) for each in table.frontiers],
        "tuning": [_tuning(each) for each in table.tuning],
        "unplanned": [{"rung": each.rung, "remedy": table.invocation.mending(each.remedy)} for each in table.unplanned],
        "footer": list(footer(table)),
    }


def _problem(problem: Problem, table: Table) -> Mapping[str, Any]:
    mend = table.invocation.mending(problem.remedy)
    return {"variants": list(problem.variants), "what": fault_text(problem.fault), "mend": mend}


def _metric(table: Table) -> Mapping[str, Any]:
    shown = table.metric
    return {
        "name": shown.name,
        "label": shown.label,
        "unit": shown.unit,
        "higher_is_better": shown.higher_is_better,
    }


def _promises(table: Table) -> Mapping[str, Any]:
    return {
        "rungs": [_judged(each) for row in table.rows for each in row.promises],
        "wider": [_judged(each) for each in table.wider],
        "target": _judged(table.target) if table.target else None,
        "order": _order(table.order) if table.order else None,
    }


def _judged(each: PromiseOutcome) -> Mapping[str, Any]:
    return {"of": each.of, **promise(each), "source": each.promise.source}


def _order(order: Order) -> Mapping[str, Any]:
    return {
        "promised": list(order.promised),
        "measured": list(order.measured),
        "tau": number(order.tau),
        "p": number(order.p),
    }


def _attribution(found: Attribution) -> Mapping[str, Any]:
    return {
        "kind": found.kind,
        "rungs": [_attributed(row) for row in found.rows],
        "total": _effect(found.total),
        "residual": _effect(found.residual),
        "interactions": [{"rungs": list(each.rungs), **(_effect(each.effect) or {})} for each in found.interactions],
        "aliases": [list(group) for group in found.aliases],
    }


def _attributed(row: RungAttribution) -> Mapping[str, Any]:
    effects = {name: _effect(getattr(row, name)) for name in ("alone", "left_out", "credit", "step", "share")}
    positions = {"lowest": number(row.lowest), "highest": number(row.highest), "positions": row.positions}
    return {"rung": row.rung, **effects, **positions, "note": required_note(row)}


def _effect(found: Effect | None) -> FlatRecord | None:
    if found is None:
        return None
    return {**interval("mean", found.interval), "p": number(found.interval.p), "p_adjusted": number(found.adjusted)}


def _frontier(found: Frontier) -> Mapping[str, Any]:
    return {
        "cost": found.cost,
        "measured": found.measured,
        "candidates": [_candidate(each) for each in found.candidates],
        "best": found.best.variant,
        "enough": found.enough.variant if found.enough else None,
    }


def _candidate(each: Candidate) -> Mapping[str, Any]:
    return {
        "variant": each.variant,
        "rungs": list(each.rungs),
        "val_score": number(each.score),
        "cost": amount(each.cost),
        "cost_ratio": amount(each.ratio),
    }


def _tuning(found: Tuning) -> Mapping[str, Any]:
    """A study in use; scores are of validation images, in ``unit``, and the best one is optimistic."""
    tuned = found.tuned
    return {
        "study": tuned.study,
        "row": tuned.row,
        "each": tuned.each,
        "definition": tuned.definition,
        "variants": list(found.variants),
        "metric": found.metric.name,
        "unit": found.metric.unit,
        "sampler": tuned.sampler,
        "pruner": tuned.pruner,
        "replicates": tuned.replicates,
        "trials": tuned.trials,
        "pruned": tuned.pruned,
        "failed": tuned.failed,
        "best_trial": tuned.number,
        "best_score": number(found.score),
        "own_score": number(found.own_score),
        "gain": number(found.gain),
        "best": dict(tuned.values),
        "patch": dict(tuned.patch),
        "settings": [_setting(each) for each in found.settings],
    }


def _setting(each: TunedSetting) -> Mapping[str, Any]:
    estimates = {**_estimate("share", each.share), **_estimate("worth", each.worth)}
    return {"path": each.path, "best": each.best, "own": each.own, **estimates}


def _estimate(prefix: str, found: Estimate | None) -> FlatRecord:
    return {
        prefix: number(found.value) if found else None,
        f"{prefix}_low": number(found.low) if found else None,
        f"{prefix}_high": number(found.high) if found else None,
    }
