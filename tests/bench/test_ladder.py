"""Which scripts stand for a ladder."""

from __future__ import annotations

from pathlib import Path

import pytest

import ablation
from ablation.bench.command import DEFAULT
from ablation.bench.ladder import rows_by_recipe, script_jobs
from ablation.bench.trainer import job_of
from ablation.bench.trainers import PLAIN, Contestant
from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan
from ablation.workflow.planning import plan_of


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> ablation.Options:
    return ablation.Options(tmp_path_factory.mktemp("store"), device="cpu", track=False)


@pytest.fixture(scope="module")
def planned(options: ablation.Options) -> Plan:
    return plan_of(DEFAULT, replicates=2, options=options)


def test_the_file_that_comes_along_shares_three_trainings_of_eleven(planned: Plan) -> None:
    assert (len(planned.design_points), planned.trainings, len(planned.rungs)) == (11, 8, 5)
    assert planned.designs == ("ladder", "leave_one_out")


def test_every_row_of_a_design_is_a_script(planned: Plan) -> None:
    weights = rows_by_recipe(planned)
    assert sum(weights.values()) == len(planned.design_points)
    assert set(weights) == {variant.name for variant in planned.variants}


def test_a_row_that_only_predicts_otherwise_is_a_script_of_its_own(planned: Plan, options: ablation.Options) -> None:
    last, before = planned.ladder_rows[-1], planned.ladder_rows[-2]
    assert planned.runs_of(last)[0].train == planned.runs_of(before)[0].train
    views = [job_of(planned, row, options.store).task["recipe"]["inference"]["tta"] for row in (last, before)]
    assert [len(each) for each in views] == [2, 1]


def test_a_sample_takes_the_first_replicates_of_every_recipe(planned: Plan, options: ablation.Options) -> None:
    one, all_of_them = (script_jobs(planned, options.store, sample, PLAIN) for sample in (1, 9))
    assert {len(jobs) for jobs in one.values()} == {1}
    assert [job.task["replicate"] for job in all_of_them["baseline"]] == [0, 1]
    assert {job.split for jobs in one.values() for job in jobs} == {"test"}


def test_a_peer_that_cannot_follow_a_row_is_refused(planned: Plan, options: ablation.Options) -> None:
    with pytest.raises(UserError, match="augment"):
        script_jobs(planned, options.store, 1, Contestant("skorch", "torch"))
    with pytest.raises(UserError, match="not installed"):
        script_jobs(planned, options.store, 1, Contestant("nobody", "a_library_that_is_not_there"))


def test_a_file_elsewhere_is_the_same_file(planned: Plan, tmp_path: Path, options: ablation.Options) -> None:
    copy = tmp_path / "bench.yaml"
    copy.write_text(DEFAULT.read_text())
    assert plan_of(copy, replicates=2, options=options).stages.keys() == planned.stages.keys()
