"""Every document's ladder runs to its table, on a folder of handwritten digits and at a fraction of its size."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console
from sklearn.datasets import load_digits

import ablation
from ablation.analysis.table.table import Table
from ablation.experiment.config.file import load

EXPERIMENTS = Path(__file__).parents[1] / "experiments"
OFFLINE = ("model.weights=none",)


@dataclass(frozen=True)
class Small:
    """A ladder cut down to seconds a training.

    Args:
        counts: images of each class; the classes are digits, under these names.
        side: of the images, pixels; what BatchNorm still finds a variance in.
        overrides: what is smaller than in the file.
        trainings: how many a replicate should need.
        parts: into how many stages phases should cut them, those that rungs share counted once.
    """

    counts: dict[str, int]
    side: int
    overrides: tuple[str, ...]
    trainings: int
    parts: int
    replicates: int = 1


THREE = {"joy": 20, "anger": 20, "fear": 14}
SMALL = {
    "emotion_enhanced.yaml": Small(
        THREE,
        16,
        (
            *OFFLINE,
            "ResNet-50/model.weights=none",
            "ResNet-50/model.backbone=small_cnn",  # a processor without bf16 takes minutes for ResNet-50 in it
            "train.epochs=1",
            "Longer training/train.epochs=2",
        ),
        trainings=10,
        parts=10,
    ),
    "emotion_transfer.yaml": Small(
        THREE,
        32,
        (
            *OFFLINE,
            "train.epochs=1",
            "Gradual unfreezing/train.epochs=4",
            *(
                f"Gradual unfreezing/phases.{phase}.start={epoch}"
                for epoch, phase in enumerate(("last stage", "last two stages", "all stages"), start=1)
            ),
        ),
        trainings=7,
        parts=10,
    ),
    "defect_inspection.yaml": Small(
        {"ok": 20, "defective": 30},
        16,
        ("ResNet-50/model.weights=none", "train.epochs=1", "Advanced training/train.epochs=2"),
        trainings=6,
        parts=6,
    ),
    "imagenet_phase2.yaml": Small(
        THREE,
        16,
        (
            "train.epochs=2",
            "train.batch_size=16",
            "phases.fine-tuning.start=1",
            "Progressive resizing/phases.fine-tuning.patch.data.image_size=32",
        ),
        trainings=6,
        parts=7,
    ),
    "emotion_diagnosis.yaml": Small(
        THREE,
        32,
        (
            "train.epochs=6",
            *(
                f"Progressive regularisation/phases.{phase}.start.epoch={epoch}"
                for epoch, phase in enumerate(("more dropout", "label smoothing", "lower learning rate"), start=3)
            ),
        ),
        trainings=7,
        parts=7,
        replicates=2,
    ),
    "torchvision_recipe.yaml": Small(
        THREE,
        32,
        (
            "train.epochs=2",
            "train.batch_size=8",
            "train.accumulate=2",
            "optimizer.lr=0.001",
            "Learning rate/optimizer.lr=0.002",
            "Learning rate/schedule.warmup=1",
            "Learning rate/train.batch_size=16",
            "Long training/train.epochs=3",
        ),
        trainings=10,
        parts=10,
    ),
}


def write_digits(folder: Path, small: Small) -> None:
    """Images of one digit for each class, as PNG files below ``folder``."""
    digits = load_digits()
    for digit, (name, count) in enumerate(small.counts.items()):
        (folder / name).mkdir(parents=True)
        for number, pixels in enumerate(digits.images[digits.target == digit][:count]):
            grey = Image.fromarray((pixels * 255 / 16).astype("uint8")).resize((small.side, small.side))
            grey.save(folder / name / f"{number:03}.png")


def means(table: Table) -> list[float]:
    return [row.scored.summary.mean if row.scored.summary else math.nan for row in table.rows]


@pytest.mark.slow
@pytest.mark.parametrize("name", SMALL)
def test_a_documents_ladder_runs_to_its_table(name: str, tmp_path: Path) -> None:
    small, file = SMALL[name], EXPERIMENTS / name
    write_digits(tmp_path / "images", small)
    overrides = (f"data.path={tmp_path / 'images'}", f"data.image_size={small.side}", *small.overrides)
    options = ablation.Options(tmp_path / "mlruns", device="cpu", jobs=2, track=False)
    quiet = Console(file=io.StringIO())
    outcome = ablation.run(file, overrides, replicates=small.replicates, options=options, console=quiet)
    assert outcome.failures == {}
    frame = ablation.results(file, options)
    assert set(frame["status"]) == {"finished"}
    assert not frame["diverged"].any()
    assert [rung.name for rung in outcome.plan.rungs] == [rung.name for rung in load(file).rungs if not rung.tuned]
    assert len(frame) == (1 + len(outcome.plan.rungs)) * small.replicates
    assert all(map(math.isfinite, means(ablation.report(file, options=options))))
    assert outcome.plan.trainings == small.trainings
    trained = [stage for stage in outcome.plan.stages.values() if stage.kind == "train"]
    assert len(trained) == small.parts * small.replicates


def test_no_documents_file_is_forgotten() -> None:
    assert SMALL.keys() | {"digits.yaml", "emotion_timeline.yaml"} == {file.name for file in EXPERIMENTS.glob("*.yaml")}
