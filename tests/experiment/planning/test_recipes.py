from __future__ import annotations

from pathlib import Path

import pytest
from small_experiment import SMALL, changed

from ablation.errors import UserError
from ablation.experiment.config.file import load
from ablation.experiment.planning.recipes import Recipes, patch_place
from ablation.recipe.merge import merged
from ablation.recipe.recipe import Recipe


def recipes_of(folder: Path, text: str = SMALL, **best: object) -> Recipes:
    (folder / "x.yaml").write_text(text)
    return Recipes(load(folder / "x.yaml"), "x.yaml", {"loss.gamma": 1.5} if best else {})


def test_a_subset_merges_its_patches_over_the_baseline(tmp_path: Path) -> None:
    recipes = recipes_of(tmp_path)
    patches = [{"loss": {"name": "focal"}}, {"schedule": {"name": "cosine"}}]
    settings = recipes[()].model_dump()
    for patch in patches:
        settings = merged(settings, patch)
    assert recipes["Focal loss", "Cosine"] == Recipe.model_validate(settings)
    assert recipes["Focal loss", "Cosine"] is recipes["Focal loss", "Cosine"]


def test_a_patch_that_needs_another_rung_is_refused_with_a_hint(tmp_path: Path) -> None:
    text = changed("patch: {augment: {name: basic}}", "patch: {loss: {gamma: 3}}")
    recipes = recipes_of(tmp_path, text)
    assert recipes["Focal loss", "Flips"].loss.model_dump()["gamma"] == 3
    with pytest.raises(UserError, match=r"rungs\[3\] \(Flips\)\.patch(?s:.*)requires: \[Focal loss\]") as caught:
        recipes[("Flips",)]
    assert patch_place(2, load(tmp_path / "x.yaml").rungs[2]) in str(caught.value)


def test_tuned_values_without_a_setting_are_listed(tmp_path: Path) -> None:
    recipes = recipes_of(tmp_path, SMALL, best=True)
    assert recipes.without_setting(("Wider",)) == ("loss.gamma",)
    assert recipes.without_setting(("Focal loss",)) == ()
