from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import pytest
from rich.console import Console
from standin_plan import standin_plan
from standin_store import finish, finished
from tuned_ladder import tuned_of

from ablation.experiment.planning.made_again import AddressChange, MadeAgain
from ablation.experiment.planning.plan import Plan, Rung
from ablation.experiment.store.content_store import ContentStore
from ablation.reporting.texts.plan_text import made_again_text, plan_text


def shown(plan: Plan, store: ContentStore, seconds: float = 300.0, jobs: int = 2) -> str:
    text = io.StringIO()
    Console(file=text, width=140).print(plan_text(plan, store, seconds, jobs))
    return text.getvalue()


def line_with(text: str, beginning: str) -> list[str]:
    """The cells of the last line that begins so."""
    return next(line for line in reversed(text.splitlines()) if line.startswith(beginning)).split()


def with_differences(*differences: tuple[str, str | None, str | None]) -> Plan:
    plan = standin_plan(variants=2)
    return dataclasses.replace(plan, rungs=(Rung("rung 1", (), differences),))


def test_what_is_requested_distinct_there_and_missing_is_summed_up(tmp_path: Path) -> None:
    plan, store = standin_plan(variants=3, replicates=2), ContentStore(tmp_path)
    finish([next(iter(plan.stages.values()))], store)
    text = shown(plan, store)
    assert "3 trainings a replicate requested, 2 distinct; 2 replicates: 4 trainings, 1 of them in the store" in text
    assert "about 2 min of training for the 3 missing, 2 at a time" in text


def test_the_time_is_shared_by_the_jobs(tmp_path: Path) -> None:
    assert "about 50 s of training" in shown(standin_plan(), ContentStore(tmp_path), seconds=200, jobs=4)


def test_each_variant_says_how_much_of_it_is_trained_and_who_shares_it(tmp_path: Path) -> None:
    plan, store = standin_plan(variants=3, replicates=2), ContentStore(tmp_path)
    finish([next(iter(plan.stages.values()))], store)
    text = shown(plan, store)
    assert line_with(text, "baseline") == ["baseline", "ladder", "1/2"]
    assert line_with(text, "+ rung 2") == ["+", "rung", "2", "ladder", "0/2", "+", "rung", "1"]


def test_a_finished_plan_has_nothing_to_train(tmp_path: Path) -> None:
    plan = standin_plan()
    text = shown(plan, finished(plan, tmp_path), seconds=0)
    assert "nothing to train" in text
    assert "about" not in text


def test_a_rung_shows_what_it_sets_and_a_notice_what_it_drops(tmp_path: Path) -> None:
    plan = with_differences(("loss.name", "focal", "poly"), ("loss.epsilon", None, "1.0"), ("loss.gamma", "2.0", None))
    text = shown(plan, ContentStore(tmp_path))
    assert ["+", "rung", "1", "loss.name", "focal", "poly"] in [line.split() for line in text.splitlines()]
    assert ["loss.epsilon", "-", "1.0"] in [line.split() for line in text.splitlines()]
    assert "notice: rung 1 drops loss.gamma 2.0" in text


def test_notices_are_shown(tmp_path: Path) -> None:
    plan = dataclasses.replace(standin_plan(), notices=("A overrides B in loss.gamma",))
    assert "notice: A overrides B in loss.gamma" in shown(plan, ContentStore(tmp_path))


@pytest.mark.parametrize("value", ["[1, 2]", "[red]x[/red]", "[/]"])
def test_brackets_in_a_value_are_no_colours(tmp_path: Path, value: str) -> None:
    assert value in shown(with_differences(("train.rung", "off", value)), ContentStore(tmp_path))


def test_a_tuned_row_shows_its_trials_its_values_and_how_much_to_believe_them(tmp_path: Path) -> None:
    plan = standin_plan()
    *rest, last = plan.variants
    plan = dataclasses.replace(
        plan, variants=(*rest, dataclasses.replace(last, trials=20)), tuned=(tuned_of(row=rest[-1].name),)
    )
    text = shown(plan, ContentStore(tmp_path))
    assert line_with(text, "+ rung 2") == ["+", "rung", "2", "ladder", "20", "0/2", "+", "rung", "1"]
    assert line_with(text, "baseline") == ["baseline", "ladder", "0", "0/2"]
    told = " ".join(text[text.index("tuned: ") :].split())
    assert told.startswith('tuned: + rung 2: trial 7 of "golden: + OneCycle", accuracy 92.34 (on validation, the best')
    assert "of 20: optimistic): {loss: {gamma: 1.4312345, alpha: null}, optimizer: {lr: 0.0024123456789}" in told


def test_a_rung_that_waits_for_a_study_is_shown_as_unplanned(tmp_path: Path) -> None:
    plan = dataclasses.replace(standin_plan(), unplanned=("Final tuning",))
    line = next(line for line in shown(plan, ContentStore(tmp_path)).splitlines() if line.startswith("+ Final tuning"))
    assert "unplanned" in line


def test_without_tuning_no_trials_are_shown(tmp_path: Path) -> None:
    assert "trials" not in shown(standin_plan(), ContentStore(tmp_path))


CODE = [AddressChange("code", f"ablation.recipe.loss.{name}") for name in "abcde"]
TORCH = AddressChange("version", "torch", "2.14", "2.15")


@pytest.mark.parametrize(
    ("trainings", "changes", "text"),
    [
        (32, CODE[:1], "32 trainings of the last run are made again: the code of loss.a changed"),
        (1, [AddressChange("code", "my_losses")], "1 training of the last run is made again: the code of my_losses ch"),
        (2, [TORCH, *CODE], "2 trainings of the last run are made again: torch 2.14 is now 2.15; the code of loss.a, "),
        (2, CODE, "2 trainings of the last run are made again: the code of loss.a, loss.b, loss.c and 2 other modules"),
        (3, [AddressChange("data")], "3 trainings of the last run are made again: the data changed"),
        (3, [AddressChange("earlier")], "3 trainings of the last run are made again: made by an earlier version of a"),
        (3, [], "3 trainings of the last run are made again: the experiment's seed, protocol or split changed"),
    ],
)
def test_the_line_says_how_many_and_why(trainings: int, changes: list[AddressChange], text: str) -> None:
    assert made_again_text(MadeAgain(trainings, tuple(changes))).startswith(text)
