"""A line for each trial that ends, a live table on a terminal, and a best that is always said to be optimistic."""

from __future__ import annotations

import dataclasses
import io
import math
import time
from collections.abc import Sequence

import pytest
from rich.console import Console

from ablation.experiment.search.space import SearchSpace
from ablation.experiment.search.study_plan import StudyPlan
from ablation.experiment.search.study_state import TrialLine, TrialStatus
from ablation.reporting.texts.tuning_progress import TuningDisplay

NAN = math.nan
PLAN = StudyPlan(
    "golden: + OneCycle", "golden", "+ OneCycle", "d" * 64, {}, SearchSpace((), ()), "tpe", "none", 20, None, 1,
    "balanced_accuracy", 0, 5,
)  # fmt: skip


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that it is, to be set."""
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


class Study:
    """A display and the trials that it reads; each takes ten seconds."""

    def __init__(
        self, trials: Sequence[TrialLine] = (), plan: StudyPlan = PLAN, jobs: int = 1, terminal: bool = False
    ) -> None:
        self.trials, self.text = list(trials), io.StringIO()
        console = Console(file=self.text, width=110, force_terminal=terminal, color_system=None)
        self.display = TuningDisplay(plan, jobs, console, lambda: self.trials)

    def end(self, number: int, status: TrialStatus, score: float, reason: str = "") -> None:
        others = [trial for trial in self.trials if trial.number != number]
        self.trials = [*others, TrialLine(number, status, {}, score, 10.0, reason)]
        self.display.ended(number, status, score, reason)


def finished(number: int, score: float, seconds: float = 10.0) -> TrialLine:
    return TrialLine(number, "complete", {}, score, seconds)


def test_a_line_is_printed_for_every_trial_that_ends(clock: list[float]) -> None:
    before = [finished(number, 0.90 + number / 200) for number in range(5)]
    study = Study([*before, TrialLine(5, "running", {}, NAN, 3.0)])
    with study.display as display:
        for number, status, score, reason in (
            (5, "complete", 0.912, ""),
            (6, "pruned", 0.6, ""),
            (7, "failed", NAN, "ValueError: [no] batch"),
            (8, "complete", 0.955, ""),
        ):
            display.began(number, {"optimizer.lr": 0.1})
            clock[0] += 10
            study.end(number, status, score, reason)
    assert study.text.getvalue().splitlines() == [
        "golden: + OneCycle: 20 trials, 5 of them done already",
        *(
            f"[{line}"
            for line in (
                "6/20] trial 5: balanced accuracy 91.2 (best so far 92.0, on validation: optimistic), about 2 min left",
                "7/20] trial 6: pruned at balanced accuracy 60.0 (best so far 92.0, on validation: optimistic), about "
                "2 min left",
                "8/20] trial 7: failed: ValueError: [no] batch (best so far 92.0, on validation: optimistic), about "
                "2 min left",
                "9/20] trial 8: balanced accuracy 95.5 (best so far 95.5, on validation: optimistic), about 2 min left",
            )
        ),
    ]


def test_where_less_is_better_the_least_is_best_so_far() -> None:
    study = Study([finished(0, 0.4)], dataclasses.replace(PLAN, metric="log_loss"))
    study.end(1, "complete", 0.3)
    study.end(2, "complete", 0.5)
    assert study.text.getvalue().count("best so far 0.3000") == 2


def test_a_pruned_trial_is_never_best() -> None:
    study = Study([finished(0, 0.8)])
    study.end(1, "pruned", 0.99)
    assert "best so far 80.0" in study.text.getvalue()


def test_before_a_trial_is_complete_nothing_is_called_best(clock: list[float]) -> None:
    study = Study()
    study.display.began(0, {})
    study.end(0, "failed", NAN, "no reason")
    assert study.text.getvalue().startswith("[1/20] trial 0: failed: no reason")
    assert "best" not in study.text.getvalue()


def test_late_news_of_a_trial_that_ended_does_no_harm() -> None:
    Study().display.epoch(0, 1, 0.5)


def test_the_time_left_is_shared_by_the_jobs_and_less_what_is_under_way(clock: list[float]) -> None:
    display = Study([finished(0, 0.8, 10.0)], jobs=2).display
    display.began(1, {})
    clock[0] = 4.0
    assert display._seconds_left() == pytest.approx((19 * 10 - 4) / 2)


def test_a_trial_that_lay_still_does_not_lengthen_the_time_left(clock: list[float]) -> None:
    display = Study([finished(0, 0.8, 10.0), finished(1, 0.8, 3600.0), finished(2, 0.8, 12.0)]).display
    assert display._seconds_left() == pytest.approx(17 * 12)


def test_before_any_trial_ended_its_epochs_tell_the_pace(clock: list[float]) -> None:
    display = Study(plan=dataclasses.replace(PLAN, trials=2)).display
    assert display._seconds_left() is None
    display.began(0, {})
    clock[0] = 6.0
    display.epoch(0, 2, 0.5)
    assert display._seconds_left() == pytest.approx(2 * 15 - 6)


def test_nothing_is_said_where_nothing_is_to_do() -> None:
    study = Study([finished(0, 0.8)], dataclasses.replace(PLAN, trials=1))
    with study.display:
        pass
    assert study.text.getvalue() == ""


def test_a_terminal_shows_what_is_tried_and_is_clean_afterwards(clock: list[float]) -> None:
    study = Study([finished(0, 0.93)], terminal=True)
    with study.display as display:
        display.began(1, {"optimizer.lr": 0.00123456, "loss.alpha": None})
        display.epoch(1, 2, 0.85)
        display.epoch(1, 3, NAN)
        display.began(2, {})
        display._live.refresh()
        shown = study.text.getvalue()
        assert "trial 1  epoch 3/5  balanced accuracy 85.0  optimizer.lr 0.001235, loss.alpha null" in shown
        assert "trial 2  begins" in shown
        assert "1/20" in shown
        assert "best so far 93.0, on validation: optimistic" in shown
    assert "\x1b[?25h" in study.text.getvalue()  # the cursor is back


def test_trials_of_other_processes_count_and_may_be_the_best(clock: list[float]) -> None:
    study = Study()
    with study.display as display:
        display.began(0, {})
        clock[0] += 10
        study.trials = [finished(1, 0.97), TrialLine(2, "running", {}, NAN, 3.0)]
        study.end(0, "complete", 0.9)
    last = study.text.getvalue().splitlines()[-1]
    assert last.startswith("[2/20] trial 0: balanced accuracy 90.0 (best so far 97.0, on validation: optimistic)")
    assert last.endswith("about 2 min left")  # 18 trials of 10 s, two at a time
