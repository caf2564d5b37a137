from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console
from standin_plan import standin_plan
from standin_store import finish, finished

from ablation.experiment.planning.estimate import kind_of
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.content_store import ContentStore
from ablation.reporting.texts.progress import Display, RemainingTime


def trainings(plan: Plan) -> list[str]:
    return [stage.address for stage in plan.stages.values() if stage.kind == "train"]


def display_on(store: ContentStore, plan: Plan, terminal: bool = False, jobs: int = 1) -> tuple[Display, io.StringIO]:
    text = io.StringIO()
    console = Console(file=text, width=100, force_terminal=terminal, color_system=None)
    return Display(plan, store, set(plan.stages), jobs, console), text


def test_a_line_is_printed_for_every_training_with_its_place_in_the_whole(tmp_path: Path) -> None:
    plan = standin_plan(variants=3, replicates=2)
    display, text = display_on(ContentStore(tmp_path), plan)
    with display:
        for address, stage in plan.stages.items():
            display.began(address)
            if stage.kind == "train":
                display.epoch(address, 3, {"val/accuracy": 0.5})
            display.done(address)
    lines = text.getvalue().splitlines()
    assert lines[0] == "4 trainings, 0 of them in the store already"
    assert lines[1].startswith("[1/4] trained: baseline, replicate 1/2, val accuracy 50.0, about ")
    assert lines[4] == "[4/4] trained: + rung 1, replicate 2/2, val accuracy 50.0"
    assert len(lines) == 5


def test_what_another_process_trained_is_said_to_be_its(tmp_path: Path) -> None:
    plan = standin_plan()
    display, text = display_on(ContentStore(tmp_path), plan)
    display.done(trainings(plan)[0])
    assert text.getvalue().startswith("[1/4] trained by another process: baseline")


def test_what_is_in_the_store_counts_as_done(tmp_path: Path) -> None:
    plan, store = standin_plan(), ContentStore(tmp_path)
    finish([plan.stages[trainings(plan)[0]]], store)
    display, text = display_on(store, plan)
    with display:
        display.began(trainings(plan)[1])
        display.done(trainings(plan)[1])
    assert "4 trainings, 1 of them in the store already" in text.getvalue()
    assert "[2/4] trained: " in text.getvalue()


def test_nothing_is_said_where_nothing_is_to_do(tmp_path: Path) -> None:
    plan = standin_plan()
    display, text = display_on(finished(plan, tmp_path), plan)
    with display:
        pass
    assert text.getvalue() == ""


def test_a_failure_is_reported_once_with_its_last_line(tmp_path: Path) -> None:
    plan = standin_plan()
    train = trainings(plan)[0]
    hopeless = [stage.address for stage in plan.stages.values() if train in stage.needs.values()]
    display, text = display_on(ContentStore(tmp_path), plan)
    display.began(train)
    display.failed(train, "Traceback\nValueError: [no] such batch\n")
    for address in hopeless:
        display.failed(address, "needs it, which failed")
    assert text.getvalue() == "failed: baseline, replicate 1/2: ValueError: [no] such batch\n"


def test_a_terminal_shows_what_runs_and_is_clean_afterwards(tmp_path: Path) -> None:
    plan = standin_plan()
    display, text = display_on(ContentStore(tmp_path), plan, terminal=True)
    with display:
        display.began(trainings(plan)[0])
        display.epoch(trainings(plan)[0], 2, {"val/accuracy": 0.25})
        latency = next(stage.address for stage in plan.stages.values() if stage.kind == "latency")
        display.began(latency)
        display._live.refresh()
        shown = text.getvalue()
        assert "baseline, replicate 1/2  epoch 2/3  val accuracy 25.0" in shown
        assert "latency" in shown
        assert "0/4" in shown
    assert "\x1b[?25h" in text.getvalue()  # the cursor is back


def test_the_clock_learns_a_rate_and_spends_it_on_what_is_left() -> None:
    plan = standin_plan(variants=3, replicates=1, epochs=3)
    first, second = trainings(plan)
    clock = RemainingTime(plan)
    assert clock.seconds({first: 1.0}) is None
    clock.learn(first, epochs=1, seconds=5.0)  # ten images: half a second each
    assert clock.rates == {kind_of(plan.stages[first]): pytest.approx(0.5)}
    assert clock.seconds({first: 2 / 3, second: 1.0}) == pytest.approx(0.5 * 20 + 0.5 * 30)


def test_a_kind_not_seen_yet_counts_as_the_mean_of_those_seen() -> None:
    plan = standin_plan(variants=3, replicates=1, epochs=3)
    clock = RemainingTime(plan, {"one": 1.0, "other": 3.0})
    assert clock.seconds({trainings(plan)[0]: 0.5}) == pytest.approx(2.0 * 30 * 0.5)
