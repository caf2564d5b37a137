from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import child_targets
import pytest
from small_experiment import SMALL
from tiny_experiment import tiny_file

from ablation import Options
from ablation.errors import UserError
from ablation.experiment.config.source import source_of
from ablation.experiment.execution.fork_server import ForkServer, can_fork
from ablation.workflow import running
from ablation.workflow.planning import plan_of

pytestmark = pytest.mark.skipif(not can_fork(), reason="this system does not fork safely")


@pytest.fixture(scope="module")
def early() -> Iterator[ForkServer]:
    support = str(Path(child_targets.__file__).parent)
    with closing(ForkServer([], {**os.environ, "PYTHONPATH": support})) as server:
        yield server


@pytest.fixture
def options(tmp_path: Path) -> Options:
    return Options(tmp_path / "store", device="cpu", track=False)


@pytest.mark.slow
def test_a_plan_made_by_another_process_is_the_plan(early: ForkServer, options: Options, tmp_path: Path) -> None:
    file = tiny_file(tmp_path)
    planning = partial(plan_of, source_of(file), ("train.epochs=3",), 2, options)
    assert running._planned(early, planning, options) == running._planned(None, planning, options)


@pytest.mark.slow
def test_a_mistake_is_the_same_wherever_the_plan_is_made(early: ForkServer, options: Options, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(SMALL.replace("margin", "margn"))
    told = []
    for server in (early, None):
        with pytest.raises(UserError) as caught:
            running._planned(server, partial(plan_of, source_of(file), (), 2, options), options)
        told.append(str(caught.value))
    assert told[0] == told[1]
    assert "margn" in told[0]


def test_a_planner_that_is_killed_is_a_message(early: ForkServer, options: Options) -> None:
    with pytest.raises(UserError, match=r"died(?s:.*)memory"):
        running._planned(early, child_targets.die, options)  # type: ignore[arg-type]
