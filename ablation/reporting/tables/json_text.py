"""A table as one JSON document: everything that any other format says, for machines."""

import json
from collections.abc import Mapping
from typing import Any

from ablation.analysis.comparison.selection import Candidate, Frontier
from ablation.analysis.promises.promises import Order, PromiseOutcome
from ablation.analysis.table.table import Table
from ablation.analysis.verdict.attribution import Attribution, Effect, RungAttribution
from ablation.analysis.verdict.tuning import TunedSetting, Tuning
from ablation.analysis.verdict.validity import Problem
from ablation.reporting.tables.cells import FlatRecord, amount, number
from ablation.reporting.tables.records import interval, promise, records
from ablation.reporting.tables.words import headline
from ablation.reporting.texts.footer import footer
from ablation.reporting.texts.rung_notes import required_note
from ablation.reporting.texts.verdict_text import fault_text

_SCHEMA = 1
"""Raised when a key changes its meaning or goes away; new keys may come at any time."""


def as_json(table: Table) -> str:
    """The table by section, indented, in ASCII: whatever a name holds is escaped; missing numbers are null.

    Rows of ``ladder`` and ``left_out`` are records as in the CSV, the frame of both.
    """
    rows = records(table)
    document = {
        "schema": _SCHEMA,
        "experiment": table.name,
        "metric": {name: getattr(table.metric, name) for name in ("name", "label", "unit", "higher_is_better")},
        "declared_metric": table.declared.name,
        "margin": number(table.margin),
        "alpha": number(table.alpha),
        "valid": table.valid,
        "problems": [_problem(problem, table) for problem in table.problems],
        "headline": headline(table),
        "ladder": [row for row in rows if row["section"] == "ladder"],
        "left_out": [row for row in rows if row["section"] == "left_out"],
        "promises": _promises(table),
        "attribution": _attribution(table.attribution) if table.attribution else None,
        "frontiers": list(map(_frontier, table.frontiers)),
        "tuning": list(map(_tuning, table.tuning)),
        "unplanned": [{"rung": each.rung, "remedy": table.invocation.mending(each.remedy)} for each in table.unplanned],
        "footer": footer(table),
    }
    return json.dumps(document, indent=1, ensure_ascii=True, allow_nan=False) + "\n"


def _problem(problem: Problem, table: Table) -> Mapping[str, Any]:
    mend = table.invocation.mending(problem.remedy)
    return {"variants": problem.variants, "what": fault_text(problem.fault), "mend": mend}


def _promises(table: Table) -> Mapping[str, Any]:
    return {
        "rungs": [_judged(outcome) for row in table.rows for outcome in row.promises],
        "wider": list(map(_judged, table.wider)),
        "target": _judged(table.target) if table.target else None,
        "order": _order(table.order) if table.order else None,
    }


def _judged(outcome: PromiseOutcome) -> Mapping[str, Any]:
    return {"of": outcome.of, **promise(outcome), "source": outcome.promise.source}


def _order(order: Order) -> Mapping[str, Any]:
    return {"promised": order.promised, "measured": order.measured, "tau": number(order.tau), "p": number(order.p)}


def _attribution(attribution: Attribution) -> Mapping[str, Any]:
    pairs = attribution.interactions
    return {
        "kind": attribution.kind,
        "rungs": list(map(_attributed, attribution.rows)),
        "total": _effect(attribution.total),
        "residual": _effect(attribution.residual),
        "interactions": [{"rungs": pair.rungs, **(_effect(pair.effect) or {})} for pair in pairs],
        "aliases": attribution.aliases,
    }


def _attributed(row: RungAttribution) -> Mapping[str, Any]:
    effects = {name: _effect(getattr(row, name)) for name in ("alone", "left_out", "credit", "step", "share")}
    positions = {"lowest": number(row.lowest), "highest": number(row.highest), "positions": row.positions}
    return {"rung": row.rung, **effects, **positions, "note": required_note(row)}


def _effect(effect: Effect | None) -> FlatRecord | None:
    if effect is None:
        return None
    p = {"p": number(effect.interval.p), "p_adjusted": number(effect.adjusted)}
    return interval("mean", effect.interval) | p


def _frontier(frontier: Frontier) -> Mapping[str, Any]:
    return {
        "cost": frontier.cost,
        "measured": frontier.measured,
        "candidates": list(map(_candidate, frontier.candidates)),
        "best": frontier.best.variant,
        "enough": frontier.enough.variant if frontier.enough else None,
    }


def _candidate(candidate: Candidate) -> Mapping[str, Any]:
    cost = {"cost": amount(candidate.cost), "cost_ratio": amount(candidate.ratio)}
    return {"variant": candidate.variant, "rungs": candidate.rungs, "val_score": number(candidate.score), **cost}


def _tuning(study: Tuning) -> Mapping[str, Any]:
    """A study in use; scores are of validation images, in ``unit``, and the best one is optimistic."""
    tuned = study.tuned
    stored = ("sampler", "pruner", "replicates", "trials", "pruned", "failed")
    return {
        **{name: getattr(tuned, name) for name in ("study", "row", "each", "definition")},
        "variants": study.variants,
        "metric": study.metric.name,
        "unit": study.metric.unit,
        **{name: getattr(tuned, name) for name in stored},
        "best_trial": tuned.number,
        "best_score": number(study.score),
        "own_score": number(study.own_score),
        "gain": number(study.gain),
        "best": dict(tuned.values),
        "patch": dict(tuned.patch),
        "settings": list(map(_setting, study.settings)),
    }


def _setting(setting: TunedSetting) -> Mapping[str, Any]:
    estimates = interval("share", setting.share, "value") | interval("worth", setting.worth, "value")
    return {"path": setting.path, "best": setting.best, "own": setting.own, **estimates}
