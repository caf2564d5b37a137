"""A training that is not wanted any longer leaves its last epoch, and goes on from there as if never stopped."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from bench import Bench, assert_equal

from ablation.core.training.state import Checkpoint
from ablation.stage import Stopped

PATCH = {"model": {"head": {"dropout": 0.3}}, "schedule": {"name": "onecycle"}, "train": {"epochs": 3}}


class Stopping:
    """A progress that lets go of the training at this epoch."""

    def __init__(self, last: int) -> None:
        self.last, self.reported = last, list[int]()

    def __call__(self, number: int, metrics: Mapping[str, float]) -> None:
        self.reported.append(number)
        if number == self.last:
            raise Stopped


@pytest.mark.parametrize("last", [1, 3])
def test_a_stopped_training_goes_on_from_the_epoch_it_was_stopped_at_and_ends_as_one_that_was_not(
    bench: Bench, last: int
) -> None:
    whole = bench.train("whole", PATCH)
    workspace = bench.workspace("stopped", checkpoint_seconds=1e9)  # so that no other checkpoint is due
    with pytest.raises(Stopped):
        bench.run_train(bench.task(PATCH), workspace, Stopping(last))
    assert not list(workspace.output.iterdir())
    assert len(Checkpoint(workspace.scratch, 1e9).last()["history"]) == last
    after = Stopping(last=0)
    assert_equal(bench.run_train(bench.task(PATCH), workspace, after), whole)
    assert after.reported == list(range(last + 1, 4))


def test_so_does_one_that_is_stopped_in_its_second_part(bench: Bench) -> None:
    patch = PATCH | {"phases": {"larger": {"start": 1, "patch": {"data": {"image_size": 16}}}}}
    whole, (before, _) = bench.train("whole", patch), bench.train_in_parts("part", patch)
    workspace = bench.workspace("stopped", checkpoint_seconds=1e9, state=before.folder)
    with pytest.raises(Stopped):
        bench.run_train(bench.task(patch), workspace, Stopping(2))
    again = bench.run_train(bench.task(patch), workspace)
    assert_equal(again, whole)
    assert again.outcome["epochs"] == 2
