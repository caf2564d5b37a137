"""Plans for other modes than the ladder, and controls: what of them runs, under which addresses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from frozen_study import context_of
from small_experiment import SMALL, changed, write_experiment

from ablation.core.execute import execute
from ablation.errors import UserError
from ablation.experiment.config.file import load
from ablation.experiment.planning import context
from ablation.experiment.planning.plan import Plan
from ablation.experiment.planning.plan_format import dump_plan, load_plan
from ablation.experiment.planning.planner import make_plan
from ablation.experiment.planning.run_mode import FINAL, LADDER, RunMode
from ablation.experiment.store.content_store import ContentStore
from ablation.metrics.predictions import Predictions
from ablation.stage import PREDICTIONS, Workspace

CONTROL = changed("  - name: Views\n", "  - {name: Same, control: true}\n  - name: Views\n")


def planned(folder: Path, text: str = SMALL, mode: RunMode = LADDER, each: int = 6) -> Plan:
    file = write_experiment(folder, text, {"a": each, "b": each})
    return make_plan(context_of(load(file), folder), mode)


def predictions_of(plan: Plan, variant: str) -> list[str]:
    return [run.test for run in plan.runs_of(variant)]


def test_a_control_trains_what_the_row_above_it_trained(tmp_path: Path) -> None:
    plan = planned(tmp_path, CONTROL)
    for above, same in zip(plan.runs_of("+ Cosine"), plan.runs_of("+ Same"), strict=True):
        judged = {*above.needed} & {*same.needed}
        assert not judged
        assert [plan.stages[one].task for one in above.needed] == [plan.stages[one].task for one in same.needed]
        assert above.latencies == same.latencies
    assert plan.variant("+ Same").address != plan.variant("+ Cosine").address
    assert plan.chosen(["Same", "Views"]) == ("+ Same", "+ Views")
    assert load_plan(dump_plan(plan)) == plan


def test_a_control_moves_no_other_address(tmp_path: Path) -> None:
    plain, held = planned(tmp_path), planned(tmp_path, CONTROL)
    assert held.trainings == plain.trainings + 1
    assert [run for run in held.runs if run.variant != "+ Same"] == list(plain.runs)
    assert [each for each in held.variants if each.name != "+ Same"] == list(plain.variants)


def test_every_part_and_every_member_of_a_control_runs_again(tmp_path: Path) -> None:
    late = "{schedule: {name: cosine}, inference: {members: 2, ensemble_with: [Wider]}, train: {epochs: 2},"
    late += " phases: {late: {start: 1, patch: {loss: {label_smoothing: 0.1}}}}}"
    plan = planned(tmp_path, CONTROL.replace("{schedule: {name: cosine}}", late))
    above, same = plan.runs_of("+ Cosine")[0], plan.runs_of("+ Same")[0]
    assert len(plan.trainings_of(same)) == len(plan.trainings_of(above)) == 5
    assert set(above.needed).isdisjoint(same.needed)


def test_confirming_compares_the_two_ends_under_its_own_replicates(tmp_path: Path) -> None:
    plain, plan = planned(tmp_path, CONTROL), planned(tmp_path, CONTROL, RunMode("confirm", (7, 8, 9)))
    assert (plan.purpose, plan.judged_on, plan.replicates) == ("confirm", "test", 3)
    assert plan.ladder_rows == tuple(each.name for each in plan.variants) == ("baseline", f"+ {FINAL}")
    assert [run.replicate for run in plan.runs_of("baseline")] == [7, 8, 9]
    (rung,) = plan.rungs
    assert (rung.name, rung.control) == (FINAL, False)
    assert {*rung.differences} == {difference for each in plain.rungs for difference in each.differences}
    assert plan.variant(f"+ {FINAL}").recipe == plain.variant("+ Views").recipe
    assert plan.trainings == 2
    assert plan.chosen([FINAL]) == (f"+ {FINAL}",)
    assert load_plan(dump_plan(plan)) == plan


def test_the_same_replicates_have_the_same_addresses_whatever_they_are_for(tmp_path: Path) -> None:
    plain, plan = planned(tmp_path), planned(tmp_path, mode=RunMode("confirm", (1,)))
    assert predictions_of(plan, f"+ {FINAL}") == predictions_of(plain, "+ Views")[1:]
    assert planned(tmp_path, mode=RunMode(numbers=(1,))).runs == tuple(run for run in plain.runs if run.replicate == 1)


def test_each_purpose_has_its_own_parent_and_key(tmp_path: Path) -> None:
    modes = [LADDER, RunMode("confirm", (5, 6)), RunMode("calibrate", (5, 6), repeats=1)]
    plans = [planned(tmp_path, mode=mode) for mode in modes]
    assert len({plan.parent_key for plan in plans}) == len({plan.key for plan in plans}) == 3
    more = planned(tmp_path, mode=RunMode("confirm", (5, 6, 7)))
    assert more.parent_key == plans[1].parent_key
    assert more.key != plans[1].key


def test_calibrating_runs_the_first_of_the_baseline_again(tmp_path: Path) -> None:
    plan = planned(tmp_path, mode=RunMode("calibrate", (3, 4), repeats=2))
    assert plan.ladder_rows == ("baseline", f"+ {FINAL}")
    for name in ("baseline again", "baseline again, 2"):
        (run,) = plan.runs_of(name)
        assert run.replicate == 3
        assert set(run.needed).isdisjoint(plan.runs_of("baseline")[0].needed)
    assert [each.execution for each in plan.variants] == [0, 0, 1, 2]
    assert {each.variant for each in plan.design_points if each.design == "repeat"} == {
        "baseline again",
        "baseline again, 2",
    }


def test_without_a_rung_that_changes_anything_the_baseline_is_the_only_end(tmp_path: Path) -> None:
    text = SMALL[: SMALL.index("  - name")] + "  - {name: A, control: true}\n"
    plan = planned(tmp_path, text, RunMode("calibrate", (0, 1), repeats=1))
    assert (plan.ladder_rows, plan.rungs) == (("baseline",), ())
    assert [each.name for each in plan.variants] == ["baseline", "baseline again"]


def test_promises_of_the_whole_and_the_baseline_are_kept_and_those_of_some_rungs_not(tmp_path: Path) -> None:
    promises = "promises:\n  - {of: total, expect: 9}\n  - {of: baseline, expect: {level: 70}}\n"
    text = SMALL + promises + "  - {of: [Wider, Cosine], expect: 2}\n"
    plan = planned(tmp_path, text, RunMode("confirm", (0,)))
    assert [each.of for each in plan.promises] == [(FINAL,), ()]
    assert len(planned(tmp_path, text).promises) == 3


ASIDE = changed("image_size: 8", "image_size: 8, test_size: 0.5, confirm_size: 0.5")


def test_images_set_aside_are_predicted_by_confirming_alone(tmp_path: Path) -> None:
    text = ASIDE.replace("baseline:", "corruptions: [occlusion]\nbaseline:")
    plain, plan = (planned(tmp_path, text, mode, each=12) for mode in (LADDER, RunMode("confirm", (0,), "confirm")))
    assert {stage.task.get("split") for stage in plain.stages.values()} == {None, "val", "test"}
    assert {stage.task.get("split") for stage in plan.stages.values()} == {None, "val", "confirm"}
    assert plan.judged_on == "confirm"
    assert plan.dataset["counts"] == {"train": [5, 5], "val": [1, 1], "test": [3, 3], "confirm": [3, 3]}
    assert plan.runs_of("baseline")[0].train == plain.runs_of("baseline")[0].train


def test_confirming_on_images_that_were_never_set_aside_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"^x.yaml: baseline.data.confirm_size: no test images are set aside"):
        planned(tmp_path, mode=RunMode("confirm", (0,), "confirm"))


def test_a_rung_that_sets_other_images_aside_is_refused(tmp_path: Path) -> None:
    text = ASIDE.replace("{loss: {name: focal}}", "{data: {confirm_size: 0.25}}")
    with pytest.raises(UserError, match=r"data.confirm_size: \+ Focal loss sets aside other test images than baseline"):
        planned(tmp_path, text, each=12)


def test_a_ladder_that_ends_where_it_began_has_nothing_to_confirm(tmp_path: Path) -> None:
    text = SMALL[: SMALL.index("  - name")] + "  - {name: A, control: true}\n"
    with pytest.raises(UserError, match=r"^x.yaml: rungs: .* nothing to confirm"):
        planned(tmp_path, text, RunMode("confirm", (0, 1)))


@pytest.mark.parametrize("numbers", [[], [1, 1], [-1, 0]])
def test_numbers_that_name_no_replicates_are_refused(numbers: list[int]) -> None:
    with pytest.raises(ValueError, match="numbers of replicates"):
        RunMode("confirm", tuple(numbers))


def test_a_model_that_many_variants_share_is_built_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = []
    real = context.build_model
    monkeypatch.setattr(context, "build_model", lambda *asked: built.append(asked) or real(*asked))
    plan = planned(tmp_path, changed("leave_one_out", "full"))
    assert (len(plan.variants), len(built)) == (32, 2)


def predicted(plan: Plan, folder: Path) -> dict[str, Predictions]:
    """The predictions of all stages of a plan, done one after the other."""
    done: dict[str, Path] = {}
    for address, stage in plan.stages.items():
        if stage.kind != "latency":
            done[address] = folder / "done" / address
            scratch = folder / "scratch" / address
            for path in (done[address], scratch):
                path.mkdir(parents=True, exist_ok=True)
            inputs = {role: done[needed] for role, needed in stage.needs.items()}
            datasets = ContentStore(folder / "store").datasets
            execute(stage.kind, stage.task, Workspace(done[address], scratch, inputs, datasets, 1e9), lambda *_: None)
    kept = {address: path / PREDICTIONS for address, path in done.items()}
    return {address: Predictions.load(path) for address, path in kept.items() if path.exists()}


def test_a_control_comes_out_bit_identical(tmp_path: Path) -> None:
    text = SMALL[: SMALL.index("  - name")] + "  - {name: Same, control: true}\n"
    plan = planned(tmp_path, text.replace("replicates: 2", "replicates: 1"))
    found = predicted(plan, tmp_path)
    above, same = (found[plan.runs_of(name)[0].test] for name in ("baseline", "+ Same"))
    np.testing.assert_array_equal(above.probabilities, same.probabilities)


def test_the_images_set_aside_are_those_that_confirming_predicts(tmp_path: Path) -> None:
    text = ASIDE[: ASIDE.index("  - name: Focal")] + "designs: [ladder]\n"
    plans = [
        planned(tmp_path, text, mode, each=12) for mode in (RunMode(numbers=(0,)), RunMode("confirm", (0,), "confirm"))
    ]
    test, aside = (predicted(plan, tmp_path)[plan.runs_of("baseline")[0].test] for plan in plans)
    assert len(aside.ids) == len(test.ids) == 6
    assert not set(aside.ids) & set(test.ids)
