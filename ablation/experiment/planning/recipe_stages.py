"""The stages of one recipe: what is the same under all replicates is made once, and each replicate adds its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ablation.experiment.planning import addresses
from ablation.experiment.planning.context import PlanningContext
from ablation.experiment.planning.hashing import AddressTemplate, address
from ablation.recipe.corruption import CorruptionSettings
from ablation.recipe.phased import segments, stations
from ablation.recipe.recipe import Recipe
from ablation.stage import StageKind


class Add(Protocol):
    """Adds a stage to a graph unless it is there, and returns its address."""

    def __call__(
        self, address: str, kind: StageKind, task: Mapping[str, Any], needs: Mapping[str, str], work: float
    ) -> str: ...


@dataclass(frozen=True)
class _Part:
    """A part of a training, under any replicate.

    Args:
        template, task: what its address and its task have in common.
        epochs: that it trains.
        hands_over: whether another part goes on from it.
    """

    template: AddressTemplate
    task: Mapping[str, Any]
    epochs: int
    hands_over: bool

    def address(self, replicate: int, member: int, split: str, before: str | None) -> str:
        key = self.template.address(addresses.replicate_content(replicate, member, split, before))
        return address({"state": key}) if self.hands_over else key


class RecipeStages:
    """Trainings, predictions and latency of a recipe.

    Args:
        add: to the graph.
        execution: see ``ablation.experiment.planning.addresses.TrainingConditions``.
    """

    def __init__(self, add: Add, context: PlanningContext, recipe: Recipe, execution: int) -> None:
        self._add, self._context, self._recipe = add, context, recipe
        self.members = recipe.inference.members
        self.split = context.splits(recipe)
        self.positive = context.positive(recipe, 0)
        self._parts = tuple(self._planned(execution))
        self._task = self._common(recipe) | {"epochs": recipe.train.epochs, "positive": self.positive}
        self._templates: dict[CorruptionSettings | None, tuple[AddressTemplate, Mapping[str, Any]]] = {}
        self._trainings: dict[tuple[int, int], tuple[str, ...]] = {}
        self._latency = ""

    def training(self, replicate: int, member: int) -> tuple[str, ...]:
        """The parts of a training, each going on from the one before."""
        key = (replicate, member)
        if key not in self._trainings:
            self._trainings[key] = tuple(self._added_parts(replicate, member))
        return self._trainings[key]

    def predictions(self, replicate: int, split: str, corruption: CorruptionSettings | None) -> str:
        """Predictions of the recipe's model, or the mean of its members'."""
        found = [self._predict(replicate, member, split, corruption) for member in range(self.members)]
        return found[0] if len(found) == 1 else self.average(found, split)

    def average(self, predictions: list[str], split: str) -> str:
        """The mean of several predictions of a split."""
        needs = {str(number): each for number, each in enumerate(predictions)}
        task = {"split": split, "positive": self.positive}
        return self._add(addresses.average_address(predictions, self.positive), "average", task, needs, 0.0)

    def latency(self, replicate: int) -> str:
        """The latency of the model: measured once, for the first replicate that needs it."""
        if not self._latency:
            context, last = self._context, stations(self._recipe)[-1]
            classes = len(context.split(last, 0).classes)
            key = addresses.latency_address(last, classes, context.platform, context.processor, context.folder)
            task = self._common(last) | {"epochs": last.train.epochs, "classes": classes}
            self._latency = self._add(key, "latency", task | _of(replicate, 0), {}, 0.0)
        return self._latency

    def _planned(self, execution: int) -> Iterable[_Part]:
        done, whole = 0, self._recipe.train.epochs
        for part in segments(self._recipe):
            template = addresses.train_template(part, self._context.conditions(part, 0, 0, execution), whole)
            hands_over = part is not self._recipe
            task = self._common(part) | {"epochs": whole, "first": done, "hands_over": hands_over}
            yield _Part(template, task, part.train.epochs - done, hands_over)
            done = part.train.epochs

    def _added_parts(self, replicate: int, member: int) -> Iterable[str]:
        split = self.split(replicate)
        before: str | None = None
        for part in self._parts:
            key = part.address(replicate, member, split.digest, before)
            task = {**part.task, **_of(replicate, member)}
            self._add(key, "train", task, _state(before), float(len(split.train) * part.epochs))
            yield (before := key)

    def _predict(self, replicate: int, member: int, split: str, corruption: CorruptionSettings | None) -> str:
        if corruption not in self._templates:
            template = addresses.predict_template(self._recipe, self.positive, self._context.folder, corruption)
            self._templates[corruption] = (
                template,
                {"corruption": corruption.model_dump(mode="json") if corruption else None},
            )
        template, corrupted = self._templates[corruption]
        train = self.training(replicate, member)[-1]
        task = {**self._task, **_of(replicate, member), "split": split, **corrupted}
        return self._add(template.address({"train": train, "split": split}), "predict", task, {"weights": train}, 0.0)

    def _common(self, recipe: Recipe) -> dict[str, Any]:
        """The task of every stage that builds a model, without its random streams."""
        context = self._context
        return {
            "recipe": recipe.model_dump(mode="json"),
            "seed": context.experiment.seed,
            "protocol": context.experiment.protocol,
            "fingerprints": {str(size): found for size, found in context.fingerprints(recipe).items()},
            "device": str(context.device),
            "folder": str(context.folder),
        }


def _state(before: str | None) -> dict[str, str]:
    return {"state": before} if before else {}


def _of(replicate: int, member: int) -> dict[str, int]:
    return {"replicate": replicate, "member": member}
