"""The table of techniques: every row's switch builds, and nothing that a document asks for is missing from it."""

from __future__ import annotations

import importlib
import pkgutil
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch

import ablation.recipe
from ablation.experiment.config.yaml_text import parse_value
from ablation.recipe.augment import Frame
from ablation.recipe.balance import BalanceSettings
from ablation.recipe.component import Component, choices
from ablation.recipe.corruption import CorruptionSettings
from ablation.recipe.inference import InferenceSettings
from ablation.recipe.merge import merged
from ablation.recipe.model import ModelSettings, build_model
from ablation.recipe.phased import fewest_epochs, stations
from ablation.recipe.recipe import Recipe
from ablation.recipe.settings import Settings
from ablation.recipe.train import TrainSettings

TABLE = Path(__file__).parents[1] / "experiments" / "TECHNIQUES.md"
DOCUMENTS = {
    "000": "000_b6ad96d08f4dca3a.txt",
    "001": "001_b04657de1b61805f.txt",
    "002": "002_111c0abedfd045f2.txt",
    "003": "003_ecebd86cd390f469.txt",
    "004": "004_7c9170eca9dbe505.txt",
}
COLUMNS = ["technique", "document", "component", "switch", "promised"]
BASE: dict[str, Any] = {
    "data": {"source": "digits", "image_size": 64},
    "model": {"backbone": {"name": "small_cnn", "width": 8}},
    "loss": {"name": "cross_entropy", "label_smoothing": 0.2},
    "optimizer": {"name": "adamw", "lr": 2e-4},
}
"""A recipe that every row changes."""
CLASSES = 3
META = torch.device("meta")
NO_TECHNIQUE = {"batch_size", "compile", "cuda_graph", "threads", "memory_format", "deterministic"}
"""Settings of speed and memory."""


@dataclass(frozen=True)
class Row:
    """One technique as the table has it."""

    technique: str
    documents: tuple[str, ...]
    component: str
    switch: Mapping[str, Any]
    promised: str

    @property
    def patch(self) -> dict[str, Any]:
        """The recipe's part of the switch."""
        return {section: value for section, value in self.switch.items() if section != "corruptions"}

    @property
    def recipe(self) -> Recipe:
        base = Recipe.model_validate(BASE).model_dump()
        return Recipe.model_validate(merged(base, self.patch))

    @property
    def components(self) -> set[type[Component]]:
        """The components that the switch chooses or sets."""
        recipe, found = self.recipe, set(map(type, self.corruptions))
        found |= {type(section) for name in self.patch if isinstance(section := getattr(recipe, name), Component)}
        found |= {type(getattr(recipe.model, part)) for part in ("backbone", "head") if part in self._set("model")}
        return found | (set(map(type, recipe.inference.tta)) if "tta" in self._set("inference") else set())

    @property
    def corruptions(self) -> list[CorruptionSettings]:
        return [CorruptionSettings.choose(given) for given in self.switch.get("corruptions", ())]

    def _set(self, section: str) -> Mapping[str, Any]:
        return self.patch.get(section, {})


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def rows() -> Iterator[Row]:
    """The rows of all tables of techniques."""
    inside = False
    for line in TABLE.read_text().splitlines():
        if not line.startswith("|"):
            inside = False
        elif cells(line) == COLUMNS:
            inside = True
        elif inside and not set(line) <= set("| -"):
            technique, documents, component, switch, promised = cells(line)
            named = tuple(documents.split(", ")) if documents != "-" else ()
            assert switch.startswith("`"), line
            assert switch.endswith("`"), line
            yield Row(technique, named, component, parse_value(switch.strip("`"), technique), promised)


ROWS = tuple(rows())
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.technique)


@pytest.fixture(scope="module")
def asked() -> dict[type[Component], set[str]]:
    """The documents under which each component stands in the table."""
    found: dict[type[Component], set[str]] = {}
    for row in ROWS:
        for component in row.components:
            found.setdefault(component, set()).update(row.documents)
    return found


def with_a_card() -> Iterator[tuple[type[Component], set[str]]]:
    """Every component of the package with the documents that its card names."""
    for module in pkgutil.walk_packages(ablation.recipe.__path__, "ablation.recipe."):
        importlib.import_module(module.name)
    for base in Component.__subclasses__():
        if base.__module__.startswith("ablation."):
            for known in dict.fromkeys(choices(base).values()):
                yield known, asked_by(sys.modules[known.__module__].__doc__ or "")


def asked_by(card: str) -> set[str]:
    """Numbers of the documents in a card's part ``Asked by``, which ends where another part begins."""
    part = re.search(r"^Asked by(.*?)(?=^\S|\Z)", card, re.MULTILINE | re.DOTALL)
    return set(re.findall(r"\b(00\d)(?:_[0-9a-f]{16}\.txt)?\b", part[1])) if part else set()


def test_the_legend_names_the_five_documents() -> None:
    legend = dict(re.findall(r"^\| (\d{3}) \| `([^`]+)`", TABLE.read_text(), re.MULTILINE))
    assert legend == DOCUMENTS
    assert set(re.findall(r"\d{3}_\w+\.txt", TABLE.read_text())) == set(DOCUMENTS.values())


def test_the_legends_ladders_are_there() -> None:
    named = re.findall(r"`(\w+\.yaml)`", TABLE.read_text())
    assert named
    assert all((TABLE.parent / name).is_file() for name in named)


def test_no_technique_stands_twice() -> None:
    names = [row.technique for row in ROWS]
    assert len(names) == len(set(names))
    assert len(ROWS) > 60


def test_a_row_names_documents_that_there_are() -> None:
    for row in ROWS:
        assert set(row.documents) <= DOCUMENTS.keys(), row.technique
        promised_by = re.findall(r"\b(00\d):", row.promised)
        assert set(promised_by) <= set(row.documents), row.technique


def test_a_row_names_what_its_switch_sets() -> None:
    for row in ROWS:
        _, _, names = row.component.rpartition(": ")
        assert all(name in str(row.switch) for name in names.split(", ")), row.technique


@every_row
def test_a_rows_switch_changes_something_and_builds(row: Row) -> None:
    recipe = row.recipe
    assert row.corruptions or recipe != Recipe.model_validate(BASE)
    assert all(callable(corruption.build()) for corruption in row.corruptions)
    for station, epochs in zip(stations(recipe), fewest_epochs(recipe), strict=True):
        build(station, epochs)


def build(recipe: Recipe, epochs: int) -> None:
    """Everything a training of ``recipe`` needs, on the meta device."""
    side = recipe.data.image_size
    with META:
        model = build_model(recipe.model.model_copy(update={"weights": "none"}), CLASSES, side)
        views = [view.views(torch.zeros(1, 3, side, side)) for view in recipe.inference.tta]
    assert views
    assert callable(recipe.augment.build(Frame.of(side, recipe.data.mean)))
    assert callable(recipe.mix.build(CLASSES))
    assert callable(recipe.loss.build(torch.ones(CLASSES)))
    optimizer = recipe.optimizer.for_model(model, META)
    recipe.schedule.build(optimizer, epochs, 2)


def test_what_a_card_says_a_document_asks_for_is_in_the_table(asked: dict[type[Component], set[str]]) -> None:
    cards = list(with_a_card())
    assert len(cards) > 30
    assert not [(known, documents) for known, documents in cards if not documents <= asked.get(known, set())]


@pytest.mark.parametrize("settings", [BalanceSettings, InferenceSettings, ModelSettings, TrainSettings])
def test_every_setting_of_a_section_without_components_is_in_the_table(settings: type[Settings]) -> None:
    section = settings.__name__.removesuffix("Settings").lower()
    switched = {setting for row in ROWS for setting in row.switch.get(section, {})}
    assert settings.model_fields.keys() - NO_TECHNIQUE <= switched


def test_a_card_of_several_lines_is_read_to_its_end() -> None:
    card = "Title.\n\nAsked by    000_b6ad96d08f4dca3a.txt (+3 %),\n            001, 002.\nSource      003."
    assert asked_by(card) == {"000", "001", "002"}
