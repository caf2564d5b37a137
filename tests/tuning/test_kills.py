"""Processes of one study, killed at random moments and started again; nothing is trained."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from function_study import queue_of, score
from optuna.trial import TrialState

from ablation.tuning.storage import OpenedStorage, open_storage
from ablation.tuning.trial_queue import TrialEnd

TRIALS, KILLS, PROCESSES = 60, 12, 4


def keep_working(root: Path, url: str) -> None:
    """What a process of ``ablation tune`` does: works until all trials are finished, whoever has them."""
    with queue_of(open_storage(root, url), root, trials=TRIALS, sampler="random") as queue:
        while not queue.over:
            taken = queue.take()
            if not taken:
                time.sleep(0.05)
                continue
            for step in range(3):
                queue.report(taken, step, score(taken.values))
                time.sleep(0.1)
            queue.hand_in(taken, TrialEnd("complete", score(taken.values)))


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_four_processes_that_are_killed_at_random_leave_exactly_the_trials_that_were_asked_for(
    lasting: Callable[[], OpenedStorage], tmp_path: Path
) -> None:
    url = lasting().url
    draw, context = random.Random(0), multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["function_study", "ablation.tuning.trial_queue"])

    def started() -> multiprocessing.process.BaseProcess:
        process = context.Process(target=keep_working, args=(tmp_path, url))
        process.start()
        return process

    processes, hits = [started() for _ in range(PROCESSES)], 0
    for _ in range(KILLS):
        time.sleep(draw.uniform(0, 1))
        place = draw.randrange(PROCESSES)
        hits += processes[place].is_alive()
        processes[place].kill()
        processes[place].join()
        processes[place] = started()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * PROCESSES
    assert hits >= KILLS / 2, "most were after the end"
    with queue_of(lasting(), tmp_path, trials=TRIALS) as queue:
        assert queue.over
        found = queue._study.trials
    assert Counter(trial.state for trial in found) == {TrialState.COMPLETE: TRIALS}
    assert [trial.number for trial in found] == list(range(TRIALS))
    assert all(trial.value == score(trial.user_attrs["values"]) for trial in found)
    assert all(set(trial.intermediate_values) == {0, 1, 2} for trial in found)
