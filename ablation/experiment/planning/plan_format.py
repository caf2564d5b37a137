"""Plans as JSON: each recipe, and what else thousands of stages have in common, is written once.

A plan of 10,000 runs has 30,000 stages of some dozens of recipes. Format 2 is a mapping of ``format``; ``recipes``, a
table of every distinct recipe; ``common``, a table of what tasks have in common, each with its recipe by position;
``variants``, for each variant the position of its recipe; ``stages`` by address, each with the position of its row of
``common``; and ``plan``, all other fields. A plan that is read back has one object for each row of a table.

Format 1 had no number, and all fields of the plan at the top. ``shared`` is its table of what tasks have in common, to
which a task refers by the position under ``shared``; the earliest plans have no table, and stages with their address.

``PLAN_FORMAT`` is raised when this version cannot read the plans of the version before. A new field of ``Plan`` with a
default needs no new format.
"""

import dataclasses
import functools
import json
from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import from_json, to_json

from ablation.experiment.planning.plan import Plan

PLAN_FORMAT = 2
"""Of the plans that this version writes."""

_COMMON = ("recipe", "fingerprints", "seed", "protocol", "device", "folder")
"""What the tasks of a variant have in common, under every replicate."""

_RENAMED = {"ladder": "parent_key", "asked": "design_points", "declared": "declared_rungs"}
"""Fields of format 1 by their names of today."""


class NewerFormatError(ValueError):
    """A plan has a format that a newer version of ablation wrote."""

    def __init__(self, number: int) -> None:
        super().__init__(f"format {number}; this version of ablation reads formats up to {PLAN_FORMAT}")


def dump_plan(plan: Plan) -> bytes:
    """The plan as JSON in UTF-8."""
    recipes, common = _Table(), _Table()
    positions = [recipes.place(variant.recipe) for variant in plan.variants]
    stages = {}
    for address, stage in plan.stages.items():
        shared = {name: stage.task[name] for name in _COMMON if name in stage.task}
        task = {name: value for name, value in stage.task.items() if name not in shared}
        if "recipe" in shared:
            shared["recipe"] = recipes.place(shared["recipe"])
        row = common.place(shared) if shared else None
        stages[address] = {"kind": stage.kind, "task": task, "needs": stage.needs, "work": stage.work, "common": row}
    tables = {"recipes": recipes.rows, "common": common.rows, "variants": positions, "stages": stages}
    bare = tuple(dataclasses.replace(variant, recipe={}) for variant in plan.variants)
    return to_json({"format": PLAN_FORMAT, **tables, "plan": dataclasses.replace(plan, variants=bare, stages={})})


class _Table:
    """Distinct mappings in order of first use, compared by content.

    A mapping whose values are the same objects as an earlier one's is recognised without comparing content, so
    values must outlive the table.
    """

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self._by_objects: dict[tuple[tuple[str, int], ...], int] = {}
        self._by_content: dict[str, int] = {}

    def place(self, mapping: Mapping[str, Any]) -> int:
        """The position of a mapping's row, which is added unless it is there."""
        objects = tuple((name, id(value)) for name, value in mapping.items())
        if objects not in self._by_objects:
            row = dict(mapping)
            position = self._by_objects[objects] = self._by_content.setdefault(json.dumps(row), len(self.rows))
            if position == len(self.rows):
                self.rows.append(row)
        return self._by_objects[objects]


def load_plan(data: bytes) -> Plan:
    """The plan that ``dump_plan``, or an earlier version of ablation, wrote.

    Raises:
        NewerFormatError: a newer version wrote it.
        ValueError: it is no JSON, or no plan.
    """
    raw = from_json(data)
    number: Any = raw.get("format", 1) if isinstance(raw, dict) else None
    if isinstance(number, int) and number > PLAN_FORMAT:
        raise NewerFormatError(number)
    try:
        return {1: _of_format_1, 2: _of_format_2}[number](raw)
    except (AttributeError, LookupError, TypeError) as error:
        raise ValueError("no format, variants and stages as plans have them") from error


def _of_format_2(raw: Mapping[str, Any]) -> Plan:
    recipes = raw["recipes"]
    common = [row | {"recipe": recipes[row["recipe"]]} if "recipe" in row else row for row in raw["common"]]
    stages = {}
    for address, stage in raw["stages"].items():
        shared = {} if stage["common"] is None else common[stage["common"]]
        stages[address] = {**stage, "address": address, "task": {**shared, **stage["task"]}}
    plan = _adapter().validate_python(raw["plan"] | {"stages": stages})
    positions = zip(plan.variants, raw["variants"], strict=True)
    variants = tuple(dataclasses.replace(variant, recipe=recipes[position]) for variant, position in positions)
    return dataclasses.replace(plan, variants=variants)


def _of_format_1(raw: Mapping[str, Any]) -> Plan:
    fields = {_RENAMED.get(name, name): value for name, value in raw.items()}
    stages = {}
    for address, stage in raw["stages"].items():
        task = dict(stage["task"])
        shared = raw["shared"][task.pop("shared")] if "shared" in task else {}
        stages[address] = {"address": address, **stage, "task": shared | task}
    return _adapter().validate_python(fields | {"stages": stages})


@functools.cache
def _adapter() -> TypeAdapter[Plan]:
    return TypeAdapter(Plan)
