"""From an experiment to its plan: data decoded, splits drawn, every stage addressed, what cannot work refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ablation.core.stage import Stage
from ablation.core.streams import Streams
from ablation.core.task import split_of
from ablation.errors import UserError, placed
from ablation.experiment import identity, platform
from ablation.experiment.content import address
from ablation.experiment.file import Experiment
from ablation.experiment.plan import Plan, Run, Variant
from ablation.experiment.store import ContentStore
from ablation.experiment.variants import ResolvedVariant, resolve
from ablation.recipe.augment import Frame
from ablation.recipe.balance import class_weights
from ablation.recipe.data import DataSettings
from ablation.recipe.data.dataset import Dataset
from ablation.recipe.data.prepare import prepare
from ablation.recipe.data.split import Split
from ablation.recipe.model import build_model
from ablation.recipe.model.weights import names_a_file
from ablation.recipe.recipe import Recipe


def make_plan(
    experiment: Experiment, folder: Path, store: ContentStore, device: torch.device, origin: str = "experiment"
) -> Plan:
    """The plan of an experiment on a device.

    Args:
        folder: of the experiment file; relative paths and the user's own components start there.
        origin: names the file in errors.

    Raises:
        UserError: the data, a patch or a combination of settings cannot work. Nothing has been trained then.
    """
    ladder = resolve(experiment, origin)
    site = _Site(experiment, folder, store, device, origin)
    variants = [(variant, _recorded(variant, site)) for variant in ladder.variants]
    stages: dict[str, Stage] = {}
    runs = []
    for replicate in range(experiment.replicates):
        for variant, recorded in variants:
            with placed(f"{origin}: {variant.name}, replicate {replicate + 1}"):
                runs.append(_run(variant, recorded, replicate, site, stages))
    protocol = {
        name: getattr(experiment, name) for name in ("name", "metric", "margin", "protocol", "seed", "overrides")
    }
    text = experiment.model_dump_json()
    return Plan(
        name=experiment.name,
        key=address({"experiment": text, "overrides": experiment.overrides, "device": str(device)}),
        ladder=address(protocol),
        metric=experiment.metric,
        margin=experiment.margin,
        protocol=experiment.protocol,
        seed=experiment.seed,
        replicates=experiment.replicates,
        overrides=experiment.overrides,
        rungs=ladder.rungs,
        variants=tuple(recorded for _, recorded in variants),
        requested=ladder.requested,
        ladder_rows=ladder.rows,
        left_out=ladder.left_out,
        runs=tuple(runs),
        stages=stages,
        dataset=site.described(experiment.baseline),
        environment=platform.described(device, folder),
        notices=ladder.notices,
    )


@dataclass
class _Site:
    """Where the variants meet data and machine; decodes, splits and checks each combination once."""

    experiment: Experiment
    folder: Path
    store: ContentStore
    device: torch.device
    origin: str
    datasets: dict[DataSettings, Dataset] = field(default_factory=dict)
    splits: dict[tuple[DataSettings, int], Split] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.platform = platform.identity_of(self.device)
        self.processor = platform.processor(self.device)

    def dataset(self, data: DataSettings) -> Dataset:
        if data not in self.datasets:
            self.datasets[data] = prepare(data, self.folder, self.store.datasets)
        return self.datasets[data]

    def split(self, recipe: Recipe, replicate: int) -> Split:
        key = (recipe.data, replicate)
        if key not in self.splits:
            streams = Streams(self.experiment.seed, replicate)
            self.splits[key] = split_of(self.dataset(recipe.data), recipe, self.experiment.protocol, streams)
        return self.splits[key]

    def setting(self, recipe: Recipe, replicate: int) -> identity.Setting:
        return identity.Setting(
            seed=self.experiment.seed,
            replicate=replicate,
            fingerprint=self.dataset(recipe.data).fingerprint,
            split=self.split(recipe, replicate).digest,
            platform=self.platform,
            folder=self.folder,
        )

    def described(self, recipe: Recipe) -> Mapping[str, Any]:
        """The baseline's data, for reports: name, fingerprint, classes and the counts of replicate 0 by split."""
        split = self.split(recipe, 0)
        counts = {
            name: np.bincount(split.labels[getattr(split, name)], minlength=len(split.classes)).tolist()
            for name in ("train", "val", "test")
        }
        fingerprint = self.dataset(recipe.data).fingerprint
        return {
            "name": recipe.data.source,
            "fingerprint": fingerprint,
            "classes": list(split.classes),
            "counts": counts,
        }


def _recorded(variant: ResolvedVariant, site: _Site) -> Variant:
    """The variant as plans keep it, once its parts are known to fit together."""
    recipe = variant.recipe
    with placed(f"{site.origin}: {variant.name}"):
        _check(recipe, site)
    resolved = recipe.model_dump(mode="json")
    return Variant(variant.name, variant.rungs, variant.designs, resolved, address(resolved))


def _check(recipe: Recipe, site: _Site) -> None:
    """Build what can be built without weights or time, so that a misfit is told before anything trains."""
    if recipe.train.precision == "fp16" and site.device.type != "cuda":
        raise UserError("fp16 needs a CUDA device", place="train.precision", remedy="use bf16 or fp32 on the CPU")
    split = site.split(recipe, 0)
    counts = np.bincount(split.labels[split.train], minlength=len(split.classes))
    recipe.loss.build(torch.as_tensor(class_weights(recipe.balance, counts), dtype=torch.float32))
    recipe.augment.build(Frame.of(recipe.data.image_size, recipe.data.mean))
    classes, side = len(split.classes), recipe.data.image_size
    if names_a_file(recipe.model.weights):
        build_model(recipe.model, classes, side, site.folder)
    else:
        with torch.device("meta"):
            build_model(recipe.model.model_copy(update={"weights": "none"}), classes, side)


def _run(variant: ResolvedVariant, recorded: Variant, replicate: int, site: _Site, stages: dict[str, Stage]) -> Run:
    """One run; its stages are added to ``stages`` unless another run brought them."""
    recipe, setting = variant.recipe, site.setting(variant.recipe, replicate)
    train = identity.train_address(recipe, setting)
    val, test = (identity.predict_address(train, name, recipe, site.folder) for name in ("val", "test"))
    split = site.split(recipe, replicate)
    classes = len(split.classes)
    latency = identity.latency_address(recipe, classes, site.platform, site.processor, site.folder)
    task = {
        "recipe": recorded.recipe,
        "seed": site.experiment.seed,
        "replicate": replicate,
        "protocol": site.experiment.protocol,
        "fingerprint": setting.fingerprint,
        "device": str(site.device),
        "folder": str(site.folder),
    }
    found = [
        Stage(train, "train", task, {}, work=float(len(split.train) * recipe.train.epochs)),
        Stage(val, "predict", task | {"split": "val"}, {"weights": train}, work=0.0),
        Stage(test, "predict", task | {"split": "test"}, {"weights": train}, work=0.0),
        Stage(latency, "latency", task | {"classes": classes}, {}, work=0.0),
    ]
    for stage in found:
        stages.setdefault(stage.address, stage)
    identifier = address({"train": train, "val": val, "test": test})
    return Run(variant.name, replicate, identifier, train, val, test, latency)
