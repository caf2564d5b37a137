"""The stages of runs: which trainings, predictions and combinations a variant needs, each addressed and made once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ablation.core.stage import Stage, StageKind
from ablation.errors import UserError
from ablation.experiment import identity
from ablation.experiment.content import address
from ablation.experiment.plan import Run
from ablation.experiment.site import Site
from ablation.experiment.study_plan import Tryout
from ablation.experiment.variants import ResolvedVariant
from ablation.recipe.corruption import CorruptionSettings
from ablation.recipe.phased import segments, stations
from ablation.recipe.recipe import Recipe


class Graph:
    """Grows with each run that is asked for; equal stages of two runs are one.

    Args:
        judged_on: the split that verdicts stand on.
    """

    def __init__(self, site: Site, judged_on: str = "test") -> None:
        self.stages: dict[str, Stage] = {}
        self._site, self._judged_on = site, judged_on

    def run(self, variant: ResolvedVariant, replicate: int) -> Run:
        """A variant under a replicate; its stages are added unless another run brought them."""
        cast = _Cast(self, self._site, replicate, variant.execution)
        val, test = (cast.predictions(variant, split, None) for split in ("val", self._judged_on))
        corrupted = {
            corruption.label: cast.predictions(variant, self._judged_on, corruption)
            for corruption in self._site.experiment.corruptions
        }
        models = [recipe for recipe in (variant.recipe, *variant.ensemble) for _ in range(recipe.inference.members)]
        return Run(
            variant=variant.name,
            replicate=replicate,
            address=address({"val": val, "test": test, "corrupted": corrupted}),
            parts=cast.training(variant.recipe, member=0),
            val=val,
            test=test,
            corrupted=corrupted,
            needed=self._needed(val, test, *corrupted.values()),
            latencies=tuple(cast.latency(recipe) for recipe in models),
        )

    def tryout(self, variant: ResolvedVariant, replicate: int) -> Tryout:
        """What a variant's score on validation images takes under a replicate; nothing of it predicts other images."""
        cast = _Cast(self, self._site, replicate, variant.execution)
        val = cast.predictions(variant, "val", None)
        stages = {address: self.stages[address] for address in self._needed(val)}
        return Tryout(stages, cast.training(variant.recipe, member=0)[-1], val)

    def add(self, address: str, kind: StageKind, task: Mapping[str, Any], needs: Mapping[str, str], work: float) -> str:
        """The address of a stage, which is now there."""
        self.stages.setdefault(address, Stage(address, kind, task, needs, work))
        return address

    def _needed(self, *addresses: str) -> tuple[str, ...]:
        """These stages and all before them, those that are needed first."""
        found: dict[str, None] = {}
        for each in addresses:
            found |= dict.fromkeys((*self._needed(*self.stages[each].needs.values()), each))
        return tuple(found)


class _Cast:
    """The stages of one replicate, under one execution."""

    def __init__(self, graph: Graph, site: Site, replicate: int, execution: int) -> None:
        self._graph, self._site, self._replicate, self._execution = graph, site, replicate, execution
        self._trainings: dict[tuple[Recipe, int], tuple[str, ...]] = {}

    def training(self, recipe: Recipe, member: int) -> tuple[str, ...]:
        """The parts of a training, each going on from the one before."""
        key = (recipe, member)
        if key not in self._trainings:
            self._trainings[key] = self._parts(recipe, member)
        return self._trainings[key]

    def _parts(self, recipe: Recipe, member: int) -> tuple[str, ...]:
        found: list[str] = []
        done, whole = 0, recipe.train.epochs
        for part in segments(recipe):
            setting = self._site.setting(part, self._replicate, member, self._execution)
            before = found[-1] if found else None
            key = identity.train_address(part, setting, whole, before)
            hands_over = part is not recipe
            if hands_over:
                key = address({"state": key})
            task = self._task(part, member) | {"epochs": whole, "first": done, "hands_over": hands_over}
            images = len(self._site.split(part, self._replicate).train)
            work = float(images * (part.train.epochs - done))
            found.append(self._graph.add(key, "train", task, {"state": before} if before else {}, work))
            done = part.train.epochs
        return tuple(found)

    def predictions(self, variant: ResolvedVariant, split: str, corruption: CorruptionSettings | None) -> str:
        """The variant's final predictions: of its model or its members, averaged with others, adjusted."""
        found = self._joined(variant, split, corruption)
        if not variant.recipe.inference.adjusts:
            return found
        return self._adjust(found, self._joined(variant, "val", None), variant.recipe, split)

    def latency(self, recipe: Recipe) -> str:
        """What predicting with one model of the recipe takes."""
        site, last = self._site, stations(recipe)[-1]
        classes = len(site.split(last, 0).classes)
        key = identity.latency_address(last, classes, site.platform, site.processor, site.folder)
        task = self._task(last, 0) | {"epochs": last.train.epochs, "classes": classes}
        return self._graph.add(key, "latency", task, {}, 0.0)

    def _joined(self, variant: ResolvedVariant, split: str, corruption: CorruptionSettings | None) -> str:
        """The mean of the variant's own predictions and those of the rows that it names, before any adjustment."""
        self._check_same_images(variant)
        found = [self._own(recipe, split, corruption) for recipe in (variant.recipe, *variant.ensemble)]
        return found[0] if len(found) == 1 else self._average(found, variant.recipe, split)

    def _check_same_images(self, variant: ResolvedVariant) -> None:
        own, *others = (self._site.split(recipe, self._replicate) for recipe in (variant.recipe, *variant.ensemble))
        for other in others:
            same = all(np.array_equal(getattr(own, name), getattr(other, name)) for name in ("val", "test", "confirm"))
            if not same or own.classes != other.classes:
                raise UserError(
                    "a row that it names has other images or classes, so their predictions have no mean",
                    place="inference.ensemble_with",
                    remedy="name rows with the same classes and splits",
                )

    def _own(self, recipe: Recipe, split: str, corruption: CorruptionSettings | None) -> str:
        """Predictions of the recipe's model, or the mean of its members'."""
        members = [self._predict(recipe, member, split, corruption) for member in range(recipe.inference.members)]
        return members[0] if len(members) == 1 else self._average(members, recipe, split)

    def _predict(self, recipe: Recipe, member: int, split: str, corruption: CorruptionSettings | None) -> str:
        train, positive = self.training(recipe, member)[-1], self._positive(recipe)
        key = identity.predict_address(train, split, recipe, positive, self._site.folder, corruption)
        task = self._task(recipe, member) | {
            "epochs": recipe.train.epochs,
            "split": split,
            "positive": positive,
            "corruption": corruption.model_dump(mode="json") if corruption else None,
        }
        return self._graph.add(key, "predict", task, {"weights": train}, 0.0)

    def _average(self, members: list[str], recipe: Recipe, split: str) -> str:
        positive = self._positive(recipe)
        needs = {str(number): member for number, member in enumerate(members)}
        task = {"split": split, "positive": positive}
        return self._graph.add(identity.average_address(members, positive), "average", task, needs, 0.0)

    def _adjust(self, predictions: str, validation: str, recipe: Recipe, split: str) -> str:
        positive, inference = self._positive(recipe), recipe.inference
        task = {
            "split": split,
            "positive": positive,
            "calibration": inference.calibration,
            "threshold": inference.threshold,
        }
        key = identity.adjust_address(predictions, validation, recipe, positive)
        return self._graph.add(key, "adjust", task, {"val": validation, "predictions": predictions}, 0.0)

    def _positive(self, recipe: Recipe) -> int | None:
        return self._site.positive(recipe, self._replicate)

    def _task(self, recipe: Recipe, member: int) -> dict[str, Any]:
        """What every stage that builds a model is told."""
        site = self._site
        return {
            "recipe": recipe.model_dump(mode="json"),
            "seed": site.experiment.seed,
            "replicate": self._replicate,
            "member": member,
            "protocol": site.experiment.protocol,
            "fingerprints": {str(size): found for size, found in site.fingerprints(recipe).items()},
            "device": str(site.device),
            "folder": str(site.folder),
        }
