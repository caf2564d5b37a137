"""Plans as JSON: each recipe, and what else thousands of stages have in common, is written once.

A plan of 10,000 runs has 30,000 stages of some dozens of recipes. Variants and stages refer to a recipe by its position
in a table; stages refer to what their tasks have in common by its position in another. A plan that is read back has
one object for each row of a table.

``PLAN_FORMAT`` is raised when this version cannot read the plans of the version before. A module of its own, such as
``plan_format_1``, then reads the older format. A new field of ``Plan`` with a default needs neither.
"""

import dataclasses
import functools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json, to_json

from ablation.experiment.planning import plan_format_1
from ablation.experiment.planning.plan import Plan
from ablation.stage import Stage, StageKind

PLAN_FORMAT: Final = 2
"""Of the plans that this version writes."""

_COMMON = ("recipe", "fingerprints", "seed", "protocol", "device", "folder")
"""What the tasks of a variant have in common, under every replicate."""


class NewerFormatError(ValueError):
    """A plan has a format that a newer version of ablation wrote."""

    def __init__(self, number: int) -> None:
        super().__init__(f"format {number}; this version of ablation reads formats up to {PLAN_FORMAT}")


@dataclass(frozen=True)
class StoredStage:
    """A stage as it is stored; its address is its key.

    Args:
        kind, needs, work: as ``ablation.stage.Stage`` has them.
        task: without what it has in common with others.
        common: position of that in the table; None where its task has nothing of it.
    """

    kind: StageKind
    task: Mapping[str, Any]
    needs: Mapping[str, str]
    work: float
    common: int | None = None


@dataclass(frozen=True)
class StoredPlan:
    """A plan as it is stored.

    Args:
        format: ``PLAN_FORMAT``.
        recipes: every distinct recipe, of variants and of parts of trainings.
        common: what tasks have in common, each recipe by its position.
        variants: position of the recipe of each of the plan's variants.
        stages: by address.
        plan: without the recipes of its variants and without stages.
    """

    format: Literal[2]
    recipes: tuple[Mapping[str, Any], ...]
    common: tuple[Mapping[str, Any], ...]
    variants: tuple[int, ...]
    stages: Mapping[str, StoredStage]
    plan: Plan


def dump_plan(plan: Plan) -> bytes:
    """The plan as JSON in UTF-8."""
    recipes = _Table()
    common = _Table(lambda row: row | {"recipe": recipes.place(row["recipe"])} if "recipe" in row else row)
    variants = tuple(recipes.place(variant.recipe) for variant in plan.variants)
    stages = {address: _stored_stage(stage, common) for address, stage in plan.stages.items()}
    bare = tuple(dataclasses.replace(variant, recipe={}) for variant in plan.variants)
    stored = StoredPlan(
        format=PLAN_FORMAT,
        recipes=tuple(recipes.rows),
        common=tuple(common.rows),
        variants=variants,
        stages=stages,
        plan=dataclasses.replace(plan, variants=bare, stages={}),
    )
    return to_json(stored)


def load_plan(data: bytes) -> Plan:
    """The plan that ``dump_plan``, or an earlier version of ablation, wrote.

    Raises:
        NewerFormatError: a newer version wrote it.
        ValueError: it is no JSON, or no plan.
    """
    try:
        return _restored(_adapter().validate_json(data))
    except LookupError as error:
        raise ValueError("a position beyond its table") from error
    except ValidationError:
        raw = from_json(data)
        number = raw.get("format", 1) if isinstance(raw, dict) else PLAN_FORMAT
        if number == 1:
            return plan_format_1.plan_of_format_1(raw)
        if isinstance(number, int) and number > PLAN_FORMAT:
            raise NewerFormatError(number) from None
        raise


class _Table:
    """Distinct mappings in order of first use.

    They are compared by content. One whose values are the same objects as an earlier one's is known without that, so
    what is placed must outlive the table.

    Args:
        stored: makes of a mapping the row that is stored.
    """

    def __init__(self, stored: Callable[[dict[str, Any]], dict[str, Any]] = dict) -> None:
        self.rows: list[dict[str, Any]] = []
        self._stored = stored
        self._by_objects: dict[tuple[tuple[str, int], ...], int] = {}
        self._by_content: dict[str, int] = {}

    def place(self, mapping: Mapping[str, Any]) -> int:
        """The position of a mapping's row, which is now there."""
        objects = tuple((name, id(value)) for name, value in mapping.items())
        if objects not in self._by_objects:
            self._by_objects[objects] = self._place(self._stored(dict(mapping)))
        return self._by_objects[objects]

    def _place(self, row: dict[str, Any]) -> int:
        position = self._by_content.setdefault(json.dumps(row), len(self.rows))
        if position == len(self.rows):
            self.rows.append(row)
        return position


def _stored_stage(stage: Stage, table: _Table) -> StoredStage:
    common = {name: stage.task[name] for name in _COMMON if name in stage.task}
    own = {name: value for name, value in stage.task.items() if name not in common}
    return StoredStage(stage.kind, own, stage.needs, stage.work, table.place(common) if common else None)


def _restored(stored: StoredPlan) -> Plan:
    """The plan with the rows of the tables in their places."""
    recipes = stored.recipes
    common = [{**row, "recipe": recipes[row["recipe"]]} if "recipe" in row else row for row in stored.common]
    positions = zip(stored.plan.variants, stored.variants, strict=True)
    variants = tuple(dataclasses.replace(variant, recipe=recipes[position]) for variant, position in positions)
    stages = {address: _stage(address, each, common) for address, each in stored.stages.items()}
    return dataclasses.replace(stored.plan, variants=variants, stages=stages)


def _stage(address: str, stored: StoredStage, common: list[Mapping[str, Any]]) -> Stage:
    task = stored.task if stored.common is None else {**common[stored.common], **stored.task}
    return Stage(address, stored.kind, task, stored.needs, stored.work)


@functools.cache
def _adapter() -> TypeAdapter[StoredPlan]:
    return TypeAdapter(StoredPlan)
