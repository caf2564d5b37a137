from __future__ import annotations

from ablation.experiment.config.plain_settings import as_written
from ablation.recipe.loss.focal import Focal
from ablation.recipe.recipe import Recipe


def test_components_keep_their_names_and_lose_their_defaults() -> None:
    assert as_written(Focal(gamma=3.0)) == {"name": "focal", "gamma": 3.0}
    assert as_written({"loss": (Focal(), 1)}) == {"loss": [{"name": "focal"}, 1]}


def test_a_recipe_comes_back() -> None:
    recipe = Recipe.model_validate({"data": "digits", "loss": Focal(gamma=1.0), "train": {"epochs": 3}})
    written = as_written(recipe)
    assert written == {"data": {"source": "digits"}, "loss": {"name": "focal", "gamma": 1.0}, "train": {"epochs": 3}}
    assert Recipe.model_validate(written) == recipe
