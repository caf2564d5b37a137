"""Plans with frozen studies: the row that takes the best of one, and every variant at the best of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from frozen_study import context_of, frozen
from small_experiment import SMALL, write_experiment

from ablation.analysis.verdict.tuning import study_behind
from ablation.errors import UserError
from ablation.experiment.config.file import load
from ablation.experiment.planning.plan import Plan
from ablation.experiment.planning.plan_format import dump_plan, load_plan
from ablation.experiment.planning.planner import make_plan
from ablation.experiment.planning.run_mode import FINAL, LADDER, RunMode
from ablation.experiment.planning.tuned import Tuned
from ablation.experiment.planning.tuned_ladder import rungs_needed
from ablation.experiment.search.studies import studies_of_each, study_of
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.tuned_store import load_all_tuned, load_tuned
from ablation.invocation import TUNE, Remedy

NAME = "Final tuning"
SPACE = {
    "optimizer.lr": {"low": 1e-5, "high": 0.1, "log": True},
    "loss.gamma": {"low": 0.0, "high": 5.0},
}
CONTROLLED = SMALL.replace("  - name: Flips\n", "  - {name: Same, control: true}\n  - name: Flips\n")
CONTROLLED = CONTROLLED.replace("replicates: 2", "replicates: 1")
LADDER_ALONE = CONTROLLED.replace(", leave_one_out", "")
BEST = {"optimizer.lr": 0.01, "loss.gamma": 3.5}


def told(small: str = LADDER_ALONE, tune: Mapping[str, Any] | None = None, tuned: bool = True) -> str:
    rung = f"  - {{name: {NAME}, tuned: true}}\n" if tuned else ""
    return small.replace("designs:", f"{rung}designs:") + f"tune: {json.dumps({'space': SPACE} | dict(tune or {}))}\n"


class Folder:
    """A folder with an experiment file, and what is done with it."""

    def __init__(self, folder: Path, text: str) -> None:
        self.folder = folder
        self.write(text)

    def write(self, text: str) -> None:
        self.experiment = load(write_experiment(self.folder, text))
        self.context = context_of(self.experiment, self.folder)

    def plan(self, mode: RunMode = LADDER, untuned: bool = False) -> Plan:
        return make_plan(self.context, mode, untuned)

    def tune(self, values: Mapping[str, Any], row: str | None = None) -> Tuned:
        return frozen(study_of(self.experiment, self.context, row).plan, values, self.context.store)

    def tune_each(self, values: Mapping[str, Any], count: int | None = None, trials: int = 8) -> list[Tuned]:
        studies = studies_of_each(self.experiment, self.context)[:count]
        return [
            frozen(study.plan, {path: value for path, value in values.items() if path in study.own}, store, trials)
            for study in studies
            for store in [self.context.store]
        ]


@pytest.fixture
def at(tmp_path: Path) -> Folder:
    return Folder(tmp_path, told())


@pytest.fixture
def out(tmp_path: Path) -> Folder:
    """With a design that leaves rungs out."""
    return Folder(tmp_path, told(CONTROLLED))


def setting(plan: Plan, variant: str, path: str) -> Any:
    node: Any = plan.variant(variant).recipe
    for key in path.split("."):
        node = node.get(key)
    return node


def notices(plan: Plan, about: str) -> list[str]:
    return [each for each in plan.notices if about in each]


def test_a_frozen_study_is_kept_whole_and_replaced_by_a_later_one(at: Folder) -> None:
    first = at.tune(BEST)
    store = at.context.store
    assert load_tuned(first.definition, False, store) == first
    assert load_tuned(first.definition, True, store) is None
    second = at.tune({"optimizer.lr": 0.02})
    assert load_all_tuned(store) == (second,)
    assert load_all_tuned(ContentStore(at.folder / "elsewhere")) == ()


def test_a_best_says_which_rungs_it_could_not_stand_without(at: Folder) -> None:
    assert rungs_needed(at.experiment, BEST, "x.yaml") == ("Focal loss",)
    assert rungs_needed(at.experiment, {"optimizer.lr": 0.01}, "x.yaml") == ()


def test_a_study_with_more_trials_is_not_replaced_by_one_with_fewer(at: Folder) -> None:
    plan = study_of(at.experiment, at.context).plan
    more = frozen(plan, BEST, at.context.store, trials=40)
    frozen(plan, {"optimizer.lr": 0.02}, at.context.store, trials=1)
    assert load_tuned(plan.definition, False, at.context.store) == more


def test_a_recipe_that_was_tuned_as_another_is_not_confirmed_by_mistake(at: Folder) -> None:
    at.tune(BEST)
    at.write(told(tune={"space": {"optimizer.lr": SPACE["optimizer.lr"]}}))
    assert at.plan().unplanned == (NAME,), "the ladder runs without the row, and says so"
    with pytest.raises(UserError, match="not clear which settings are to be confirmed"):
        at.plan(RunMode("confirm", (7, 8)))


def test_some_studies_of_each_are_not_confirmed_by_mistake(at: Folder) -> None:
    at.tune_each(BEST, count=2)
    with pytest.raises(UserError, match="--untuned"):
        at.plan(RunMode("confirm", (7, 8)))
    assert at.plan(RunMode("confirm", (7, 8)), untuned=True).variants


def test_studies_of_each_by_different_samplers_are_not_compared(at: Folder) -> None:
    at.tune_each(BEST, count=2)
    at.write(told(tune={"sampler": "random"}))
    studies = studies_of_each(at.experiment, at.context)
    for study in studies[2:]:
        frozen(study.plan, {"optimizer.lr": 0.01}, at.context.store)
    plan = at.plan()
    assert plan.tuned == ()
    assert notices(plan, "different samplers or pruners")


def test_before_it_is_tuned_the_rung_is_unplanned_and_nothing_else_changes(at: Folder, tmp_path: Path) -> None:
    plan = at.plan()
    assert plan.unplanned == (NAME,)
    assert plan.tuned == ()
    assert [rung.name for rung in plan.rungs] == ["Wider", "Focal loss", "Same", "Flips", "Cosine", "Views"]
    assert plan.declared_rungs == (*(rung.name for rung in plan.rungs), NAME)
    text = f"{NAME} takes the best of a study, which is not there yet"
    assert notices(plan, NAME) == [text]
    assert plan.remedy == TUNE
    at.write(told(tuned=False))
    without = at.plan()
    assert (without.runs, without.variants, without.stages) == (plan.runs, plan.variants, plan.stages)
    assert without.unplanned == ()


def test_once_tuned_the_rung_adds_its_row_and_moves_no_other(at: Folder) -> None:
    before = at.plan()
    best = at.tune(BEST)
    plan = at.plan()
    assert (plan.unplanned, plan.tuned, plan.ladder_rows[:-1]) == ((), (best,), before.ladder_rows)
    assert plan.full_row == plan.ladder_rows[-1] == f"+ {NAME}"
    assert plan.rungs[-1].differences == (("loss.gamma", "2.0", "3.5"), ("optimizer.lr", "0.001", "0.01"))
    assert [run for run in plan.runs if run.variant in before.ladder_rows] == [
        run for run in before.runs if run.variant in before.ladder_rows
    ]
    assert plan.declared_rungs == before.declared_rungs
    assert plan.key != before.key
    assert plan.parent_key == before.parent_key
    assert load_plan(dump_plan(plan)) == plan


def test_the_tuned_row_is_what_the_best_trial_trained(at: Folder) -> None:
    study = study_of(at.experiment, at.context)
    at.tune(BEST)
    for run in at.plan().runs_of(f"+ {NAME}"):
        found = study.tryouts(BEST, run.replicate)
        assert (found.train, found.val) == (run.train, run.val)


def test_the_tuned_row_of_an_ensemble_is_what_the_best_trial_trained_too(tmp_path: Path) -> None:
    views = "{inference: {ensemble_with: [Focal loss, Cosine]}}"
    at = Folder(tmp_path, told().replace("{inference: {tta: [identity, hflip]}}", views))
    study = study_of(at.experiment, at.context)
    at.tune(BEST)
    plan = at.plan()
    (run,) = plan.runs_of(f"+ {NAME}")
    found = study.tryouts(BEST, 0)
    assert (found.train, found.val) == (run.train, run.val)
    assert sum(stage.kind == "train" for stage in found.stages.values()) == 2


def test_trials_stand_at_the_variants_that_took_the_values(out: Folder) -> None:
    out.tune(BEST)
    plan = out.plan()
    tuned = {variant.name for variant in plan.variants if variant.trials}
    assert {variant.trials for variant in plan.variants if variant.trials} == {8}
    assert tuned == {variant.name for variant in plan.variants if NAME in variant.rungs}
    assert f"+ {NAME}" in tuned
    assert plan.left_out[NAME] == "+ Views"


def test_a_value_is_left_out_where_a_variant_has_no_such_setting(out: Folder) -> None:
    out.tune(BEST)
    plan = out.plan()
    (notice,) = notices(plan, "used without")
    assert notice == (f"{NAME} is used without loss.gamma in all but Focal loss: there is no such setting there")
    assert setting(plan, "all but Focal loss", "optimizer.lr") == 0.01
    assert "gamma" not in plan.variant("all but Focal loss").recipe["loss"]
    assert setting(plan, "all but Wider", "loss.gamma") == 3.5


def test_a_component_that_was_tuned_brings_its_settings_to_every_variant(tmp_path: Path) -> None:
    space = SPACE | {"loss": {"choices": ["cross_entropy", "focal"]}}
    at = Folder(tmp_path, told(CONTROLLED, {"space": space}))
    at.tune({"loss": "focal", **BEST})
    plan = at.plan()
    assert notices(plan, "used without") == []
    assert plan.left_out["Focal loss"] == plan.full_row  # tuning chose the focal loss once more


def test_a_changed_recipe_or_space_makes_the_rung_wait_again(at: Folder) -> None:
    at.tune(BEST)
    for text in (told().replace("epochs: 1", "epochs: 2"), told(tune={"replicates": 2})):
        at.write(text)
        plan = at.plan()
        assert (plan.unplanned, plan.tuned) == ((NAME,), ())
        (notice,) = notices(plan, NAME)
        assert "there is one of + Views, but the recipe, the data or the space changed since" in notice
        definition = study_of(at.experiment, at.context).plan.definition
        assert plan.remedy == Remedy("tune", ("--study", definition[:8]))
    at.write(told(tune={"trials": 99, "sampler": "random", "study": "more"}))
    assert at.plan().unplanned == ()


def test_a_study_of_another_row_is_of_no_use_to_the_rung(at: Folder) -> None:
    at.tune({"optimizer.lr": 0.01}, "baseline")
    assert at.plan().unplanned == (NAME,)


def test_where_the_recipes_own_values_were_best_there_is_no_row(at: Folder) -> None:
    best = at.tune({"optimizer.lr": 0.001, "loss.gamma": 2.0})
    plan = at.plan()
    assert notices(plan, NAME) == [f"{NAME} is left out: its study found nothing better than the recipe's own values"]
    assert (plan.unplanned, plan.tuned, plan.full_row) == ((), (best,), "+ Views")
    assert plan.declared_rungs[-1] == NAME
    assert not any(variant.trials for variant in plan.variants)


def test_a_tuned_rung_may_be_the_only_one(tmp_path: Path) -> None:
    at = Folder(tmp_path, told(SMALL[: SMALL.index("  - name")] + "designs: [ladder]\n", {"space": {}}))
    plan = at.plan()
    assert (plan.ladder_rows, plan.unplanned) == (("baseline",), (NAME,))
    at.tune({"optimizer.lr": 0.01})
    assert at.plan().ladder_rows == ("baseline", f"+ {NAME}")


@pytest.mark.parametrize("mode", [RunMode("confirm", (7, 8)), RunMode("calibrate", (7, 8), repeats=1)])
def test_the_tuned_row_is_the_one_that_is_confirmed(at: Folder, mode: RunMode) -> None:
    before = at.plan(mode)
    assert setting(before, f"+ {FINAL}", "optimizer.lr") == 0.001
    at.tune(BEST)
    plan = at.plan(mode)
    assert setting(plan, f"+ {FINAL}", "optimizer.lr") == 0.01
    assert plan.variant(f"+ {FINAL}").trials == 8
    assert plan.key != before.key
    assert plan.declared_rungs == ()


def test_a_wrong_space_is_reported_by_the_plan(tmp_path: Path) -> None:
    at = Folder(tmp_path, told(tune={"space": {"optimizer.lrr": {"low": 0.1, "high": 1.0}}}, tuned=False))
    with pytest.raises(UserError, match=r"x.yaml: tune.space: no setting 'optimizer.lrr'"):
        at.plan()


EACH_NOTICE = "every variant has the best settings of its own study of 8 trials; --untuned runs the file's own"


def test_every_variant_takes_the_best_of_its_own_study(at: Folder) -> None:
    before = at.plan()
    bests = at.tune_each(BEST)
    plan = at.plan()
    assert EACH_NOTICE in plan.notices
    assert plan.tuned == tuple(bests)
    assert [each.name for each in plan.variants] == [each.name for each in before.variants]
    assert {variant.trials for variant in plan.variants} == {8}
    assert {setting(plan, variant.name, "optimizer.lr") for variant in plan.variants} == {0.01}
    assert setting(plan, "+ Focal loss", "loss.gamma") == 3.5
    assert not {run.train for run in plan.runs} & {run.train for run in before.runs}
    assert plan.key != before.key
    assert load_plan(dump_plan(plan)) == plan


def test_a_control_repeats_the_tuned_recipe_of_the_row_above_it(at: Folder) -> None:
    at.tune_each(BEST)
    plan = at.plan()
    above, same = plan.variant("+ Focal loss"), plan.variant("+ Same")
    assert same.recipe == above.recipe
    assert (same.execution, same.trials) == (1, 8)
    assert not {*plan.runs_of("+ Same")[0].needed} & {*plan.runs_of("+ Focal loss")[0].needed}


def test_rungs_tell_what_differs_between_tuned_rows(at: Folder) -> None:
    studies = studies_of_each(at.experiment, at.context)
    for number, study in enumerate(studies, start=1):
        frozen(study.plan, {"optimizer.lr": number / 100}, at.context.store)
    plan = at.plan()
    assert ("optimizer.lr", "0.02", "0.03") in plan.rungs[1].differences
    assert ("loss.name", "cross_entropy", "focal") in plan.rungs[1].differences
    assert plan.rungs[2].differences == ()
    assert ("optimizer.lr", "0.03", "0.04") in plan.rungs[3].differences


def test_a_tuned_rung_is_left_out_where_every_variant_is_tuned(at: Folder) -> None:
    at.tune(BEST)
    at.tune_each({"optimizer.lr": 0.02})
    plan = at.plan()
    assert (plan.full_row, plan.unplanned) == ("+ Views", ())
    assert notices(plan, NAME) == [f"{NAME} is left out, as every variant is tuned by a study of its own"]
    untuned = at.plan(untuned=True)
    assert untuned.full_row == f"+ {NAME}"
    assert setting(untuned, "baseline", "optimizer.lr") == 0.001
    assert not notices(untuned, "study of its own")


def test_none_is_used_until_every_variant_has_one_of_as_many_trials(at: Folder) -> None:
    plain = at.plan()
    at.tune_each(BEST, count=3)
    some = at.plan()
    (notice,) = notices(some, "none is used")
    assert notice == "3 of 6 variants have a study of their own as the file is now, and none is used until all have one"
    assert some.remedy == Remedy("tune", ("--each", "--trials", "8"))
    assert (some.runs, some.key) == (plain.runs, plain.key)
    at.tune_each(BEST)
    at.tune_each(BEST, count=1, trials=9)
    unequal = at.plan()
    (notice,) = notices(unequal, "none is used")
    assert notice == "the variants' own studies had 8 to 9 trials, and none is used until all had as many"
    assert unequal.remedy == Remedy("tune", ("--each", "--trials", "9"))
    assert unequal.runs == plain.runs


def test_each_variants_study_is_of_no_use_once_the_file_changed(at: Folder) -> None:
    at.tune_each(BEST)
    at.write(told().replace("epochs: 1", "epochs: 2"))
    plan = at.plan()
    assert notices(plan, "none is used")[0].startswith("0 of 6 variants")
    definition = studies_of_each(at.experiment, at.context)[0].plan.definition
    assert plan.remedy == Remedy("tune", ("--each", "--study", definition[:8])), "the old studies keep their names"


def test_a_study_stays_a_rows_own_when_its_rung_is_renamed(at: Folder) -> None:
    at.write(told(tuned=False))
    at.tune_each(BEST)
    at.write(told(tuned=False).replace("name: Flips", "name: Mirrors"))
    plan = at.plan()
    row = next(variant.name for variant in plan.variants if variant.rungs[-1:] == ("Mirrors",))
    assert study_behind(plan, row) == next(each for each in plan.tuned if each.row == row)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (SMALL.replace("fixed_test", "resampled"), "protocol: resampled"),
        (
            LADDER_ALONE.replace("schedule: {name: cosine}", "schedule: {name: cosine}, optimizer: {lr: 1.0}").replace(
                "tta: [identity, hflip]}", "tta: [identity, hflip]}, optimizer: {lr: 0.01}"
            )
            + f"tune: {json.dumps({'space': SPACE})}\n",
            "the row's own value, 1, lies outside",
        ),
    ],
)
def test_a_file_that_can_no_longer_be_tuned_runs_without_the_studies_it_had(
    at: Folder, changed: str, reason: str
) -> None:
    at.write(told(tuned=False))
    at.tune_each(BEST)
    at.write(changed)
    plan = at.plan()
    assert plan.tuned == ()
    assert "cannot be tuned now" in notices(plan, reason)[0]


def test_two_variants_may_come_to_one_recipe(tmp_path: Path) -> None:
    rungs = "  - {name: Faster, patch: {optimizer: {lr: 0.01}}}\n  - {name: Flips, patch: {augment: {name: basic}}}\n"
    at = Folder(tmp_path, told(SMALL[: SMALL.index("  - name")] + rungs + "designs: [ladder]\n", {"space": {}}, False))
    at.tune_each({"optimizer.lr": 0.02})
    plan = at.plan()
    first, second = (plan.variant(name) for name in plan.ladder_rows[:2])
    assert first.recipe == second.recipe
    assert first.address != second.address
    assert [run.needed for run in plan.runs_of("baseline")] == [run.needed for run in plan.runs_of("+ Faster")]
    assert plan.rungs[0].differences == ()


def test_another_experiments_studies_are_not_this_ones(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = Folder(tmp_path / "one", told())
    two = Folder(tmp_path / "two", told().replace("name: small\n", "name: other\n").replace("epochs: 1", "epochs: 2"))
    one.tune_each(BEST)
    one.tune(BEST)
    shutil.copytree(one.context.store.root / "studies", two.context.store.root / "studies")
    plan = two.plan()
    assert not notices(plan, "--each")
    assert "which is not there yet" in notices(plan, NAME)[0]
