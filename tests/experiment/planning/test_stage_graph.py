"""Which stages variants need: parts of trainings, members, averages, adjustments, corrupted images."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from small_experiment import SMALL, write_experiment

import ablation
from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan, Run
from ablation.experiment.planning.plan_format import dump_plan, load_plan
from ablation.stage import Stage
from ablation.workflow.planning import plan_of as make_plan_of

HEAD = SMALL[: SMALL.index("rungs:")].replace("replicates: 2", "replicates: 1").replace("epochs: 1", "epochs: 4")


def planned(folder: Path, *rungs: dict[str, object], head: str = HEAD, designs: str = "[ladder]") -> Plan:
    """The plan of a ladder of patches, each a rung named by its number."""
    listed = [{"name": f"rung {number}", "patch": patch} for number, patch in enumerate(rungs, 1)]
    file = write_experiment(folder, f"{head}rungs: {json.dumps(listed)}\ndesigns: {designs}\n")
    return make_plan_of(file, options=ablation.Options(root=folder / "store", device="cpu"))


def run_of(plan: Plan, row: int) -> Run:
    return plan.runs_of(plan.ladder_rows[row])[0]


def stages_of(plan: Plan, row: int) -> list[Stage]:
    return [plan.stages[address] for address in run_of(plan, row).needed]


def new_kinds(plan: Plan, row: int) -> Counter[str]:
    """The kinds of the stages that a row needs beyond those of the rows above it."""
    known = {address for above in range(row) for address in run_of(plan, above).needed}
    return Counter(plan.stages[address].kind for address in run_of(plan, row).needed if address not in known)


LATE = {"phases": {"late": {"start": 2, "patch": {"loss": {"label_smoothing": 0.1}}}}}


def test_two_rungs_that_share_the_first_phase_train_it_once(tmp_path: Path) -> None:
    other = {"phases": {"late": {"patch": {"loss": {"label_smoothing": 0.2}}}}}
    plan = planned(tmp_path, LATE, other)
    one, two = run_of(plan, 1), run_of(plan, 2)
    assert len(one.parts) == len(two.parts) == 2
    assert one.parts[0] == two.parts[0]
    assert one.parts[1] != two.parts[1]
    first, second = (plan.stages[address] for address in one.parts)
    assert second.needs == {"state": first.address}
    assert (first.task["recipe"]["train"]["epochs"], first.task["recipe"]["phases"]) == (2, {})
    assert first.work == second.work > 0


def test_a_longer_training_shares_the_first_phase_too_unless_the_schedule_spans_all(tmp_path: Path) -> None:
    for name, schedule, shared in (("anew", {}, True), ("over all", {"schedule": {"span": "all"}}, False)):
        (tmp_path / name).mkdir()
        plan = planned(tmp_path / name, LATE | schedule, {"train": {"epochs": 6}})
        assert (run_of(plan, 1).parts[0] == run_of(plan, 2).parts[0]) == shared


def test_a_phase_on_a_condition_cuts_nothing(tmp_path: Path) -> None:
    start = {"epoch": 2, "above": 50}
    plan = planned(tmp_path, {"phases": {"late": {"start": start, "patch": {"loss": {"label_smoothing": 0.1}}}}})
    assert len(run_of(plan, 1).parts) == 1


def test_a_larger_image_in_a_phase_brings_its_own_decoded_data(tmp_path: Path) -> None:
    plan = planned(tmp_path, {"phases": {"large": {"start": 2, "patch": {"data": {"image_size": 12}}}}})
    first, second = (plan.stages[address].task["fingerprints"] for address in run_of(plan, 1).parts)
    assert (set(first), set(second)) == ({"8"}, {"8", "12"})
    latency = plan.stages[run_of(plan, 1).latencies[0]]
    assert latency.task["recipe"]["data"]["image_size"] == 12


def test_an_ensemble_of_rows_trains_nothing_and_predicts_nothing_anew(tmp_path: Path) -> None:
    plan = planned(tmp_path, {"loss": {"name": "focal"}}, {"inference": {"ensemble_with": ["baseline", "rung 1"]}})
    assert new_kinds(plan, 2) == {"average": 2}
    test = plan.stages[run_of(plan, 2).test]
    assert list(test.needs.values()) == [run_of(plan, 1).test, run_of(plan, 0).test]
    assert len(run_of(plan, 2).latencies) == 2


def test_a_row_that_an_ensemble_names_lacks_what_is_left_out(tmp_path: Path) -> None:
    plan = planned(
        tmp_path,
        {"loss": {"name": "focal"}},
        {"schedule": {"name": "cosine"}},
        {"inference": {"ensemble_with": ["rung 1"]}},
        designs="[ladder, leave_one_out]",
    )
    without_focal = plan.runs_of(plan.left_out["rung 1"])[0]
    trainings = [plan.stages[address].task["recipe"] for address in plan.trainings_of(without_focal)]
    assert [(each["loss"]["name"], each["schedule"]["name"]) for each in trainings] == [
        ("cross_entropy", "cosine"),
        ("cross_entropy", "constant"),
    ]


def test_members_have_streams_of_their_own_and_the_first_is_the_training_there_is_anyway(tmp_path: Path) -> None:
    plan = planned(tmp_path, {"inference": {"members": 3}})
    assert new_kinds(plan, 1) == {"train": 2, "predict": 4, "average": 2}
    members = [plan.stages[address].task["member"] for address in plan.trainings_of(run_of(plan, 1))]
    assert sorted(members) == [0, 1, 2]
    assert run_of(plan, 1).train == run_of(plan, 0).train
    assert run_of(plan, 1).latencies == 3 * run_of(plan, 0).latencies


def test_calibration_looks_at_validation_and_trains_nothing(tmp_path: Path) -> None:
    plan = planned(tmp_path, {"inference": {"calibration": "temperature"}})
    assert new_kinds(plan, 1) == {"adjust": 2}
    plain, adjusted = run_of(plan, 0), plan.stages[run_of(plan, 1).test]
    assert adjusted.needs == {"val": plain.val, "predictions": plain.test}


def test_corruptions_are_predicted_by_every_row_and_adjusted_by_clean_validation(tmp_path: Path) -> None:
    head = HEAD.replace("baseline:", "corruptions: [occlusion, {name: blur, sigma: 0.02}]\nbaseline:")
    plan = planned(tmp_path, {"inference": {"calibration": "temperature"}}, head=head)
    plain, adjusted = run_of(plan, 0), run_of(plan, 1)
    assert plan.corruptions == ("occlusion", "blur sigma 0.02")
    assert plan.stages[plain.corrupted["blur sigma 0.02"]].task["corruption"] == {"name": "blur", "sigma": 0.02}
    spoilt = plan.stages[adjusted.corrupted["occlusion"]]
    assert spoilt.needs == {"val": plain.val, "predictions": plain.corrupted["occlusion"]}


def test_the_stages_of_a_run_come_after_those_they_need(tmp_path: Path) -> None:
    inference = {"members": 2, "ensemble_with": ["baseline"], "calibration": "temperature"}
    plan = planned(tmp_path, LATE, {"inference": inference})
    for run in plan.runs:
        for place, address in enumerate(run.needed):
            assert set(plan.stages[address].needs.values()) <= set(run.needed[:place])


@pytest.mark.parametrize(
    ("patch", "place", "wrong"),
    [
        ({"inference": {"ensemble_with": ["rung 9"]}}, "inference.ensemble_with", "'rung 9' is no earlier row"),
        ({"inference": {"threshold": "best_f1"}}, "inference.threshold", "needs a class to decide for"),
        ({"train": {"keep": "best"}}, "train.keep", "keeps another epoch's weights"),
        ({"schedule": {"name": "cosine", "warmup": 9}}, "schedule.warmup", "warm"),
        ({"phases": {"wide": {"start": 2, "patch": {"model": {"backbone": {"width": 4}}}}}}, "phases", "weights"),
        ({"phases": {"late": {"start": 9, "patch": {"loss": {"label_smoothing": 0.1}}}}}, "patch", "epochs is 4"),
    ],
)
def test_what_cannot_work_is_refused(tmp_path: Path, patch: dict[str, object], place: str, wrong: str) -> None:
    with pytest.raises(UserError) as caught:
        planned(tmp_path, patch)
    assert place in str(caught.value)
    assert wrong in str(caught.value)


def test_classes_balanced_twice_are_reported(tmp_path: Path) -> None:
    plan = planned(tmp_path, {"balance": {"class_weights": "balanced"}}, {"balance": {"sampling": "weighted"}})
    (notice,) = [notice for notice in plan.notices if "both lift rare classes" in notice]
    assert notice.startswith("+ rung 2: ")


def test_a_plan_with_all_of_it_survives_json(tmp_path: Path) -> None:
    head = HEAD.replace("baseline:", "corruptions: [occlusion]\nbaseline:")
    plan = planned(tmp_path, LATE, {"inference": {"members": 2}}, head=head)
    assert load_plan(dump_plan(plan)) == plan


def test_a_row_with_other_images_cannot_be_averaged_with(tmp_path: Path) -> None:
    other = {"data": {"val_size": 0.4}}
    with pytest.raises(UserError, match=r"ensemble_with: a row that it names has other images"):
        planned(tmp_path, other, {"inference": {"ensemble_with": ["baseline"]}})


@pytest.mark.parametrize("name", ["rung 2", "rung 3"])
def test_an_ensemble_names_neither_itself_nor_a_later_row(tmp_path: Path, name: str) -> None:
    later = {"schedule": {"name": "cosine"}}
    with pytest.raises(UserError, match=f"'{name}' is no earlier row"):
        planned(tmp_path, {"loss": {"name": "focal"}}, {"inference": {"ensemble_with": [name]}}, later)


def test_an_ensemble_with_nothing_but_itself_is_no_rung(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="changes nothing"):
        planned(tmp_path, {"loss": {"name": "focal"}}, {"inference": {"ensemble_with": ["rung 1"]}})


def test_what_leaving_a_rung_out_makes_of_an_ensemble_is_shared_with_the_row_it_equals(tmp_path: Path) -> None:
    plan = planned(
        tmp_path,
        {"loss": {"name": "focal"}},
        {"schedule": {"name": "cosine"}},
        {"inference": {"ensemble_with": ["rung 1"]}},
        designs="[ladder, leave_one_out]",
    )
    assert plan.left_out["rung 2"] == plan.ladder_rows[1]
    assert len({run.address for run in plan.runs}) == len(plan.variants)


def test_every_member_counts_as_a_training_and_parts_as_one(tmp_path: Path) -> None:
    assert planned(tmp_path, LATE, {"inference": {"members": 3}}).trainings == 4


def test_a_known_phase_behind_one_on_a_condition_must_wait(tmp_path: Path) -> None:
    phases = {
        "late": {"start": {"epoch": 1, "above": 90}, "patch": {"loss": {"label_smoothing": 0.1}}},
        "later": {"start": 2, "patch": {"loss": {"label_smoothing": 0.2}}},
    }
    plan = planned(tmp_path, {"phases": phases})
    assert "+ rung 1: phase later waits for phase late, which begins on a condition" in plan.notices


def test_classes_balanced_twice_in_a_phase_are_reported_too(tmp_path: Path) -> None:
    late = {"phases": {"late": {"start": 2, "patch": {"balance": {"sampling": "weighted"}}}}}
    plan = planned(tmp_path, {"balance": {"class_weights": "balanced"}}, late)
    assert [notice for notice in plan.notices if notice.startswith("+ rung 2: ") and "both lift" in notice]


def test_a_warm_up_that_a_condition_may_leave_no_room_for_is_refused(tmp_path: Path) -> None:
    late = {"phases": {"late": {"start": {"epoch": 1, "above": 50}, "patch": {"loss": {"label_smoothing": 0.1}}}}}
    with pytest.raises(UserError, match=r"schedule\.warmup"):
        planned(tmp_path, {"schedule": {"name": "cosine", "warmup": 2}}, late)
