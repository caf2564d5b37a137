"""The loop of one process, on the stand-in core; most of it with a queue that writes down what it is told."""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import optuna
import psutil
import pytest
from sklearn.metrics import matthews_corrcoef
from standin_run import is_alive, pool, workers_here
from standin_study import BEST, OWN, InlineExecutor, StandinTrialQueue, bowl, standin_study

from ablation.experiment.execution.executor import Executor
from ablation.experiment.search.study_plan import Study
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.epoch_log import logged_epochs
from ablation.tuning.driver import StudyDriver
from ablation.tuning.storage import open_storage
from ablation.tuning.study import open_study
from ablation.tuning.trial_queue import TrialQueue

WORSE = {"optimizer.lr": 1e-4, "loss.gamma": 5.0}
BETTER = {"optimizer.lr": 1e-2, "loss.gamma": 2.0}


class Notes:
    """An observer that writes down what it is told."""

    def __init__(self) -> None:
        self.events: list[tuple[Any, ...]] = []

    def began(self, number: int, values: Mapping[str, Any]) -> None:
        self.events.append(("began", number, dict(values)))

    def epoch(self, number: int, epoch: int, score: float) -> None:
        self.events.append(("epoch", number, epoch, score))

    def ended(self, number: int, status: str, score: float, reason: str) -> None:
        self.events.append(("ended", number, status, score, reason))


def driven(
    root: Path, study: Study, queue: Any, *observers: Any, jobs: int = 1, deadline: float | None = None
) -> Executor:
    store = ContentStore(root)
    with contextlib.closing(Executor({}, store, pool(root, jobs), ())) as executor:
        StudyDriver(study, queue, executor, store, jobs, observers, deadline).run()
    return executor


def inline(root: Path, study: Study, queue: Any, *observers: Any, jobs: int = 1, last_first: bool = False) -> None:
    """The same without worker processes."""
    store = ContentStore(root)
    StudyDriver(study, queue, InlineExecutor(store, last_first), store, jobs, observers).run()


def attempts(root: Path) -> list[str]:
    return (root / "attempts.log").read_text().split()


def halves(score: float, epochs: int) -> list[float]:
    """The stand-in core's epochs."""
    return [score * (1 - 0.5**number) for number in range(1, epochs + 1)]


def test_a_trial_is_taken_done_and_handed_in(tmp_path: Path) -> None:
    queue, notes = StandinTrialQueue([OWN]), Notes()
    driven(tmp_path, standin_study(), queue, notes)
    assert queue.events == [("take", 0), ("complete", 0, bowl(OWN))]
    epochs = [("epoch", 0, number, score) for number, score in enumerate(halves(bowl(OWN), 3), start=1)]
    assert notes.events == [("began", 0, dict(OWN)), *epochs, ("ended", 0, "complete", bowl(OWN), "")]
    assert queue.beats > 1


def test_its_score_is_the_mean_over_the_replicates_and_its_epochs_are_the_first_ones(tmp_path: Path) -> None:
    queue, notes = StandinTrialQueue([OWN]), Notes()
    inline(tmp_path, standin_study(replicates=3), queue, notes)
    assert queue.events[-1] == ("complete", 0, pytest.approx(bowl(OWN) - 0.01))
    assert [told[2] for told in notes.events if told[0] == "epoch"] == [1, 2, 3]
    assert len(attempts(tmp_path)) == 3


def test_what_is_in_the_store_costs_nothing_and_is_reported_all_the_same(tmp_path: Path) -> None:
    study, first, again = standin_study(replicates=2), Notes(), Notes()
    fresh, cached = StandinTrialQueue([OWN, BEST]), StandinTrialQueue([OWN, BEST])
    inline(tmp_path, study, fresh, first)
    inline(tmp_path, study, cached, again)
    assert len(attempts(tmp_path)) == 4
    assert (cached.events, again.events) == (fresh.events, first.events)


@pytest.mark.parametrize(("jobs", "pruner"), [(1, "wilcoxon"), (2, "none"), (2, "wilcoxon"), (3, "wilcoxon")])
def test_trials_are_handed_in_by_number_and_taken_at_the_same_moments_however_slots_race(
    tmp_path: Path, jobs: int, pruner: str
) -> None:
    values = [OWN | {"loss.gamma": float(number)} for number in range(4)]
    study = standin_study(epochs=1, replicates=3, pruner=pruner)
    one, other = (StandinTrialQueue(values, lambda number, step, value: (number, step) == (2, 1)) for _ in range(2))
    inline(tmp_path / "one", study, one, jobs=jobs)
    inline(tmp_path / "other", study, other, jobs=jobs, last_first=True)
    assert one.events == other.events
    order = [(what, number) for what, number, *_ in one.events]
    for number in range(4):
        taken = order.index(("take", number))
        ended = [each for what, each in order[:taken] if what in ("complete", "pruned")]
        assert ended == list(range(max(0, number - jobs + 1)))


def test_values_that_make_no_recipe_and_trainings_that_fail_are_failures_and_the_others_go_on(tmp_path: Path) -> None:
    wrong = {WORSE["loss.gamma"]: "refuse", BEST["loss.gamma"]: "error:9"}
    study = standin_study(fail=lambda values: wrong.get(values["loss.gamma"], ""), replicates=2)
    queue, notes = StandinTrialQueue([WORSE, BEST, OWN]), Notes()
    inline(tmp_path, study, queue, notes, jobs=2)
    ends = [told for told in queue.events if told[0] != "take"]
    assert ends[0] == ("failed", 0, "loss.gamma: no such recipe another one")
    assert ends[1] == ("failed", 1, "ValueError: no luck")
    assert ends[2][:2] == ("complete", 2)
    ended = [told for told in notes.events if told[0] == "ended"]
    assert [(number, status, reason) for _, number, status, _, reason in ended[:2]] == [
        (0, "failed", "loss.gamma: no such recipe another one"), (1, "failed", "ValueError: no luck"),
    ]  # fmt: skip


def test_a_score_that_is_no_number_is_a_failure(tmp_path: Path) -> None:
    queue = StandinTrialQueue([OWN])
    inline(tmp_path, standin_study(score=lambda values, replicate: float("nan")), queue)
    assert queue.events[-1] == ("failed", 0, "its accuracy on validation is nan")


PRUNED_AT_2 = [("take", 0), ("report", 0, 1, halves(bowl(OWN), 1)[0]), ("report", 0, 2, halves(bowl(OWN), 2)[1])]


def test_a_training_that_is_given_up_stops_and_leaves_its_checkpoint(tmp_path: Path) -> None:
    study, notes = standin_study(pruner="median", epochs=1000, pause=0.02), Notes()
    queue = StandinTrialQueue([OWN], lambda number, step, value: step == 2)
    executor = driven(tmp_path, study, queue, notes)
    assert queue.events == [*PRUNED_AT_2, ("pruned", 0)]
    assert notes.events[-1] == ("ended", 0, "pruned", halves(bowl(OWN), 2)[1], "")
    assert executor.idle
    assert not executor.failures
    train = study.tryouts(OWN, 0).train
    assert (ContentStore(tmp_path).scratch(train) / "checkpoint.json").exists()
    assert 2 <= len(logged_epochs(train, ContentStore(tmp_path))) < 100


@pytest.mark.slow
def test_the_same_trial_is_given_up_when_its_training_is_in_the_store_or_goes_on_from_a_checkpoint(
    tmp_path: Path,
) -> None:
    def prunes(number: int, step: int, value: float) -> bool:
        return step == 2

    study = standin_study(pruner="hyperband", epochs=4, pause=0.05)
    for prepared in (standin_study(epochs=4, pause=0.05), study):  # finished; stopped, from another folder's start
        root = tmp_path / prepared.plan.pruner
        first = StandinTrialQueue([OWN], lambda number, step, value: step == 3)
        driven(root, prepared, first)
        queue = StandinTrialQueue([OWN], prunes)
        driven(root, study, queue)
        assert queue.events == [*PRUNED_AT_2, ("pruned", 0)]


def test_a_trial_that_goes_on_from_a_checkpoint_reports_every_epoch_once(tmp_path: Path) -> None:
    study = standin_study(pruner="median", epochs=6, pause=0.05)
    driven(tmp_path, study, StandinTrialQueue([OWN], lambda number, step, value: step == 2))
    queue = StandinTrialQueue([OWN])
    driven(tmp_path, study, queue)
    steps = [(told[2], told[3]) for told in queue.events if told[0] == "report"]
    assert steps == list(enumerate(halves(bowl(OWN), 6), start=1))
    assert len(attempts(tmp_path)) == 2
    assert queue.events[-1] == ("complete", 0, bowl(OWN))


def test_a_stage_that_two_trials_want_goes_on_for_the_other(tmp_path: Path) -> None:
    study = standin_study(pruner="median", epochs=5, pause=0.05)
    queue = StandinTrialQueue([OWN, OWN], lambda number, step, value: number == 0 and step == 2)
    driven(tmp_path, study, queue, jobs=2)
    assert ("pruned", 0) in queue.events
    assert queue.events[-1] == ("complete", 1, bowl(OWN))
    assert len(attempts(tmp_path)) == 1


def test_a_recipe_that_was_given_up_may_be_tried_again_while_it_stops(tmp_path: Path) -> None:
    study = standin_study(pruner="median", epochs=5, pause=0.05)
    queue = StandinTrialQueue([OWN, OWN], lambda number, step, value: number == 0)
    driven(tmp_path, study, queue)
    assert [told for told in queue.events if told[0] in ("pruned", "complete")] == [
        ("pruned", 0), ("complete", 1, bowl(OWN)),
    ]  # fmt: skip


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_pruner_of_replicates_is_asked_in_order_of_number_and_spares_those_that_are_done(
    tmp_path: Path, jobs: int
) -> None:
    study = standin_study(pruner="wilcoxon", replicates=4)
    queue = StandinTrialQueue(
        [OWN, WORSE, BETTER], lambda number, step, value: (number == 1 and step == 1) or (number == 2 and step == 3)
    )
    inline(tmp_path, study, queue, jobs=jobs)
    told = [each for each in queue.events if each[0] != "take"]
    assert told == [
        *(("report", 0, step, bowl(OWN, step)) for step in range(4)),
        ("complete", 0, pytest.approx(bowl(OWN) - 0.015)),
        *(("report", 1, step, bowl(WORSE, step)) for step in range(2)),
        ("pruned", 1),
        *(("report", 2, step, bowl(BETTER, step)) for step in range(4)),
        ("complete", 2, pytest.approx(bowl(BETTER) - 0.015)),
    ]


def test_after_the_deadline_no_trial_is_taken_and_what_was_begun_is_finished(tmp_path: Path) -> None:
    queue = StandinTrialQueue([OWN, BEST])
    driven(tmp_path, standin_study(epochs=4, pause=0.1), queue, deadline=time.monotonic() + 0.2)
    assert queue.events == [("take", 0), ("complete", 0, bowl(OWN))]


def test_it_waits_for_the_trials_of_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ablation.tuning.driver._POLL_SECONDS", 0.01)
    queue = StandinTrialQueue([], others=3)
    inline(tmp_path, standin_study(), queue)
    assert queue.others == 0
    assert queue.beats >= 3


def test_interrupted_no_worker_stays_and_the_next_one_goes_on(tmp_path: Path) -> None:
    class Interrupt(Notes):
        def epoch(self, number: int, epoch: int, score: float) -> None:
            if epoch == 3:
                workers.extend(workers_here())
                raise KeyboardInterrupt

    workers: list[psutil.Process] = []
    study = standin_study(epochs=6, pause=0.05)
    with pytest.raises(KeyboardInterrupt):
        driven(tmp_path, study, StandinTrialQueue([OWN]), Interrupt())
    assert workers
    assert not any(map(is_alive, workers))
    queue = StandinTrialQueue([OWN])
    driven(tmp_path, study, queue)
    assert queue.events[-1] == ("complete", 0, bowl(OWN))
    train = study.tryouts(OWN, 0).train
    assert attempts(tmp_path) == [train, train]


def opened(root: Path, study: Study, name: str) -> optuna.Study:
    """Optuna's study, in a journal; its storage in memory does not give a trial that was put back once more."""
    return open_study(open_storage(root, str(root / f"{name}.journal")), study.plan, study.own)


def searched(root: Path, study: Study, *observers: Any, jobs: int, into: optuna.Study) -> list[Any]:
    """Each trial's state, values, score and intermediate values, after a search with Optuna's own studies."""
    with TrialQueue(into, study.plan, root, study.suggest) as queue:
        inline(root, study, queue, *observers, jobs=jobs)
    return [(trial.state.name, trial.params, trial.values, trial.intermediate_values) for trial in into.trials]


@pytest.mark.parametrize(("pruner", "jobs"), [("median", 1), pytest.param("wilcoxon", 2, marks=pytest.mark.slow)])
def test_a_study_is_the_same_from_the_cache_and_after_an_interruption(tmp_path: Path, pruner: str, jobs: int) -> None:
    study = standin_study(pruner=pruner, epochs=3, trials=8, replicates=5 if pruner == "wilcoxon" else 1, seed=1)
    root = tmp_path / "store"
    root.mkdir()
    fresh = searched(root, study, jobs=jobs, into=opened(root, study, "fresh"))
    assert len(fresh) == 8
    assert {state for state, *_ in fresh} == {"COMPLETE", "PRUNED"}

    class Interrupt(Notes):
        def epoch(self, number: int, epoch: int, score: float) -> None:
            if (number, epoch) in places:
                places.remove((number, epoch))
                raise KeyboardInterrupt

    places, kept = {(0, 1), (3, 2), (6, 1)}, opened(root, study, "interrupted")
    while places:
        with pytest.raises(KeyboardInterrupt):
            searched(root, study, Interrupt(), jobs=jobs, into=kept)
        assert not [trial for trial in kept.trials if trial.state.name == "RUNNING"]
    assert searched(root, study, jobs=jobs, into=kept) == fresh


def test_a_users_metric_scores_a_trial_from_its_kept_predictions_on_validation(tmp_path: Path) -> None:
    study, queue = standin_study(), StandinTrialQueue([OWN])
    own = dataclasses.replace(study, plan=dataclasses.replace(study.plan, metric="ablation.metrics.correlation:MCC"))
    inline(tmp_path, own, queue)
    kept = ContentStore(tmp_path).predictions(study.tryouts(OWN, 0).val)
    assert queue.events[-1] == ("complete", 0, pytest.approx(matthews_corrcoef(kept.labels, kept.decisions)))
