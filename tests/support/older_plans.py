"""Plans as earlier versions of ablation stored them."""

from __future__ import annotations

import dataclasses
from typing import Any

from ablation.experiment.planning.plan import Plan


def as_format_1(plan: Plan) -> dict[str, Any]:
    """A plan as it was stored at first, before formats had a number: every stage whole, under the names of then."""
    raw = dataclasses.asdict(plan)
    for now, then in (("parent_key", "ladder"), ("design_points", "asked"), ("declared_rungs", "declared")):
        raw[then] = raw.pop(now)
    return raw | {"requested": len(plan.design_points)}


def with_table(raw: dict[str, Any]) -> dict[str, Any]:
    """What ``as_format_1`` gave as it was stored later: what tasks have in common in a table, addresses as keys."""
    table: list[dict[str, Any]] = []
    stages = {}
    for address, stage in raw["stages"].items():
        common = {name: stage["task"][name] for name in ("recipe", "folder") if name in stage["task"]}
        if common not in table:
            table.append(common)
        own = {name: value for name, value in stage["task"].items() if name not in common}
        rest = {name: stage[name] for name in ("kind", "needs", "work")}
        stages[address] = rest | {"task": own | {"shared": table.index(common)}}
    return raw | {"stages": stages, "shared": table}
