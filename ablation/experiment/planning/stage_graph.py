"""The stages of runs: which trainings, predictions and combinations a variant needs, each addressed and made once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ablation.errors import UserError
from ablation.experiment.planning import addresses
from ablation.experiment.planning.context import PlanningContext
from ablation.experiment.planning.hashing import AddressTemplate, address
from ablation.experiment.planning.plan import Run
from ablation.experiment.planning.variants import ResolvedVariant
from ablation.experiment.search.study_plan import Tryout
from ablation.recipe.corruption import CorruptionSettings
from ablation.recipe.phased import segments, stations
from ablation.recipe.recipe import Recipe
from ablation.stage import Stage, StageKind


class StageGraph:
    """Grows with each run; equal stages of two runs are one.

    Args:
        judged_on: the split that verdicts stand on.
    """

    def __init__(self, context: PlanningContext, judged_on: str = "test") -> None:
        self.stages: dict[str, Stage] = {}
        self.context, self.judged_on = context, judged_on
        self._recipes: dict[tuple[Recipe, int], RecipeStages] = {}

    def of(self, variant: ResolvedVariant) -> VariantStages:
        """A variant's part of the graph."""
        recipes = (variant.recipe, *variant.ensemble)
        return VariantStages(self, variant, [self._of_recipe(recipe, variant.execution) for recipe in recipes])

    def add(
        self, address: str, kind: StageKind, task: Mapping[str, Any], needs: Mapping[str, str], work: float = 0.0
    ) -> str:
        """Add a stage unless it is there, and return its address."""
        if address not in self.stages:
            self.stages[address] = Stage(address, kind, task, needs, work)
        return address

    def needed(self, *addresses: str) -> tuple[str, ...]:
        """These stages and all that they need, in an order in which they can run."""
        needed: dict[str, None] = {}
        for each in addresses:
            needed |= dict.fromkeys((*self.needed(*self.stages[each].needs.values()), each))
        return tuple(needed)

    def _of_recipe(self, recipe: Recipe, execution: int) -> RecipeStages:
        key = (recipe, execution)
        if key not in self._recipes:
            self._recipes[key] = RecipeStages(self, recipe, execution)
        return self._recipes[key]


@dataclass(frozen=True)
class VariantStages:
    """The runs of a variant, whose predictions are those of its models, averaged and adjusted.

    Args:
        models: of its own recipe, then of the rows that its ensemble names.
    """

    graph: StageGraph
    variant: ResolvedVariant
    models: Sequence[RecipeStages]

    def run(self, replicate: int) -> Run:
        """The variant under a replicate, whose stages are then in the graph."""
        self._check_same_images(replicate)
        judged_on = self.graph.judged_on
        val, test = (self._predictions(replicate, split) for split in ("val", judged_on))
        corrupted = {
            corruption.label: self._predictions(replicate, judged_on, corruption)
            for corruption in self.graph.context.experiment.corruptions
        }
        return Run(
            variant=self.variant.name,
            replicate=replicate,
            address=address({"val": val, "test": test, "corrupted": corrupted}),
            parts=self.models[0].training(replicate, member=0),
            val=val,
            test=test,
            corrupted=corrupted,
            needed=self.graph.needed(val, test, *corrupted.values()),
            latencies=tuple(model.latency(replicate) for model in self.models for _ in range(model.members)),
        )

    def tryout(self, replicate: int) -> Tryout:
        """What the variant's score on val images takes; nothing of it predicts other images."""
        self._check_same_images(replicate)
        val = self._predictions(replicate, "val")
        stages = {address: self.graph.stages[address] for address in self.graph.needed(val)}
        return Tryout(stages, self.models[0].training(replicate, member=0)[-1], val)

    def _predictions(self, replicate: int, split: str, corruption: CorruptionSettings | None = None) -> str:
        """The final predictions: averaged, and adjusted where the recipe asks for it."""
        averaged = self._averaged(replicate, split, corruption)
        if not self.variant.recipe.inference.adjusts:
            return averaged
        return self._adjusted(averaged, self._averaged(replicate, "val", None), split)

    def _averaged(self, replicate: int, split: str, corruption: CorruptionSettings | None) -> str:
        predictions = [model.predictions(replicate, split, corruption) for model in self.models]
        return self.models[0].average(predictions, split)

    def _adjusted(self, predictions: str, validation: str, split: str) -> str:
        recipe, positive = self.variant.recipe, self.models[0].positive
        rules = {"calibration": recipe.inference.calibration, "threshold": recipe.inference.threshold}
        key = addresses.adjust_address(predictions, validation, recipe, positive)
        needs = {"val": validation, "predictions": predictions}
        return self.graph.add(key, "adjust", {"split": split, "positive": positive, **rules}, needs)

    def _check_same_images(self, replicate: int) -> None:
        own, *others = (model.split(replicate) for model in self.models)
        for other in others:
            same = all(np.array_equal(getattr(own, name), getattr(other, name)) for name in ("val", "test", "confirm"))
            if not same or own.classes != other.classes:
                problem = "a row that it names has other images or classes, so their predictions have no mean"
                remedy = "name rows with the same classes and splits"
                raise UserError(problem, place="inference.ensemble_with", remedy=remedy)


@dataclass(frozen=True)
class _Part:
    """A part of a training, under any replicate.

    Args:
        template, task: what its address and its task have in common.
        epochs: that it trains.
        hands_over: whether another part continues from it.
    """

    template: AddressTemplate
    task: Mapping[str, Any]
    epochs: int
    hands_over: bool

    def address(self, replicate: int, member: int, split: str, before: str | None) -> str:
        own = {"replicate": replicate, "member": member, "split": split, "before": before}
        key = self.template.address(own)
        return address({"state": key}) if self.hands_over else key


class RecipeStages:
    """Trainings, predictions and latency of a recipe; what is the same under all replicates is made once.

    Args:
        execution: see ``ablation.experiment.planning.addresses.train_template``.
    """

    def __init__(self, graph: StageGraph, recipe: Recipe, execution: int) -> None:
        self._graph, self._context, self._recipe = graph, graph.context, recipe
        self.members = recipe.inference.members
        self.split = self._context.splits(recipe)
        self.positive = self._context.positive(recipe, 0)
        self._parts = tuple(self._planned(execution))
        self._task = self._common(recipe) | {"epochs": recipe.train.epochs, "positive": self.positive}
        self._templates: dict[CorruptionSettings | None, tuple[AddressTemplate, Mapping[str, Any] | None]] = {}
        self._trainings: dict[tuple[int, int], tuple[str, ...]] = {}
        self._latency = ""

    def training(self, replicate: int, member: int) -> tuple[str, ...]:
        """The parts of a training, each continuing from the one before."""
        key = (replicate, member)
        if key not in self._trainings:
            self._trainings[key] = tuple(self._added_parts(replicate, member))
        return self._trainings[key]

    def predictions(self, replicate: int, split: str, corruption: CorruptionSettings | None) -> str:
        """Predictions of the recipe's model, or the mean of its members'."""
        return self.average([self._predict(replicate, n, split, corruption) for n in range(self.members)], split)

    def average(self, predictions: list[str], split: str) -> str:
        """The mean of several predictions of a split; a single one is its own mean."""
        if len(predictions) == 1:
            return predictions[0]
        needs = {str(number): each for number, each in enumerate(predictions)}
        key = addresses.average_address(predictions, self.positive)
        return self._graph.add(key, "average", {"split": split, "positive": self.positive}, needs)

    def latency(self, replicate: int) -> str:
        """The latency of the model: measured once, for the first replicate that needs it."""
        if not self._latency:
            context, last = self._context, stations(self._recipe)[-1]
            classes = len(context.split(last, 0).classes)
            key = addresses.latency_address(last, classes, context.platform, context.processor, context.folder)
            task = self._common(last) | {"epochs": last.train.epochs, "classes": classes}
            self._latency = self._graph.add(key, "latency", {**task, "replicate": replicate, "member": 0}, {})
        return self._latency

    def _planned(self, execution: int) -> Iterator[_Part]:
        context, done, epochs = self._context, 0, self._recipe.train.epochs
        for part in segments(self._recipe):
            data, seed = context.fingerprints(part), context.experiment.seed
            template = addresses.train_template(part, epochs, seed, data, context.platform, context.folder, execution)
            hands_over = part is not self._recipe
            task = self._common(part) | {"epochs": epochs, "first": done, "hands_over": hands_over}
            yield _Part(template, task, part.train.epochs - done, hands_over)
            done = part.train.epochs

    def _added_parts(self, replicate: int, member: int) -> Iterator[str]:
        split = self.split(replicate)
        before: str | None = None
        for part in self._parts:
            key = part.address(replicate, member, split.digest, before)
            task = {**part.task, "replicate": replicate, "member": member}
            needs = {"state": before} if before else {}
            yield self._graph.add(key, "train", task, needs, work=float(len(split.train) * part.epochs))
            before = key

    def _predict(self, replicate: int, member: int, split: str, corruption: CorruptionSettings | None) -> str:
        if corruption not in self._templates:
            template = addresses.predict_template(self._recipe, self.positive, self._context.folder, corruption)
            self._templates[corruption] = template, corruption.model_dump(mode="json") if corruption else None
        template, corrupted = self._templates[corruption]
        weights = self.training(replicate, member)[-1]
        key = template.address({"train": weights, "split": split})
        own = {"replicate": replicate, "member": member, "split": split, "corruption": corrupted}
        return self._graph.add(key, "predict", {**self._task, **own}, {"weights": weights})

    def _common(self, recipe: Recipe) -> dict[str, Any]:
        """The task of every stage that builds a model, without its random streams."""
        context = self._context
        return {
            "recipe": recipe.model_dump(mode="json"),
            "seed": context.experiment.seed,
            "protocol": context.experiment.protocol,
            "fingerprints": {str(size): digest for size, digest in context.fingerprints(recipe).items()},
            "device": str(context.device),
            "folder": str(context.folder),
        }
