from __future__ import annotations

import functools
from pathlib import Path

import pytest
from small_experiment import SMALL, changed

from ablation.errors import UserError
from ablation.experiment.file import Experiment, load
from ablation.experiment.variants import Ladder, differences, resolve
from ablation.recipe.merge import merged
from ablation.recipe.recipe import Recipe

DIGITS = Path(__file__).parents[2] / "experiments" / "digits.yaml"


def experiment_of(folder: Path, text: str, *overrides: str) -> Experiment:
    file = folder / "x.yaml"
    file.write_text(text)
    return load(file, overrides)


def resolved(folder: Path, text: str, *overrides: str) -> Ladder:
    return resolve(experiment_of(folder, text, *overrides), "x.yaml")


def trained_part(recipe: Recipe) -> str:
    return recipe.model_dump_json(exclude={"inference"})


@pytest.mark.parametrize("small", [True, False])
def test_five_rungs_with_inference_last_ask_for_eleven_variants_and_eight_trainings(
    tmp_path: Path, small: bool
) -> None:
    ladder = resolve(experiment_of(tmp_path, SMALL) if small else load(DIGITS))
    assert ladder.requested == 11
    assert len(ladder.variants) == 10
    assert len({trained_part(variant.recipe) for variant in ladder.variants}) == 8


def test_a_variant_that_two_designs_ask_for_is_one() -> None:
    ladder = resolve(load(DIGITS))
    assert ladder.left_out["Test-time augmentation"] == "+ OneCycle"
    shared = next(variant for variant in ladder.variants if variant.name == "+ OneCycle")
    assert shared.designs == ("ladder", "leave_one_out")


def test_every_variant_is_the_baseline_with_its_patches_merged_in_order(tmp_path: Path) -> None:
    experiment = experiment_of(tmp_path, SMALL)
    patches = {rung.name: rung.patch for rung in experiment.rungs}
    for variant in resolve(experiment).variants:
        steps = (patches[name] for name in variant.rungs)
        whole = functools.reduce(
            lambda recipe, patch: Recipe.model_validate(merged(recipe.model_dump(), patch)), steps, experiment.baseline
        )
        assert variant.recipe == whole


def test_rows_are_the_ladders_in_order() -> None:
    assert resolve(load(DIGITS)).rows == (
        "baseline",
        "+ ResNet-18",
        "+ Focal loss",
        "+ Enhanced augmentation",
        "+ OneCycle",
        "+ Test-time augmentation",
    )


def test_differences_name_what_is_new_what_is_gone_and_what_is_other() -> None:
    old, new = (Recipe.model_validate({"data": "digits", "loss": loss}) for loss in ("focal", "cross_entropy"))
    assert differences(old, new) == (
        ("loss.name", "focal", "cross_entropy"),
        ("loss.gamma", "2.0", None),
        ("loss.alpha", "1.0", None),
    )
    assert differences(old, old) == ()


def test_a_rung_that_requires_another_leaves_with_it(tmp_path: Path) -> None:
    ladder = resolved(tmp_path, changed("name: Flips\n", "name: Flips\n    requires: [Wider, Focal loss]\n"))
    rungs = {variant.name: variant.rungs for variant in ladder.variants}
    assert rungs["all but Focal loss"] == ("Wider", "Cosine", "Views")
    assert rungs["all but Wider"] == ("Focal loss", "Cosine", "Views")


def test_a_rung_that_later_ones_cover_is_reported_as_masked(tmp_path: Path) -> None:
    ladder = resolved(tmp_path, changed("{schedule: {name: cosine}}", "{model: {backbone: {width: 4}}}"))
    assert "Cosine overrides Wider in model.backbone.width" in ladder.notices
    assert any(notice.startswith("Wider is masked") for notice in ladder.notices)
    assert ladder.left_out["Wider"] == "+ Views"


def test_rungs_that_keep_out_of_each_others_way_give_no_notice(tmp_path: Path) -> None:
    assert resolved(tmp_path, SMALL).notices == ()


def test_a_rung_that_changes_nothing_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^x.yaml: rungs\[2\] \(Focal loss\).patch: changes nothing"):
        resolved(tmp_path, changed("{loss: {name: focal}}", "{loss: {name: cross_entropy}}"))


def test_a_rung_that_set_makes_void_is_dropped_with_a_notice(tmp_path: Path) -> None:
    ladder = resolved(tmp_path, SMALL, "loss.name=focal")
    assert [rung.name for rung in ladder.rungs] == ["Wider", "Flips", "Cosine", "Views"]
    assert ladder.notices == ("Focal loss is dropped: --set leaves it nothing to change",)
    assert ladder.requested == 9


def test_set_that_makes_every_rung_void_is_refused(tmp_path: Path) -> None:
    text = SMALL[: SMALL.index("  - name: Focal loss")]
    with pytest.raises(UserError, match="no rung is left"):
        resolved(tmp_path, text, "model.backbone.width=3")


def test_a_requirement_of_a_rung_that_set_dropped_is_no_hindrance(tmp_path: Path) -> None:
    text = changed("name: Flips\n", "name: Flips\n    requires: [Focal loss]\n")
    ladder = resolved(tmp_path, text, "loss.name=focal")
    assert "all but Flips" in {variant.name for variant in ladder.variants}


def test_a_patch_that_does_not_fit_is_told_with_its_rung_and_its_setting(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"^x.yaml: rungs\[2\] \(Focal loss\).patch.loss.gamma: must be 0 or more, not -1$"
    ):
        resolved(tmp_path, changed("{loss: {name: focal}}", "{loss: {name: focal, gamma: -1}}"))
