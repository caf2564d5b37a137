from __future__ import annotations

import functools
from pathlib import Path

import pytest
from small_experiment import SMALL, changed

from ablation.errors import UserError
from ablation.experiment.config.file import Experiment, load
from ablation.experiment.planning.variants import Ladder, recipe_differences, resolve
from ablation.recipe.merge import merged
from ablation.recipe.recipe import Recipe

DIGITS = Path(__file__).parents[3] / "experiments" / "digits.yaml"


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
    assert len(ladder.design_points) == 11
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
    assert recipe_differences(old, new) == (
        ("loss.name", "focal", "cross_entropy"),
        ("loss.gamma", "2.0", None),
        ("loss.alpha", "1.0", None),
    )
    assert recipe_differences(old, old) == ()


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
    assert len(ladder.design_points) == 9


def test_set_that_makes_every_rung_void_is_refused(tmp_path: Path) -> None:
    text = SMALL[: SMALL.index("  - name: Focal loss")]
    with pytest.raises(UserError, match="no rung is left"):
        resolved(tmp_path, text, "model.backbone.width=3")


def test_a_requirement_of_a_rung_that_set_dropped_is_no_hindrance(tmp_path: Path) -> None:
    text = changed("name: Flips\n", "name: Flips\n    requires: [Focal loss]\n")
    ladder = resolved(tmp_path, text, "loss.name=focal")
    assert "all but Flips" in {variant.name for variant in ladder.variants}


def test_a_patch_that_does_not_fit_is_reported_with_its_rung_and_its_setting(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"^x.yaml: rungs\[2\] \(Focal loss\).patch.loss.gamma: must be 0 or more, not -1$"
    ):
        resolved(tmp_path, changed("{loss: {name: focal}}", "{loss: {name: focal, gamma: -1}}"))


CONTROLS = changed("rungs:\n", "rungs:\n  - {name: First, control: true}\n").replace(
    "  - name: Flips\n", "  - {name: Second, control: true}\n  - name: Flips\n"
)


def test_a_control_is_a_row_with_a_variant_of_its_own(tmp_path: Path) -> None:
    ladder = resolved(tmp_path, CONTROLS)
    assert ladder.rows[:5] == ("baseline", "+ First", "+ Wider", "+ Focal loss", "+ Second")
    assert [(rung.name, rung.control) for rung in ladder.rungs][:4] == [
        ("First", True),
        ("Wider", False),
        ("Focal loss", False),
        ("Second", True),
    ]
    known = {variant.name: variant for variant in ladder.variants}
    for control, row, execution in (("+ First", "baseline", 1), ("+ Second", "+ Focal loss", 2)):
        assert known[control].content == (*known[row].content[:2], execution)
        assert known[control].rungs == (*known[row].rungs, control.removeprefix("+ "))


def test_controls_leave_all_else_as_it_is_without_them(tmp_path: Path) -> None:
    designs = "designs: [ladder, both_ends, factorial]"
    plain, held = (
        resolved(tmp_path, text.replace("designs: [ladder, leave_one_out]", designs)) for text in (SMALL, CONTROLS)
    )
    assert [each for each in held.variants if not each.execution] == list(plain.variants)
    assert [each for each in held.design_points if each.variant not in ("+ First", "+ Second")] == list(
        plain.design_points
    )
    assert (held.left_out, held.notices, len(held.design_points)) == (
        plain.left_out,
        plain.notices,
        len(plain.design_points) + 2,
    )


def test_a_ladder_of_controls_alone_is_one(tmp_path: Path) -> None:
    text = SMALL[: SMALL.index("  - name")] + "  - {name: A, control: true}\n  - {name: B, control: true}\n"
    ladder = resolved(tmp_path, text + "designs: [ladder, full]\n")
    assert [(variant.name, variant.execution) for variant in ladder.variants] == [
        ("baseline", 0),
        ("+ A", 1),
        ("+ B", 2),
    ]


@pytest.mark.parametrize(
    ("designs", "requested", "distinct"),
    [("one_at_a_time", 11, 10), ("both_ends", 16, 14), ("factorial", 22, 19), ("full", 38, 32)],
)
def test_designs_share_with_the_ladder_what_is_equal(
    tmp_path: Path, designs: str, requested: int, distinct: int
) -> None:
    ladder = resolved(tmp_path, changed("leave_one_out", designs))
    assert (len(ladder.design_points), len(ladder.variants)) == (requested, distinct)
    assert len({variant.content for variant in ladder.variants}) == len({each.name for each in ladder.variants})
    contents = {variant.name: set(variant.rungs) for variant in ladder.variants}
    assert all(contents[each.variant] == set(each.rungs) for each in ladder.design_points)


@pytest.mark.parametrize("designs", ["both_ends", "full"])
def test_what_other_designs_leave_out_is_known_too(tmp_path: Path, designs: str) -> None:
    found = resolved(tmp_path, changed("leave_one_out", designs)).left_out
    assert found == resolved(tmp_path, SMALL).left_out
    assert resolved(tmp_path, changed("leave_one_out", "one_at_a_time")).left_out == {}


def test_the_ladder_names_what_another_design_asks_for_first(tmp_path: Path) -> None:
    ladder = resolved(tmp_path, changed("[ladder, leave_one_out]", "[full, ladder]"))
    assert ladder.rows == resolved(tmp_path, SMALL).rows


def test_a_rung_that_does_nothing_alone_is_reported(tmp_path: Path) -> None:
    text = changed("{inference: {tta: [identity, hflip]}}", "{inference: {ensemble_with: [baseline]}}")
    ladder = resolved(tmp_path, text.replace("leave_one_out", "both_ends"))
    assert "Views alone changes nothing: it acts on top of other rungs only" in ladder.notices


def test_a_patch_that_builds_on_an_earlier_rung_must_require_it(tmp_path: Path) -> None:
    text = changed("{augment: {name: basic}}", "{loss: {gamma: 3.0}}")
    with pytest.raises(
        UserError, match=r"rungs\[3\] \(Flips\).patch.*\n.*without Focal loss; .* requires: \[Focal loss\]"
    ):
        resolved(tmp_path, text)
    assert resolved(tmp_path, text.replace("name: Flips\n", "name: Flips\n    requires: [Focal loss]\n"))


def test_a_design_that_the_rungs_do_not_allow_is_refused_in_its_file(tmp_path: Path) -> None:
    text = changed("name: Flips\n", "name: Flips\n    requires: [Wider]\n").replace("leave_one_out", "full")
    with pytest.raises(UserError, match=r"^x.yaml: designs: full needs rungs that can be switched on alone"):
        resolved(tmp_path, text)


def test_two_variants_of_one_name_are_refused(tmp_path: Path) -> None:
    text = SMALL.replace("Focal loss", "A").replace("Flips", "B").replace("Wider", "A + B").replace("Cosine", "C")
    text = text.replace("Views", "B + C").replace("leave_one_out", "full")
    with pytest.raises(UserError, match=r"rungs: two variants would be called 'A \+ B \+ C'"):
        resolved(tmp_path, text)
