from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from small_experiment import SMALL
from standin_plan import standin_plan
from standin_run import is_alive, workers_here
from standin_store import finished

from ablation.errors import UserError
from ablation.experiment.store.plan_store import store_plan
from ablation.workflow import workers
from ablation.workflow.options import Options


@pytest.fixture(autouse=True)
def _light_core(monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes that import next to nothing."""
    monkeypatch.setattr(workers, "IMPORTS", ("json",))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "x.yaml").write_text(SMALL)
    return tmp_path / "x.yaml"


@pytest.fixture
def options(tmp_path: Path) -> Iterator[Options]:
    yield Options(tmp_path / "store", device="cpu", jobs=2)
    assert not workers_here()


def test_a_file_that_was_never_run_has_a_server_before_it_is_planned(
    file: Path, options: Options, monkeypatch: pytest.MonkeyPatch
) -> None:
    with workers.started_early(file, [], None, options) as early:
        assert early is not None
        assert len(started := workers_here()) == 1
        monkeypatch.setenv("SET_MEANWHILE", "by a library that was imported")
        with workers.worker_start(1, early) as start:
            assert start == early.start
    assert not any(map(is_alive, started))


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_it_ends_where_planning_fails(file: Path, options: Options, error: type[BaseException]) -> None:
    started: list[psutil.Process] = []

    def plan_in_vain() -> None:
        with workers.started_early(file, [], None, options):
            started.extend(workers_here())
            raise error

    with pytest.raises(error):
        plan_in_vain()
    assert len(started) == 1
    assert not any(map(is_alive, started))


def test_it_is_not_taken_where_the_work_turns_out_to_want_more_threads(file: Path, options: Options) -> None:
    with workers.started_early(file, [], None, options) as early:
        assert early is not None
        with workers.worker_start(2, early) as start:
            assert start != early.start


def test_a_file_whose_last_plan_is_done_starts_none(file: Path, options: Options) -> None:
    plan = standin_plan(replicates=2)
    store_plan(plan, file, finished(plan, options.root))
    for replicates in (None, 2):
        with workers.started_early(file, [], replicates, options) as early:
            assert early is None
    for overrides, replicates in ((["train.epochs=9"], None), ([], 3)):
        with workers.started_early(file, overrides, replicates, options) as early:
            assert early is not None
    with workers.started_early(file, [], None, options, "confirm") as early:
        assert early is not None


def test_a_file_whose_last_plan_lacks_a_stage_starts_them(file: Path, options: Options) -> None:
    plan = standin_plan()
    store_plan(plan, file, finished(plan, options.root))
    options.store.discard(plan.runs[-1].test)
    with workers.started_early(file, [], None, options) as early:
        assert early is not None


@pytest.mark.parametrize("text", ["rungs: {a: 1}", "name: x\nreplicates: many"])
def test_what_a_file_says_wrongly_is_left_to_planning(tmp_path: Path, options: Options, text: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    with workers.started_early(tmp_path / "bad.yaml", [], None, options) as early:
        assert early is not None


def test_a_file_that_cannot_be_read_is_refused_before_anything_starts(tmp_path: Path, options: Options) -> None:
    (tmp_path / "bad.yaml").write_text("rungs: [")
    for name in ("bad.yaml", "none.yaml"):
        with pytest.raises(UserError, match=name), workers.started_early(tmp_path / name, [], None, options):
            pytest.fail("it went on")


@pytest.mark.parametrize(
    ("raw", "overrides", "threads"),
    [
        ({"baseline": {"data": {}}}, [], 1),
        ({"baseline": {"train": {"threads": 2}}}, [], 2),
        ({"baseline": {}, "rungs": [{"patch": {"train": {"threads": 4}}}, {"patch": None}]}, [], 4),
        ({"baseline": {"train": {"threads": 2}}}, ["train.threads=3", "loss.gamma=9"], 3),
        ({"baseline": {}}, ["A rung/train.threads=8"], 8),
        ({"baseline": {"train": {"threads": "many"}}}, ["train.threads=many"], 1),
    ],
)
def test_the_guess_of_threads(raw: dict[str, object], overrides: list[str], threads: int) -> None:
    assert workers._likely_threads(raw, overrides) == threads
