"""A study is told by its counts and its best, whose score is never shown without saying that it is optimistic."""

from __future__ import annotations

import dataclasses
import io
import math

import pytest
import yaml
from rich.console import Console, RenderableType
from tuned_ladder import tuned_of

from ablation.experiment.search.space import SearchSpace
from ablation.experiment.search.study_plan import StudyPlan
from ablation.experiment.search.study_state import StudyState, TrialLine, TrialStatus
from ablation.reporting.texts.tuning_text import patch_text, study_text

NAN = math.nan
PLAN = StudyPlan(
    "golden: + OneCycle", "+ OneCycle", "accuracy", 20, "golden", "d" * 64, {}, SearchSpace((), ()), "tpe", "median",
    None, 2, 0, 5,
)  # fmt: skip


def trial(number: int, score: float = NAN, status: TrialStatus = "complete", reason: str = "") -> TrialLine:
    return TrialLine(number, status, {"optimizer.lr": 0.00123456789, "loss.gamma": None}, score, 12.0, reason)


TRIALS = (
    trial(0, 0.9102),
    *(trial(n, score) for n, score in enumerate((0.90, 0.9302, 0.88, 0.91, 0.85, 0.92), 1)),
    trial(7, 0.70, "pruned"),
    trial(8, NAN, "failed", "ValueError: [no] batch"),
    trial(9, 0.5, "running"),
    trial(10, NAN, "waiting"),
    trial(11, NAN, "failed", "ValueError: [no] batch"),
)
STATE = StudyState("golden: + OneCycle", "+ OneCycle", "accuracy", 20, TRIALS, 2, 0, 130.0)


def shown(text: RenderableType, width: int = 120) -> list[str]:
    out = io.StringIO()
    Console(file=out, width=width).print(text)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_trials_are_counted_by_how_they_ended() -> None:
    told = "10 of 20 trials: 7 complete, 1 pruned, 2 failed; 1 running, 1 waiting; about 2 min left"
    assert told in shown(study_text(STATE))


def test_the_best_is_said_to_be_optimistic_beside_the_recipes_own() -> None:
    lines = shown(study_text(STATE))
    assert "best so far: 93.02 by trial 2 (on validation, the best of 10: optimistic)" in lines
    assert "the recipe's own values: 91.02 (+2.00 by tuning)" in lines


def test_five_trials_are_shown_the_best_first() -> None:
    lines = shown(study_text(STATE))
    head = next(place for place, line in enumerate(lines) if line.split()[:1] == ["trial"])
    assert lines[head].split() == ["trial", "accuracy", "time", "optimizer.lr", "loss.gamma"]
    rows = [line.split() for line in lines[head + 1 : head + 6]]
    assert [row[0] for row in rows] == ["2", "6", "0", "4", "1"]
    assert rows[0] == ["2", "93.02", "12", "s", "0.001235", "null"]


def test_where_less_is_better_the_least_is_the_best() -> None:
    state = dataclasses.replace(STATE, metric="log_loss", best=5)
    lines = shown(study_text(state))
    head = next(place for place, line in enumerate(lines) if line.split()[:1] == ["trial"])
    assert [line.split()[0] for line in lines[head + 1 : head + 6]] == ["5", "3", "1", "4", "0"]
    assert "the recipe's own values: 0.9102 (+0.0602 by tuning)" in lines


def test_a_reason_is_reported_once_with_its_trials() -> None:
    assert [line for line in shown(study_text(STATE)) if "failed:" in line] == [
        "failed: trials 8, 11: ValueError: [no] batch"
    ]


def test_a_study_that_is_over_has_a_best_and_no_time_left() -> None:
    lines = shown(study_text(dataclasses.replace(STATE, asked=7, trials=TRIALS[:7], seconds_left=0.0)))
    assert "7 of 7 trials: 7 complete" in lines
    assert "best: 93.02 by trial 2 (on validation, the best of 7: optimistic)" in lines


@pytest.mark.parametrize("trials", [(), (trial(0, NAN, "running"),), (trial(0, NAN, "failed", "no"),)])
def test_a_study_without_a_complete_trial_has_no_best(trials: tuple[TrialLine, ...]) -> None:
    own = 0 if trials else None
    text = "\n".join(shown(study_text(dataclasses.replace(STATE, trials=trials, best=None, own=own, seconds_left=NAN))))
    assert "best" not in text
    assert "own values" not in text
    assert "nan" not in text


def test_the_plan_says_how_trials_are_chosen() -> None:
    assert shown(study_text(STATE, PLAN))[0] == (
        "golden: + OneCycle: accuracy on validation, mean of 2 replicates; chosen by tpe, pruned by median"
    )


@pytest.mark.parametrize("width", [50, 120])
def test_the_patch_is_exact_and_can_be_pasted(width: int) -> None:
    lines = shown(patch_text(tuned_of()), width)
    start = next(place for place, line in enumerate(lines) if line.startswith("  - name:"))
    rungs = yaml.safe_load("\n".join(["rungs:", *lines[start:]]))["rungs"]
    assert rungs == [{"name": "Final tuning", "patch": dict(tuned_of().patch)}]
    assert "optimistic" in " ".join(lines[:start])


def test_one_of_a_study_for_each_row_gives_its_rows_patch_alone() -> None:
    head, *lines = shown(patch_text(tuned_of(each=True)))
    assert head.startswith("+ OneCycle: best settings")
    assert yaml.safe_load("\n".join(lines)) == tuned_of().patch


def test_the_pasted_rung_names_those_it_builds_on() -> None:
    lines = shown(patch_text(tuned_of(), ["Focal loss"]))
    start = next(place for place, line in enumerate(lines) if line.startswith("  - name:"))
    assert yaml.safe_load("\n".join(["rungs:", *lines[start:]]))["rungs"][0]["requires"] == ["Focal loss"]


def test_where_the_recipes_own_values_are_best_there_is_nothing_to_paste() -> None:
    tuned = tuned_of()
    _, *lines = shown(patch_text(dataclasses.replace(tuned, own=tuned.values)))
    assert lines == ["they are the recipe's own: no trial was better, and there is nothing to paste"]


def test_more_trials_than_are_asked_for_now_are_no_share_of_them() -> None:
    lines = shown(study_text(dataclasses.replace(STATE, asked=4, trials=TRIALS[:7], seconds_left=0.0)))
    assert "7 trials, 4 asked for: 7 complete" in lines
    assert lines[-1] == "the best 5 of 7 complete"
