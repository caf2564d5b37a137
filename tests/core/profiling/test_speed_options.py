from __future__ import annotations

import math
from types import SimpleNamespace

import pytest
import torch
from bench import Bench
from hypothesis import given
from hypothesis import strategies as st

from ablation.core.profiling import speed_options as timed
from ablation.core.profiling.speed_options import SpeedOption, TimedOption, speed_options, time_speed_options
from ablation.core.task import Task
from ablation.recipe.recipe import Recipe
from ablation.recipe.train import TrainSettings

CPU, CUDA = torch.device("cpu"), torch.device("cuda")
FORMAT = SpeedOption("memory_format", "channels_last")

ratios = st.lists(st.floats(0.05, 20), min_size=1, max_size=8).map(tuple)


@pytest.fixture(autouse=True)
def a_modern_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timed, "_has_bfloat16", lambda: True)


@pytest.fixture
def briefly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timed, "_SECONDS", 0.0)
    monkeypatch.setattr(timed, "processors", lambda: 2)


def overrides(settings: TrainSettings, device: torch.device, extent: str = "quick") -> list[str]:
    return [each.override for each in speed_options(settings, device, extent)]  # type: ignore[arg-type]


def test_the_options_are_values_that_the_row_does_not_have(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timed, "processors", lambda: 4)
    plain = ["train.memory_format=channels_last", "train.precision=bf16", "train.threads=2", "train.threads=4"]
    assert overrides(TrainSettings(), CPU) == plain
    other = TrainSettings(memory_format="channels_last", precision="bf16", threads=4)
    contrary = ["train.memory_format=contiguous", "train.precision=fp32", "train.threads=1", "train.threads=2"]
    assert overrides(other, CPU) == contrary


def test_a_processor_that_emulates_bfloat16_times_it_only_with_all_options(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(timed, "_has_bfloat16", lambda: False)
    assert "train.precision=bf16" not in overrides(TrainSettings(), CPU)
    assert "train.precision=bf16" in overrides(TrainSettings(), CPU, "all")


def test_with_extent_none_there_are_no_options() -> None:
    assert overrides(TrainSettings(), CPU, "none") == []


def test_a_gpu_has_fp16_and_no_threads() -> None:
    found = overrides(TrainSettings(), CUDA)
    assert "train.precision=fp16" in found
    assert not [each for each in found if "threads" in each]


def test_compilation_is_quick_to_start_on_a_gpu_alone() -> None:
    assert "train.compile=true" not in overrides(TrainSettings(), CPU)
    assert "train.compile=true" in overrides(TrainSettings(), CPU, "all")
    assert "train.compile=true" in overrides(TrainSettings(), CUDA)


def test_graphs_are_for_gpus() -> None:
    assert "train.cuda_graph=true" not in overrides(TrainSettings(), CPU, "all")
    assert "train.cuda_graph=true" in overrides(TrainSettings(), CUDA)


def test_an_option_changes_its_setting_alone(bench: Bench) -> None:
    task = Task.from_json(bench.task())
    changed = FORMAT.applied(task).recipe
    assert changed.train == task.recipe.train.model_copy(update={"memory_format": "channels_last"})
    assert changed.model_copy(update={"train": task.recipe.train}) == task.recipe
    assert SpeedOption("deterministic", True).override == "train.deterministic=true"


@given(rounds=ratios, extra=st.floats(0, 1e4), epoch=st.floats(1e-3, 1e4))
def test_the_break_even_is_the_first_epoch_after_which_less_time_has_been_spent(
    rounds: tuple[float, ...], extra: float, epoch: float
) -> None:
    timed = TimedOption(FORMAT, rounds, extra, epoch)

    def spent(epochs: int) -> float:
        return extra + epochs * epoch / timed.ratio

    found = timed.break_even
    if found is None:
        assert not (min(rounds) > 1)
    else:
        assert min(rounds) > 1
        assert spent(found) <= found * epoch * (1 + 1e-9)
        assert found == 1 or spent(found - 1) >= (found - 1) * epoch * (1 - 1e-9)


def test_rounds_that_disagree_are_no_difference() -> None:
    assert not TimedOption(FORMAT, (1.2, 1.3, 0.99), 0.0, 1.0).clear
    assert not TimedOption(FORMAT, (1.0, 1.0), 0.0, 1.0).clear
    assert TimedOption(FORMAT, (1.2, 1.3), 0.0, 1.0).clear
    slower = TimedOption(FORMAT, (0.9, 0.8), 0.0, 1.0)
    assert slower.clear
    assert slower.break_even is None


def test_a_failed_option_has_no_numbers() -> None:
    failed = TimedOption(FORMAT, problem="no compiler")
    assert math.isnan(failed.ratio)
    assert (failed.clear, failed.break_even) == (False, None)


def test_a_far_slower_option_gets_no_further_round() -> None:
    row, faster, slower = (
        SimpleNamespace(seconds=lambda steps, step=step: step * steps, setup_seconds=lambda step: 1.0, steps_in_epoch=2)
        for step in (1.0, 3.0, 5.0)
    )
    assert timed._timed(FORMAT, row, faster).ratios == (1 / 3,) * timed.ROUNDS  # type: ignore[arg-type]
    assert timed._timed(FORMAT, row, slower).ratios == (1 / 5,)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.usefixtures("briefly")
def test_each_option_is_timed_in_turn_with_the_row_and_nothing_is_kept(bench: Bench) -> None:
    before, files = torch.get_rng_state(), sorted(bench.folder.rglob("*"))
    found = list(time_speed_options(Task.from_json(bench.task()), bench.datasets, "quick"))
    assert [each.option.setting for each in found] == ["memory_format", "precision", "threads"]
    for each in found:
        assert not each.problem
        assert 1 <= len(each.ratios) <= timed.ROUNDS
        assert each.ratio > 0
        assert each.extra_seconds >= 0
        assert each.epoch_seconds > 0
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == 1
    assert sorted(bench.folder.rglob("*")) == files


@pytest.mark.usefixtures("briefly")
@pytest.mark.slow
def test_a_failed_option_has_its_problem_and_the_next_is_timed(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = SpeedOption.applied

    def applied(self: SpeedOption, task: Task) -> Task:
        if self.setting == "memory_format":
            raise RuntimeError("\n  no compiler\n  was found")
        if self.setting == "precision":
            Recipe.model_validate(task.recipe.model_dump() | {"train": {"keep_by": "accuracy"}})
        return usual(self, task)

    monkeypatch.setattr(SpeedOption, "applied", applied)
    one, two, three = time_speed_options(Task.from_json(bench.task()), bench.datasets, "quick")
    assert one.problem == "no compiler"
    assert two.problem == "Value error, keep_by has no effect without keep: best"
    assert not three.problem
