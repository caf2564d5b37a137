from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest
from function_study import LOSS, OWN, RATE, function_plan, queue_of, suggest, work
from optuna.trial import FrozenTrial, TrialState

from ablation.experiment.search.space import Parameter, SearchSpace
from ablation.tuning.heartbeat import WORKER_ATTRIBUTE
from ablation.tuning.storage import OpenedStorage, open_storage
from ablation.tuning.study import open_study
from ablation.tuning.trial_queue import TrialEnd, TrialQueue

Opener = Callable[[], OpenedStorage]
NAME = function_plan().name


def trials(opened: OpenedStorage) -> list[FrozenTrial]:
    return optuna.load_study(study_name=NAME, storage=opened.storage).trials


def states(opened: OpenedStorage) -> list[str]:
    return [trial.state.name for trial in trials(opened)]


def test_a_study_has_its_trials_the_recipes_own_first_and_then_no_more(opener: Opener, tmp_path: Path) -> None:
    with queue_of(opener(), tmp_path) as queue:
        assert not queue.over
        tried = work(queue)
        assert queue.over
        assert queue.take() is None
    found = trials(opener())
    assert [trial.number for trial in found] == list(range(6))
    assert [trial.user_attrs["values"] for trial in found] == tried
    assert tried[0] == OWN
    assert [trial.user_attrs.get("own", False) for trial in found] == [True] + [False] * 5
    assert all(trial.state is TrialState.COMPLETE for trial in found)


def test_a_trial_that_is_given_back_comes_again_with_its_number_and_values(lasting: Opener, tmp_path: Path) -> None:
    with queue_of(lasting(), tmp_path) as queue:
        work(queue, 1)
        first = queue.take()
        assert first
        queue.report(first, 1, 0.25)
    assert states(lasting()) == ["COMPLETE", "WAITING"]
    with queue_of(lasting(), tmp_path) as other:
        again = other.take()
        assert again
        assert (again.number, again.values) == (first.number, first.values)
        other.report(again, 1, 0.75)  # what was reported before stands
        other.report(again, 2, 0.5)
        other.hand_in(again, TrialEnd("complete", 1.0))
    assert trials(lasting())[1].intermediate_values == {1: 0.25, 2: 0.5}
    assert states(lasting()) == ["COMPLETE", "COMPLETE"]


def test_a_trial_of_a_living_process_is_left_to_it_and_a_dead_ones_is_taken_over(
    memory: Opener, tmp_path: Path
) -> None:
    dying = queue_of(memory(), tmp_path, trials=1).__enter__()
    taken = dying.take()
    with queue_of(memory(), tmp_path, trials=1) as other:
        assert other.take() is None
        assert not other.over
        dying._lock.release(force=True)  # as the operating system does when a process is killed
        again = other.take()
        assert again
        assert taken
        assert again.number == taken.number
        other.hand_in(again, TrialEnd("complete", 0.5))
        dying.hand_in(taken, TrialEnd("complete", 0.9))  # it was not dead after all: the other one's score stands
        assert other.over
    assert [trial.value for trial in trials(memory())] == [0.5]


def test_a_trial_whose_process_died_before_it_could_sign_it_is_taken_over(memory: Opener, tmp_path: Path) -> None:
    study = open_study(memory(), function_plan(), OWN)
    study.ask()
    with queue_of(memory(), tmp_path) as queue:
        taken = queue.take()
        assert taken
        assert (taken.number, taken.values) == (0, OWN)


def test_a_beat_renews_the_sign_of_life_and_costs_nothing_in_between(
    memory: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with queue_of(memory(), tmp_path) as queue:
        queue.take()
        before = trials(memory())[0].user_attrs[WORKER_ATTRIBUTE]
        queue.beat()
        assert trials(memory())[0].user_attrs[WORKER_ATTRIBUTE] == before
        monkeypatch.setattr("ablation.tuning.trial_queue.BEAT_SECONDS", 0.0)
        queue.beat()
        assert trials(memory())[0].user_attrs[WORKER_ATTRIBUTE]["beat"] > before["beat"]


def test_failures_count_with_their_reason_and_an_infinite_score_is_none(opener: Opener, tmp_path: Path) -> None:
    with queue_of(opener(), tmp_path, trials=2) as queue:
        for hand_in in (
            lambda taken: queue.hand_in(taken, TrialEnd("failed", math.nan, "out of memory")),
            lambda taken: queue.hand_in(taken, TrialEnd("complete", -math.inf)),
        ):
            hand_in(queue.take())
        assert queue.take() is None
        assert queue.over
    found = trials(opener())
    assert [trial.state.name for trial in found] == ["FAIL", "COMPLETE"]
    assert [trial.user_attrs.get("reason") for trial in found] == ["out of memory", None]
    assert found[1].value == -math.inf


def test_a_pruned_trial_keeps_its_last_intermediate_value(opener: Opener, tmp_path: Path) -> None:
    with queue_of(opener(), tmp_path, trials=7, pruner="median") as queue:
        for number in range(6):
            taken = queue.take()
            assert taken
            stops = [queue.report(taken, step, 0.9 if number < 5 else 0.1 / step) for step in range(1, 5)]
            assert stops[-1] is (number == 5)
            queue.hand_in(taken, TrialEnd("pruned", math.nan)) if number == 5 else queue.hand_in(
                taken, TrialEnd("complete", 0.9)
            )
    last = trials(opener())[5]
    assert (last.state, last.value) == (TrialState.PRUNED, 0.1 / 4)


def test_an_error_while_values_are_chosen_leaves_the_trial_to_be_taken(memory: Opener, tmp_path: Path) -> None:
    def broken(draw: Callable[[Parameter], object]) -> dict[str, object]:
        draw(RATE)
        raise KeyboardInterrupt

    plan = function_plan()
    study = open_study(memory(), plan, OWN)
    with pytest.raises(KeyboardInterrupt), TrialQueue(study, plan, tmp_path, broken) as queue:
        queue.take()
    assert states(memory()) == ["WAITING"]


@pytest.mark.parametrize(
    ("sampler", "trials"),
    [("random", 4), *(pytest.param(name, 16, marks=pytest.mark.slow) for name in ("tpe", "random", "cmaes", "gp"))],
)
def test_a_study_that_is_interrupted_after_every_trial_is_the_same(sampler: str, trials: int, tmp_path: Path) -> None:
    def tried(name: str, at_once: int) -> list[dict[str, object]]:
        found: list[dict[str, object]] = []
        while len(found) < trials:
            opened = open_storage(tmp_path, str(tmp_path / f"{name}.journal"))
            with queue_of(opened, tmp_path, trials=trials, sampler=sampler) as queue:
                found += work(queue, at_once)
                queue.take()  # killed with a trial under way
        return found

    alone = tried("alone", trials)
    assert tried("again", trials) == alone
    assert tried("interrupted", 1) == alone
    assert len({json.dumps(values) for values in alone}) == trials


def test_another_seed_is_another_study(tmp_path: Path) -> None:
    found = []
    for seed in (0, 1):
        opened = open_storage(tmp_path, str(tmp_path / f"{seed}.journal"))
        with queue_of(opened, tmp_path, seed=seed) as queue:
            found.append(work(queue))
    assert found[0][0] == found[1][0] == OWN
    assert found[0][1:] != found[1][1:]


def test_two_processes_draw_different_values(memory: Opener, tmp_path: Path) -> None:
    with queue_of(memory(), tmp_path) as one, queue_of(memory(), tmp_path) as other:
        taken = [queue.take() for queue in (one, other, one, other)]
    values = [each.values for each in taken if each]
    assert len({json.dumps(each) for each in values}) == 4
    assert [each.number for each in taken if each] == [0, 1, 2, 3]


def test_a_grid_ends_when_every_point_was_tried_once(memory: Opener, tmp_path: Path) -> None:
    rate = Parameter("optimizer.lr", "float", 0.1, 0.1, 0.3, step=0.1)
    gamma = Parameter("loss.gamma", "int", 9, 0, 2)
    parameters = {"optimizer.lr": rate, "loss": LOSS, "loss.gamma": gamma}

    def through(draw: Callable[[Parameter], object]) -> dict[str, object]:
        return suggest(lambda parameter: draw(parameters[parameter.path]))

    plan = function_plan(space=SearchSpace(tuple(parameters.values()), ()), sampler="grid", trials=100)
    own = {"optimizer.lr": 0.1, "loss": {"name": "poly", "epsilon": 1.0}}
    parameters["loss"] = Parameter("loss", "categorical", own["loss"], choices=LOSS.choices)
    with TrialQueue(open_study(memory(), plan, own), plan, tmp_path, through) as queue:
        tried = []
        while taken := queue.take():
            queue.hand_in(taken, TrialEnd("complete", 0.5))
            tried.append(json.dumps(taken.values))
        assert queue.over
    whole = [{"optimizer.lr": lr, "loss": "focal", "loss.gamma": g} for lr in (0.1, 0.2, 0.3) for g in (0, 1, 2)]
    whole += [{"optimizer.lr": lr, "loss": own["loss"]} for lr in (0.1, 0.2, 0.3)]
    assert tried[0] == json.dumps(own)
    assert sorted(tried) == sorted(map(json.dumps, whole))


def test_choices_that_optuna_cannot_store_come_back_as_they_were(memory: Opener, tmp_path: Path) -> None:
    choices = ([0.5, 1.0], "balanced", None, {"name": "x", "a": [1]}, "[0.5, 1.0]", 0.25)
    parameter = Parameter("loss.alpha", "categorical", 0.25, choices=choices)
    plan = function_plan(space=SearchSpace((parameter,), ()), trials=25, sampler="random")
    study = open_study(memory(), plan, {"loss.alpha": 0.25})
    with TrialQueue(study, plan, tmp_path, lambda draw: {"loss.alpha": draw(parameter)}) as queue:
        found = []
        while taken := queue.take():
            found.append(taken.values["loss.alpha"])
            queue.hand_in(taken, TrialEnd("complete", 0.0))
    assert found[0] == 0.25
    assert all(choice in found for choice in choices)
    stored = [trial.user_attrs["values"]["loss.alpha"] for trial in trials(memory())]
    assert stored == found
