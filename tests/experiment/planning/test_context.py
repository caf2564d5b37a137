from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from small_experiment import SMALL, write_experiment

from ablation.experiment.config.file import load
from ablation.experiment.planning.context import PlanningContext
from ablation.experiment.store.content_store import ContentStore
from ablation.recipe.model import build_model


@pytest.fixture
def context(tmp_path: Path) -> PlanningContext:
    experiment = load(write_experiment(tmp_path, SMALL))
    return PlanningContext(experiment, ContentStore(tmp_path / "store"), torch.device("cpu"), "x.yaml")


def test_data_and_splits_are_made_once(context: PlanningContext) -> None:
    recipe = context.experiment.baseline
    assert context.dataset(recipe.data) is context.dataset(recipe.data)
    assert context.split(recipe, 1) is context.splits(recipe)(1)
    assert context.split(recipe, 0).digest != context.split(recipe, 1).digest
    np.testing.assert_array_equal(context.split(recipe, 0).test, context.split(recipe, 1).test)


def test_the_shapes_are_those_of_the_built_model(context: PlanningContext) -> None:
    recipe = context.experiment.baseline
    model = build_model(recipe.model, 2, recipe.data.image_size)
    assert context.shapes(recipe) == {name: tuple(weight.shape) for name, weight in model.state_dict().items()}


def test_the_description_counts_each_image_once(context: PlanningContext) -> None:
    described = context.described(context.experiment.baseline, 0)
    assert described["classes"] == ["a", "b"]
    assert np.sum(list(described["counts"].values()), axis=0).tolist() == [6, 6]


def test_the_fingerprints_are_those_of_the_data_at_each_size(context: PlanningContext) -> None:
    recipe = context.experiment.baseline
    assert context.fingerprints(recipe) == {8: context.dataset(recipe.data).fingerprint}
