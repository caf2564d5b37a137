"""Every setting of a recipe and every choice of a section trains, and changes what it is there to change."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from every_setting import Case, Generator, is_under, spellings
from PIL import Image
from safetensors.torch import save_file
from sklearn.datasets import load_digits

import ablation
from ablation.experiment.execution.executor import Executor
from ablation.experiment.planning.plan import Plan, Run
from ablation.experiment.store.content_store import ContentStore
from ablation.recipe.component import choices
from ablation.recipe.data import DataSettings
from ablation.recipe.merge import merged
from ablation.recipe.model import ModelSettings, build_model
from ablation.recipe.recipe import Recipe
from ablation.stage import OUTCOME, PREDICTIONS, WEIGHTS
from ablation.workflow.planning import plan_of
from ablation.workflow.workers import pool, worker_start

pytestmark = pytest.mark.slow

Patch = Mapping[str, Any]

SPLITS = {"test_size": 0.3, "val_size": 0.3, "image_size": 8}
BASELINE: Patch = {
    "data": {"source": "digits", "limit": 150, **SPLITS},
    "model": {"backbone": {"name": "small_cnn", "width": 4}, "head": {"name": "linear", "dropout": 0.1}},
    "optimizer": {"name": "adamw", "lr": 3.0e-3},
    "train": {"epochs": 3, "batch_size": 20},
}
COLOURED: Patch = {"data": {"source": "folder", "path": "images", **SPLITS, "image_size": 16}}
TWO_CLASSES: Patch = {"data": {"classes": {"keep": ["0", "8"]}}}
UNEQUAL: Patch = {"data": {"imbalance": 4.0}, "balance": {"class_weights": "balanced"}}
RESTLESS: Patch = {"optimizer": {"lr": 0.1}, "train": {"epochs": 5}}
"""A rate so high that validation goes up and down."""
STARTED: Patch = {"model": {"weights": "weights.safetensors"}}
LATER: Patch = {
    "train": {"epochs": 4},
    "phases": {"later": {"start": {"epoch": 1}, "patch": {"loss": {"label_smoothing": 0.1}}}},
}

NEEDED: Mapping[str, Patch] = {
    "data=csv": {"path": "images.csv", **SPLITS},
    "data=folder": {"path": "images", **SPLITS},
    "data=parquet": {"path": "images.parquet", **SPLITS},
    "data=digits": {"limit": 150, **SPLITS},
    "model.backbone=small_cnn": {"width": 4},
    "schedule=plateau": {"patience": 0, "threshold": 0.9},
    "schedule=cosine_restarts": {"first": 1},
    "schedule=step": {"every": 1},
}
"""What a choice does not work, or cannot matter, without."""

VALUES: Mapping[str, object] = {
    "data[digits].image_size": 12,
    "data[digits].limit": 120,
    "data[digits].positive_class": "8",
    "data.classes.keep": ["0", "1", "2"],
    "data.classes.drop": ["3"],
    "data.classes.merge": {"round": ["0", "8"]},
    "data[csv].path": "other.csv",
    "data[csv].root": "mirror",
    "data[csv].separator": ";",
    "data[csv].image": "other_image",
    "data[csv].label": "other_label",
    "data[csv].split": "split",
    "data[csv].group": "group",
    "data[folder].path": "upside_down",
    "data[parquet].path": "other.parquet",
    "data[parquet].image": "other_image",
    "data[parquet].label": "other_label",
    "data[parquet].group": "group",
    "model.backbone[small_cnn].width": 8,
    "balance.least": 1.0,
    "model.weights": "weights.safetensors",
    "model.head[mlp].hidden": [32, 16],
    "augment[albumentations].transforms": ["VerticalFlip"],
    "schedule[plateau].patience": 1,
    "schedule[plateau].threshold": 1.0e-4,
    "schedule[cosine_restarts].first": 2,
    "schedule[step].every": 2,
    "train.epochs": 4,
    "train.batch_size": 10,
    "train.early_stopping.metric": "loss",
    "train.early_stopping.patience": 2,
    "train.keep_by": "loss",
    "inference.ensemble_with": ["baseline"],
    "inference.tta[shift].pixels": 3,
    "phases.later.start.epoch": 2,
    "phases.later.start.metric": "macro_f1",
    "phases.later.start.above": 99.0,
    "phases.later.patch": {"loss": {"label_smoothing": 0.3}},
    "phases.later.ramp.loss.label_smoothing.to": 0.4,
    "phases.later.ramp.loss.label_smoothing.epochs": 2,
}
"""Values that cannot be made from a setting's declaration, or that have to fit these small trainings."""

CONTEXTS: Mapping[str, Patch] = {
    "augment": COLOURED,
    "data[csv].separator": {"data": {"path": "both.csv"}},
    "data[digits].positive_class": TWO_CLASSES,
    "mix[mixup_or_cutmix].cutmix_alpha": {"data": {"image_size": 16}},  # at 8 px most rectangles are the same
    "balance.sampling": UNEQUAL,
    "balance.class_weights": {"data": {"imbalance": 4.0}},
    "balance": UNEQUAL,
    "optimizer[*].backbone_lr": STARTED,
    "optimizer[adam].decay_norm_and_bias": {"optimizer": {"weight_decay": 0.1}},
    "model.trainable": STARTED,
    "schedule[cosine].warmup_start": {"schedule": {"warmup": 1}},
    "schedule[*].span": LATER,
    "schedule[plateau].metric": RESTLESS,
    "schedule[plateau].patience": RESTLESS,
    "schedule[plateau].threshold": merged(RESTLESS, {"train": {"epochs": 6}}),
    "train.ema": {"train": {"ema": {}}},
    "train.early_stopping": merged(RESTLESS, {"train": {"early_stopping": {"patience": 1}}}),
    "train.keep": RESTLESS,
    "train.keep_by": merged(RESTLESS, {"train": {"keep": "best"}}),
    "inference.threshold": merged(TWO_CLASSES, {"data": {"positive_class": "8"}, "train": {"epochs": 1}}),
    "phases": LATER,
    "phases.later.start.metric": merged(LATER, {"phases": {"later": {"start": {"above": 10.0}}}}),
    "phases.later.ramp": merged(
        LATER, {"phases": {"later": {"ramp": {"loss.label_smoothing": {"to": 0.3, "epochs": 1}}}}}
    ),
}
"""What must be set besides for a setting to matter."""

UNTRIED: Mapping[str, str] = {
    "train.compile": "takes half a minute to start; tests of the core train with it",
    "train.cuda_graph": "works on a GPU only",
}
"""Cases that are not trained here, each with the reason."""

SAME: Mapping[str, str] = {
    "train.threads": "sums are split over threads, which may give the same bits",
    "train.deterministic": "every training is deterministic on the CPU",
    "train.memory_format": "a layout, which may give the same bits",
    "inference.batch_size": "a matter of memory",
    "schedule[constant].span": "a constant rate is the same over each phase and over all",
    "schedule[plateau].span": "watches validation, whose epochs it counts over all phases alike",
}
"""Cases that may have the numbers of the recipe without them, each with the reason."""


def generated() -> list[Case]:
    cases = Generator(VALUES, CONTEXTS, NEEDED).cases()
    return [
        case for case in cases if not any(case.name == name or case.name.startswith(f"{name}.") for name in UNTRIED)
    ]


CASES = {case.name: case for case in generated()}


@dataclass(frozen=True)
class Trained:
    """The first run of a recipe, and what it left in the store."""

    run: Run
    store: ContentStore

    def digest(self) -> str:
        """Of the weights, the predictions of the test images and their scores."""
        weights = (self.store.folder(self.run.parts[-1]) / WEIGHTS).read_bytes()
        test = self.store.folder(self.run.test)
        scores = json.loads((test / OUTCOME).read_text())["metrics"]
        with np.load(test / PREDICTIONS) as arrays:
            predictions = b"".join(arrays[name].tobytes() for name in sorted(arrays))
        return hashlib.sha256(weights + predictions + json.dumps(scores).encode()).hexdigest()


@dataclass(frozen=True)
class Carried:
    """For each case the run without it and the run with it, and why stages failed."""

    pairs: Mapping[str, tuple[Trained, Trained]]
    failed: Mapping[str, str]


def write_images(folder: Path) -> None:
    """Coloured digits as class folders, upside down too, and as rows of CSV and parquet."""
    digits = load_digits()
    rows = []
    for number in range(150):
        grey, label = digits.images[number] / 16, int(digits.target[number])
        tint = np.array([1.0, 0.6 + 0.04 * label, 0.3 + 0.004 * number])
        pixels = np.round(grey[..., None] * tint * 255).astype(np.uint8)
        name = f"{label}/{number:03d}.png"
        for root, image in (("images", pixels), ("upside_down", pixels[::-1]), ("mirror/images", pixels[:, ::-1])):
            (folder / root / str(label)).mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(folder / root / name)
        rows.append(
            {
                "image": f"images/{name}",
                "label": f"digit {label}",
                "other_image": f"upside_down/{name}",
                "other_label": "even" if label % 2 == 0 else "odd",
                "split": ("train", "train", "val", "test")[[row["label"][-1] for row in rows].count(str(label)) % 4],
                "group": f"writer {number // 3}",
            }
        )
    write_tables(folder, rows)


def write_tables(folder: Path, rows: list[dict[str, str]]) -> None:
    """Tables of all images and of some, and one that both separators divide into columns."""
    for name, kept in (("images", rows), ("other", rows[:120])):
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]))
        writer.writeheader()
        writer.writerows(kept)
        (folder / f"{name}.csv").write_text(text.getvalue())
        stored = [row | {key: (folder / row[key]).read_bytes() for key in ("image", "other_image")} for row in kept]
        pq.write_table(pa.Table.from_pylist(stored), folder / f"{name}.parquet")
    both = [f"{row['image']},{row['label']},-;{row['other_image']};{row['label']}" for row in rows]
    (folder / "both.csv").write_text("\n".join(["image,label,rest;image;label", *both]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("settings")
    write_images(folder)
    network = build_model(ModelSettings.model_validate(BASELINE["model"]), classes=10, image_size=8)
    save_file(network.state_dict(), folder / "weights.safetensors")
    return folder


def experiment_of(recipe: Patch) -> dict[str, Any]:
    """An experiment whose baseline is the recipe; an ensemble, which needs an earlier row, is its last rung."""
    rungs: list[dict[str, Any]] = [{"name": "Clipping", "patch": {"train": {"clip_norm": 0.05}}}]
    inference = dict(recipe.get("inference", {}))
    if "ensemble_with" in inference:
        rungs.append({"name": "Case", "patch": {"inference": inference}})
        recipe = {key: value for key, value in recipe.items() if key != "inference"}
    return {
        "name": "settings",
        "metric": "accuracy",
        "margin": 1.0,
        "protocol": "fixed_test",
        "replicates": 2,
        "baseline": recipe,
        "rungs": rungs,
    }


def planned(folder: Path, recipe: Patch, options: ablation.Options) -> tuple[Plan, Run]:
    """The plan of a recipe, and the run that has it."""
    file = folder / "case.yaml"
    file.write_text(json.dumps(experiment_of(recipe)))
    plan = plan_of(file, options=options)
    wanted = "+ Case" if "ensemble_with" in recipe.get("inference", {}) else "baseline"
    return plan, next(run for run in plan.runs if run.variant == wanted and run.replicate == 0)


@pytest.fixture(scope="module")
def carried(folder: Path) -> Carried:
    """The runs of all cases, carried out by two workers."""
    options = ablation.Options(folder / "store", device="cpu", jobs=2, track=False)
    store, stages, pairs = ContentStore(folder / "store"), {}, {}
    for case in CASES.values():
        both = []
        for recipe in (merged(BASELINE, case.context), merged(merged(BASELINE, case.context), case.patch)):
            plan, run = planned(folder, recipe, options)
            stages |= {address: plan.stages[address] for address in run.stages}
            both.append(Trained(run, store))
        pairs[case.name] = (both[0], both[1])
    with worker_start(threads=1) as start:
        failed = Executor(stages, store, pool(stages, folder, options, start), []).run()
    return Carried(pairs, failed)


def test_settings_of_the_lists_exist() -> None:
    names = {case.name for case in Generator(VALUES, CONTEXTS, NEEDED).cases()}
    listed = {*VALUES, *SAME, *UNTRIED, *NEEDED}
    assert not {name for name in listed if not any(is_under(each, name) for each in names)}
    assert not {name for name in CONTEXTS if not any(is_under(own, name) for each in names for own in spellings(each))}


def test_a_source_that_is_not_tried_here_passes_the_contract_of_sources() -> None:
    untried = [kind for name, kind in choices(DataSettings).items() if f"data={name}" not in NEEDED]
    for kind in untried:
        module = kind.__module__.rpartition(".")[2]
        assert "DataSourceContract" in (Path(__file__).parent / f"recipe/data/test_{module}.py").read_text()


@pytest.mark.parametrize("name", CASES)
def test_a_setting_changes_the_address_and_the_numbers(carried: Carried, name: str) -> None:
    case = CASES[name]
    before, after = carried.pairs[name]
    assert not [carried.failed[address] for address in after.run.stages if address in carried.failed]
    without = merged(BASELINE, case.context)
    if Recipe.model_validate(without) == Recipe.model_validate(merged(without, case.patch)):
        assert before.run.stages == after.run.stages, "the baseline has this choice already"
        return
    assert before.run.test != after.run.test
    if name not in SAME:
        assert before.digest() != after.digest()
