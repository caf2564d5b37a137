from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_experiment import SMALL

from ablation.errors import UserError
from ablation.experiment.config.file import Experiment, load, validated
from ablation.experiment.config.search import (
    BY_EPOCH,
    Choices,
    PrunerName,
    Range,
    TuneSettings,
    settings_with,
)
from ablation.experiment.config.yaml_text import parse_value

TUNED: dict[str, Any] = {"name": "Final tuning", "tuned": True, "expect": [1, 2]}
LAST = "Views"


def small(**more: Any) -> dict[str, Any]:
    raw: dict[str, Any] = parse_value(SMALL, "here")
    return raw | more


def with_rungs(*added: dict[str, Any], **more: Any) -> dict[str, Any]:
    return small(rungs=[*small()["rungs"], *added], **more)


def refusal(raw: dict[str, Any]) -> str:
    with pytest.raises(UserError) as caught:
        validated(raw, "x.yaml")
    return str(caught.value).removeprefix("x.yaml: ")


def searched(given: Any) -> str:
    return refusal(small(tune={"space": {"optimizer.lr": given}})).removeprefix("tune.space.")


def test_a_file_says_what_is_searched() -> None:
    tune = {
        "trials": 8,
        "space": {"optimizer.lr": {"low": 1e-4, "high": 1, "log": True}, "loss": {"choices": ["a", "b"]}},
    }
    found = validated(small(tune=tune), "x.yaml").tune
    assert found == TuneSettings(
        trials=8, space={"optimizer.lr": Range(low=1e-4, high=1, log=True), "loss": Choices(choices=("a", "b"))}
    )
    assert Experiment.model_validate(small(tune=found)).tune == found


def test_an_empty_section_is_twenty_trials_by_tpe() -> None:
    found = validated(small(tune={}), "x.yaml").tune
    assert found is not None
    assert (found.trials, found.sampler, found.pruner, found.space) == (20, "tpe", "none", {})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"trials": 0}, "tune.trials: must be 1 or more, not 0"),
        ({"trials": 2.5}, "tune.trials: must be a whole number, not 2.5"),
        ({"minutes": 0}, "tune.minutes: must be above 0, not 0"),
        ({"replicates": 0}, "tune.replicates: must be 1 or more, not 0"),
        ({"sampler": "tpee"}, "tune.sampler: must be 'tpe', 'random', 'grid', 'cmaes' or 'gp', not 'tpee'"),
        ({"trial": 3}, "tune: unknown setting 'trial'; did you mean 'trials'?"),
        (
            {"pruner": "wilcoxon", "replicates": 4},
            "tune: wilcoxon prunes after 4 replicates at the earliest, so 4 save nothing; give 5 or more",
        ),
    ],
)
def test_a_bad_section_is_refused(given: dict[str, Any], message: str) -> None:
    assert refusal(small(tune=given)) == message


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"low": 0, "high": 1, "log": True}, "optimizer.lr: a logarithmic range begins above 0"),
        ({"low": 1, "high": 1}, "optimizer.lr: low must be below high"),
        ({"low": 1, "high": 2, "log": True, "step": 1}, "optimizer.lr: a logarithmic range has no step"),
        ({"low": 0, "high": 1, "step": 0.3}, "optimizer.lr: high must be a whole number of steps above low"),
        ({"low": 0, "high": 1, "step": 0}, "optimizer.lr.step: must be above 0, not 0"),
        ({"low": 0, "high": float("inf")}, "optimizer.lr.high: must be a finite number, not .inf"),
        ({"low": 0}, "optimizer.lr.high: is missing"),
        ({"low": 0, "hihg": 1}, "optimizer.lr: unknown setting 'hihg'; did you mean 'high'?"),
        ({"choices": []}, "optimizer.lr.choices: is empty"),
        ({"choices": [1]}, "optimizer.lr.choices: a single value leaves nothing to search; make it the row's own"),
        ({"choices": [1, 2], "low": 1}, "optimizer.lr: unknown setting 'low'; known: choices"),
        (
            {"choices": [1, float("nan")]},
            "optimizer.lr.choices: hold what is no value of a setting: Out of range float",
        ),
        ({"choices": [1, datetime.date(2026, 1, 1)]}, "optimizer.lr.choices: hold what is no value of a setting: Obj"),
        (3, "optimizer.lr: must be a range such as {low: 0.1, high: 1} or a list such as {choices: [a, b]}"),
        ([1, 2], "optimizer.lr: must be a range such as {low: 0.1, high: 1} or a list such as {choices: [a, b]}"),
    ],
)
def test_what_is_neither_a_range_nor_choices_is_refused(given: Any, message: str) -> None:
    assert searched(given).startswith(message)
    assert len(searched(given).splitlines()) == 1


@given(st.decimals(-100, 100, places=3), st.decimals("0.001", 10, places=3), st.integers(1, 1000))
def test_steps_are_counted_in_decimals_as_people_write_them(low: Any, step: Any, count: int) -> None:
    Range(low=float(low), high=float(low + step * count), step=float(step))


def test_choices_are_plain_values() -> None:
    assert Choices(choices=((1, 2), {"name": "focal", "alpha": (1, 2)}, None)).choices == (
        [1, 2],
        {"name": "focal", "alpha": [1, 2]},
        None,
    )


def test_pruners_by_epoch_are_refused_a_metric_that_epochs_lack() -> None:
    assert set(BY_EPOCH) < set(get_args(PrunerName))
    for pruner in BY_EPOCH:
        assert refusal(small(metric="auroc", tune={"pruner": pruner})) == (
            f"tune.pruner: {pruner} needs the metric after every epoch, where there are accuracy, balanced_accuracy, "
            "macro_f1, log_loss, not auroc; use wilcoxon or none"
        )
        validated(small(tune={"pruner": pruner}), "x.yaml")


@pytest.mark.parametrize("base", [None, "baseline", "Flips", LAST])
def test_any_row_may_be_tuned(base: str | None) -> None:
    assert validated(small(tune={"base": base}), "x.yaml").tune == TuneSettings(base=base)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (small(tune={"base": "Flip"}), "tune.base: no row 'Flip' to tune; did you mean 'Flips'?"),
        (small(tune={"base": "base"}), "tune.base: no row 'base' to tune; did you mean 'baseline'?"),
        (
            with_rungs({"name": "A/A".replace("/", " "), "control": True}, tune={"base": "A A"}),
            "tune.base: no row 'A A'",
        ),
        (with_rungs(TUNED, tune={"base": "Final tuning"}), "tune.base: no row 'Final tuning' to tune; known: "),
        (
            with_rungs(TUNED, tune={"base": "Flips"}),
            "tune.base: the tuned rung stands on 'Views', not on 'Flips'; leave base out",
        ),
        (small(tune={}, protocol="resampled"), "tune: requires protocol: fixed_test; resampled tests in one replicate"),
        (
            with_rungs(TUNED, protocol="resampled"),
            "rung 'Final tuning': requires protocol: fixed_test; resampled tests",
        ),
        (
            with_rungs(TUNED | {"patch": {"loss": "focal"}}),
            "rungs[6] (Final tuning): a tuned rung has no patch and is no",
        ),
        (
            with_rungs({"name": "x", "tuned": True, "control": True}),
            "rungs[6] (x): a tuned rung has no patch and is no",
        ),
        (
            with_rungs({"name": "x", "tuned": False}),
            "rungs[6] (x): patch is missing or empty; a control says control: ",
        ),
        (
            with_rungs(TUNED, {"name": "y", "tuned": True}),
            "rung 'Final tuning' is tuned, so it must be the last; a study",
        ),
        (
            with_rungs(TUNED, {"name": "y", "control": True}),
            "rung 'Final tuning' is tuned, so it must be the last; a st",
        ),
    ],
)
def test_a_study_has_one_row_to_tune_and_its_rung_is_the_last(raw: dict[str, Any], message: str) -> None:
    assert refusal(raw).startswith(message)


def test_the_last_rung_takes_the_values_of_the_study_of_the_row_before_it() -> None:
    experiment = validated(with_rungs({"name": "again", "control": True}, TUNED, tune={"base": LAST}), "x.yaml")
    assert [rung.tuned for rung in experiment.rungs] == [False] * 6 + [True]
    assert len(experiment.rungs[-1].promises) == 1


def test_a_tuned_rung_has_nothing_to_set(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(SMALL.replace("designs:", "  - {name: Tuned, tuned: true}\ndesigns:"))
    load(tmp_path / "x.yaml")
    with pytest.raises(UserError, match="a tuned rung has no patch"):
        load(tmp_path / "x.yaml", ["Tuned/loss.gamma=1"])


def test_the_command_line_asks_instead_of_the_file() -> None:
    assert settings_with(TuneSettings(trials=8, minutes=3), {"trials": 4}) == TuneSettings(trials=4, minutes=3)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"minutes": 0}, "--minutes: must be above 0"),
        ({"minutes": -1.0}, "--minutes: must be above 0"),
        ({"trials": 0}, "--trials: must be 1 or more"),
        ({"study": "x" * 81}, "--study: "),
    ],
)
def test_what_the_command_line_cannot_ask_for_is_refused_by_the_options_name(
    asked: dict[str, Any], message: str
) -> None:
    with pytest.raises(UserError) as caught:
        settings_with(TuneSettings(), asked)
    assert str(caught.value).startswith(message)
