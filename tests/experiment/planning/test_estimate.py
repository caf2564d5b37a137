from __future__ import annotations

from pathlib import Path

import pytest
from standin_plan import standin_plan
from standin_store import finish, finished

from ablation.experiment.planning.estimate import kind_of, rates_of, seconds_left
from ablation.experiment.store.content_store import ContentStore


def test_finished_trainings_tell_the_rate_of_their_kind(tmp_path: Path) -> None:
    plan, store = standin_plan(variants=4, replicates=2, epochs=3), ContentStore(tmp_path)
    first, *rest = [stage for stage in plan.stages.values() if stage.kind == "train"]
    finish([first], store)
    rate = 1.0 / 30  # a second for three epochs of ten images
    assert rates_of([first], store) == {kind_of(first): pytest.approx(rate)}
    assert seconds_left(plan, store, measure=pytest.fail) == pytest.approx(rate * 30 * len(rest))


def test_a_kind_without_a_known_rate_is_measured_once(tmp_path: Path) -> None:
    plan, asked = standin_plan(variants=4, replicates=2, epochs=3), []

    def measure(task: object) -> float:
        asked.append(task)
        return 0.5

    assert seconds_left(plan, ContentStore(tmp_path), measure) == pytest.approx(0.5 * 30 * 6)
    assert len(asked) == 1


def test_nothing_is_left_of_a_finished_plan(tmp_path: Path) -> None:
    plan = standin_plan()
    assert seconds_left(plan, finished(plan, tmp_path), measure=pytest.fail) == 0


def test_the_number_of_epochs_is_no_part_of_the_kind() -> None:
    one, other = (next(iter(standin_plan(epochs=epochs).stages.values())) for epochs in (3, 9))
    assert kind_of(one) == kind_of(other)
