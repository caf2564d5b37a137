"""The stages of runs: which trainings, predictions and combinations a variant needs, each addressed and made once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ablation.errors import UserError
from ablation.experiment.planning import addresses
from ablation.experiment.planning.context import PlanningContext
from ablation.experiment.planning.hashing import address
from ablation.experiment.planning.plan import Run
from ablation.experiment.planning.recipe_stages import RecipeStages
from ablation.experiment.planning.variants import ResolvedVariant
from ablation.experiment.search.study_plan import Tryout
from ablation.recipe.corruption import CorruptionSettings
from ablation.recipe.recipe import Recipe
from ablation.stage import Stage, StageKind


class StageGraph:
    """Grows with each run that is asked for; equal stages of two runs are one.

    Args:
        judged_on: the split that verdicts stand on.
    """

    def __init__(self, context: PlanningContext, judged_on: str = "test") -> None:
        self.stages: dict[str, Stage] = {}
        self._context, self._judged_on = context, judged_on
        self._recipes: dict[tuple[Recipe, int], RecipeStages] = {}

    def of(self, variant: ResolvedVariant) -> VariantStages:
        """A variant's part of the graph."""
        own, *others = (self._of(recipe, variant.execution) for recipe in (variant.recipe, *variant.ensemble))
        return VariantStages(self, variant, self._context, self._judged_on, own, others)

    def add(self, address: str, kind: StageKind, task: Mapping[str, Any], needs: Mapping[str, str], work: float) -> str:
        """The address of a stage, which is now there."""
        if address not in self.stages:
            self.stages[address] = Stage(address, kind, task, needs, work)
        return address

    def needed(self, *addresses: str) -> tuple[str, ...]:
        """These stages and all before them, those that are needed first."""
        found: dict[str, None] = {}
        for each in addresses:
            found |= dict.fromkeys((*self.needed(*self.stages[each].needs.values()), each))
        return tuple(found)

    def _of(self, recipe: Recipe, execution: int) -> RecipeStages:
        key = (recipe, execution)
        if key not in self._recipes:
            self._recipes[key] = RecipeStages(self.add, self._context, recipe, execution)
        return self._recipes[key]


class VariantStages:
    """The runs of a variant, whose predictions are of its model or its members, averaged with others, adjusted.

    Args:
        own, others: of its recipe, and of the rows that it names.
    """

    def __init__(
        self,
        graph: StageGraph,
        variant: ResolvedVariant,
        context: PlanningContext,
        judged_on: str,
        own: RecipeStages,
        others: Sequence[RecipeStages],
    ) -> None:
        self._graph, self._variant, self._judged_on = graph, variant, judged_on
        self._own, self._others, self._corruptions = own, others, context.experiment.corruptions

    def run(self, replicate: int) -> Run:
        """The variant under a replicate; its stages are added unless another run brought them."""
        self._check_same_images(replicate)
        val, test = (self._predictions(replicate, split, None) for split in ("val", self._judged_on))
        corrupted = {
            corruption.label: self._predictions(replicate, self._judged_on, corruption)
            for corruption in self._corruptions
        }
        models = [each for each in (self._own, *self._others) for _ in range(each.members)]
        return Run(
            variant=self._variant.name,
            replicate=replicate,
            address=address({"val": val, "test": test, "corrupted": corrupted}),
            parts=self._own.training(replicate, member=0),
            val=val,
            test=test,
            corrupted=corrupted,
            needed=self._graph.needed(val, test, *corrupted.values()),
            latencies=tuple(model.latency(replicate) for model in models),
        )

    def tryout(self, replicate: int) -> Tryout:
        """What the variant's score on validation images takes; nothing of it predicts other images."""
        self._check_same_images(replicate)
        val = self._predictions(replicate, "val", None)
        stages = {address: self._graph.stages[address] for address in self._graph.needed(val)}
        return Tryout(stages, self._own.training(replicate, member=0)[-1], val)

    def _predictions(self, replicate: int, split: str, corruption: CorruptionSettings | None) -> str:
        """The final ones."""
        found = self._joined(replicate, split, corruption)
        if not self._variant.recipe.inference.adjusts:
            return found
        return self._adjust(found, self._joined(replicate, "val", None), split)

    def _joined(self, replicate: int, split: str, corruption: CorruptionSettings | None) -> str:
        """The mean of the variant's own predictions and those of the rows that it names, before any adjustment."""
        found = [each.predictions(replicate, split, corruption) for each in (self._own, *self._others)]
        return found[0] if len(found) == 1 else self._own.average(found, split)

    def _check_same_images(self, replicate: int) -> None:
        own = self._own.split(replicate)
        for other in (each.split(replicate) for each in self._others):
            same = all(np.array_equal(getattr(own, name), getattr(other, name)) for name in ("val", "test", "confirm"))
            if not same or own.classes != other.classes:
                raise UserError(
                    "a row that it names has other images or classes, so their predictions have no mean",
                    place="inference.ensemble_with",
                    remedy="name rows with the same classes and splits",
                )

    def _adjust(self, predictions: str, validation: str, split: str) -> str:
        recipe, positive = self._variant.recipe, self._own.positive
        task = {
            "split": split,
            "positive": positive,
            "calibration": recipe.inference.calibration,
            "threshold": recipe.inference.threshold,
        }
        key = addresses.adjust_address(predictions, validation, recipe, positive)
        return self._graph.add(key, "adjust", task, {"val": validation, "predictions": predictions}, 0.0)
