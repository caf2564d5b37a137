"""The experiment files beside the package: what they promise is what their documents say, and what they say works."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from ablation.experiment.config.file import Experiment, load
from ablation.experiment.config.rung import RungSettings
from ablation.experiment.config.schema import schema_text
from ablation.experiment.config.yaml_text import parse_yaml
from ablation.experiment.planning.variants import Ladder, resolve

FOLDER = Path(__file__).parents[1] / "experiments"
FILES = sorted(FOLDER.glob("*.yaml"))
every_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)

EMOTIONS = "000_b6ad96d08f4dca3a.txt"
TRANSFER = "001_b04657de1b61805f.txt"
DEFECTS = "002_111c0abedfd045f2.txt"
IMAGENET = "003_ecebd86cd390f469.txt"
DIAGNOSIS = "004_7c9170eca9dbe505.txt"
TORCHVISION = "torchvision's ResNet-50 recipe"

Promise = tuple[float, float] | None
PROMISES: dict[str, tuple[str, dict[str, Promise]]] = {
    "digits": (
        EMOTIONS,
        {
            "ResNet-18": (4, 6),
            "Focal loss": (3, 5),
            "Enhanced augmentation": (2, 4),
            "OneCycle": (2, 3),
            "Test-time augmentation": (1, 3),
            "Final tuning": None,
        },
    ),
    "emotion_enhanced": (
        EMOTIONS,
        {
            "ResNet-50": (4, 6),
            "Focal loss": (3, 5),
            "Enhanced augmentation": (2, 4),
            "OneCycle": (2, 3),
            "Longer training": (1, 2),
            "Progressive dropout": (2, 3),
            "Weighted sampling": (3, 5),
            "Mixed precision": (1, 2),
            "Gradient accumulation": (1, 2),
            "Test-time augmentation": (1, 3),
            "Final tuning": None,
        },
    ),
    "emotion_timeline": (
        EMOTIONS,
        {
            "ResNet-50": (70 - 65, 5),
            "Focal loss": (74 - 70, 4),
            "Enhanced augmentation": (77 - 74, 3),
            "Better training": (80 - 77, 3),
            "Test-time augmentation": (82 - 80, 2),
            "Final tuning": None,
        },
    ),
    "emotion_transfer": (
        TRANSFER,
        {
            "ResNet-50": (5, 8),
            "Augmentation": (3, 5),
            "Balance and loss": (2, 4),
            "Hyperparameters": (2, 3),
            "Training strategies": (1, 3),
            "Gradual unfreezing": None,
            "Ensemble": None,
        },
    ),
    "defect_inspection": (
        DEFECTS,
        {
            "Class balancing": (3, 5),
            "Augmentation": (2, 4),
            "ResNet-50": (5, 8),
            "Advanced training": (3, 6),
            "Regularization": None,
            "Test-time augmentation": None,
            "F1 threshold": None,
        },
    ),
    "imagenet_phase2": (
        IMAGENET,
        {
            "Dropout": (1, 2),
            "MixUp": (2, 5),
            "CutMix": (3, 6),
            "RandAugment": (4, 8),
            "Progressive resizing": (5, 10),
        },
    ),
    "emotion_diagnosis": (
        DIAGNOSIS,
        dict.fromkeys(
            (
                "Less dropout",
                "Higher learning rate",
                "No label smoothing",
                "Milder class weights",
                "Looser clipping",
                "Progressive regularisation",
            )
        ),
    ),
    "torchvision_recipe": (
        TORCHVISION,
        {
            "Learning rate": (0.364, 0.364),
            "TrivialAugment": (0.312, 0.312),
            "Long training": (1.8, 1.8),
            "Random erasing": (0.19, 0.19),
            "Label smoothing": (0.318, 0.318),
            "MixUp": (0.118, 0.118),
            "CutMix": (0.278, 0.278),
            "Weight decay": (0.526, 0.526),
            "EMA": (0.254, 0.254),
        },
    ),
}
"""What each file's source promises each rung, in points of accuracy, read off the documents by hand."""

TOTALS = {"emotion_enhanced": (20, 35), "emotion_transfer": (13, 23)}
"""What documents 000 and 001 say that their rows come to in all."""

CUMULATIVE = ((50, 60), (51, 62), (53, 67), (56, 73), (60, 81), (65, 91))
"""Document 003's cumulative column."""

NOTICES = {
    "emotion_enhanced": ["Progressive dropout overrides Focal loss in loss.label_smoothing"],
    "emotion_transfer": ["Gradual unfreezing overrides Hyperparameters in model.trainable"],
    "imagenet_phase2": [f"CutMix overrides MixUp in phases.fine-tuning.patch.mix.{key}" for key in ("name", "alpha")],
    "torchvision_recipe": [f"CutMix overrides MixUp in mix.{key}" for key in ("name", "alpha")],
}
"""What is overridden on purpose; their headers say why."""


def experiment(name: str) -> Experiment:
    return load(FOLDER / f"{name}.yaml")


def ladder(name: str) -> Ladder:
    return resolve(experiment(name), name)


def header(file: Path) -> str:
    """The comment at the beginning as one line."""
    lines = file.read_text().splitlines()
    return " ".join(line.removeprefix("#").strip() for line in lines if line.startswith("#"))


def told_overrides(file: Path) -> list[tuple[str, ...]]:
    """What the header tells to ``--set``, those side by side together; without ones that end in an ellipsis."""
    runs = re.findall(r'(?:--set (?:"[^"]+"|\S+) ?)+', header(file))
    found = [re.findall(r'--set (?:"([^"]+)"|([^\s,;)]+))', run) for run in runs]
    texts = [tuple(quoted or bare.rstrip(".") for quoted, bare in run) for run in found]
    return [run for run in texts if not any(text.endswith("=") or "..." in text for text in run)]


TOLD = [(file, run) for file in FILES for run in told_overrides(file)]


def test_the_table_of_promises_knows_every_file() -> None:
    assert {file.stem for file in FILES} == PROMISES.keys()


def promised_step(rung: RungSettings) -> tuple[float, float] | None:
    """The one gain in points of accuracy that a rung promises, if it does."""
    gains = [each.gain for each in rung.expect if each.metric == "accuracy" and each.gain]
    assert len(gains) <= 1
    return gains[0] if gains else None


@pytest.mark.parametrize("name", PROMISES)
def test_rungs_promise_what_their_document_says(name: str) -> None:
    _, promised = PROMISES[name]
    assert {rung.name: promised_step(rung) for rung in experiment(name).rungs} == promised


@pytest.mark.parametrize("name", PROMISES)
def test_every_rung_says_where_its_promise_stands(name: str) -> None:
    source, _ = PROMISES[name]
    for rung in experiment(name).rungs:
        assert re.match(rf"{re.escape(source)}, \w", rung.source), rung.name


@pytest.mark.parametrize(("name", "total"), TOTALS.items())
def test_promises_come_to_what_the_document_adds_up(name: str, total: tuple[float, float]) -> None:
    promised = [step for rung in experiment(name).rungs if (step := promised_step(rung))]
    assert (sum(low for low, _ in promised), sum(high for _, high in promised)) == total


def test_promises_of_document_003_are_the_differences_of_its_cumulative_column() -> None:
    steps = [tuple(new - old for old, new in zip(*pair, strict=True)) for pair in pairwise(CUMULATIVE)]
    assert [promised_step(rung) for rung in experiment("imagenet_phase2").rungs] == steps


def test_promises_of_torchvisions_recipe_are_differences_of_the_published_levels() -> None:
    for rung in experiment("torchvision_recipe").rungs:
        levels = re.search(r"\((\d\d\.\d{3}) to (\d\d\.\d{3})\)", rung.source)
        assert levels is not None
        step = promised_step(rung)
        assert step is not None
        assert step[0] == pytest.approx(float(levels[2]) - float(levels[1]), abs=1e-9)


@pytest.mark.parametrize("name", PROMISES)
def test_a_ladder_resolves_to_a_row_a_rung_and_overrides_nothing_by_accident(name: str) -> None:
    found = ladder(name)
    run = [rung for rung in experiment(name).rungs if not rung.tuned]  # a tuned rung waits for its study
    assert len(set(found.rows)) == len(found.rows) == 1 + len(run)
    assert list(found.notices) == NOTICES.get(name, [])


@every_file
def test_a_file_fits_the_schema_of_the_code(file: Path) -> None:
    jsonschema: Any = pytest.importorskip("jsonschema")
    jsonschema.Draft202012Validator(json.loads(schema_text())).validate(parse_yaml(file))


@every_file
def test_a_header_says_what_it_is_and_where_data_come_from(file: Path) -> None:
    source = PROMISES[file.stem][0]
    assert source in header(file) or (source == TORCHVISION and "orchvision" in header(file))
    assert file.stem == "digits" or re.search(r"Data:|Data as in", header(file))


@pytest.mark.parametrize(
    ("file", "overrides"), TOLD, ids=lambda each: each.name if isinstance(each, Path) else " ".join(each)
)
def test_what_a_header_says_to_set_can_be_set(file: Path, overrides: tuple[str, ...]) -> None:
    changed = resolve(load(file, overrides), file.name)
    assert changed.rows
    assert [variant.recipe for variant in changed.variants] != [
        variant.recipe for variant in ladder(file.stem).variants
    ]


@pytest.mark.parametrize("name", [name for name in PROMISES if name != "digits"])
def test_another_folder_is_one_setting_away(name: str) -> None:
    for variant in resolve(load(FOLDER / f"{name}.yaml", ["data.path=/elsewhere"]), name).variants:
        assert variant.recipe.data.model_dump()["path"] == "/elsewhere"


def test_the_two_ladders_of_document_000_share_their_first_rows() -> None:
    enhanced, timeline = ladder("emotion_enhanced"), ladder("emotion_timeline")
    recipes = [[variant.recipe for variant in each.variants[:4]] for each in (enhanced, timeline)]
    assert recipes[0] == recipes[1]
