from __future__ import annotations

import tracemalloc
from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from instant_pool import CountingStore, InstantPool
from standin_plan import standin_plan

from ablation.experiment.execution.executor import Executor
from ablation.experiment.execution.ready_queue import ReadyQueue
from ablation.stage import Stage


def stage(address: str, *needs: str, kind: str = "train") -> Stage:
    return Stage(address, kind, {}, {str(number): need for number, need in enumerate(needs)}, 0.0)  # type: ignore[arg-type]


def agenda_of(*stages: Stage) -> ReadyQueue:
    agenda = ReadyQueue()
    agenda.add({each.address: each for each in stages})
    return agenda


def taken(agenda: ReadyQueue, others_run: bool = False) -> list[str]:
    found = []
    while job := agenda.take(others_run):
        found.append(job.stage.address)
    return found


def test_a_job_waits_for_all_that_it_needs_and_for_nothing_else() -> None:
    agenda = agenda_of(stage("c", "a", "b"), stage("a"), stage("b"), stage("d", "in the store"))
    assert taken(agenda) == ["a", "b", "d"]
    agenda.done("a")
    assert taken(agenda) == []
    agenda.done("b")
    assert taken(agenda) == ["c"]


def test_what_is_wanted_first_is_taken_first_however_late_it_can_start() -> None:
    agenda = agenda_of(stage("a"), stage("b", "a"), stage("c"), stage("d"))
    assert agenda.take(False).stage.address == "a"  # type: ignore[union-attr]
    agenda.done("a")
    assert taken(agenda) == ["b", "c", "d"]


def test_one_to_be_done_alone_waits_until_no_other_runs_and_holds_up_none() -> None:
    agenda = agenda_of(stage("a", kind="latency"), stage("b"))
    assert agenda.together == 1
    assert taken(agenda, others_run=True) == ["b"]
    agenda.isolate(agenda["b"])
    agenda.offer(agenda["b"])
    assert agenda.together == 0
    assert taken(agenda, others_run=True) == []
    assert taken(agenda) == ["a", "b"]


def test_one_that_was_dropped_is_not_taken_and_one_that_is_added_again_once() -> None:
    agenda = agenda_of(stage("a"), stage("b", "a"))
    agenda.drop("a")
    assert taken(agenda) == []
    agenda.add({"a": stage("a")})
    assert taken(agenda) == ["a"]
    agenda.done("a")
    assert taken(agenda) == ["b"]


def test_one_that_is_postponed_is_taken_later(monkeypatch: pytest.MonkeyPatch) -> None:
    agenda = agenda_of(stage("a"))
    monkeypatch.setattr("ablation.experiment.execution.ready_queue.time.monotonic", lambda: now)
    now, job = 0.0, agenda.take(False)
    assert job is not None
    agenda.postpone(job, 0.5)
    now = 0.4
    assert taken(agenda) == []
    now = 0.5
    assert taken(agenda) == ["a"]


def test_what_fails_names_those_that_waited_for_it() -> None:
    agenda = agenda_of(stage("a"), stage("b", "a"), stage("c", "b"), stage("d", "a"))
    assert agenda.fail("a") == ("b", "d")
    assert len(agenda) == 3


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sets(st.integers(0, 30)), max_size=12), st.sets(st.integers(0, 11)))
def test_any_graph_is_done_in_an_order_that_it_allows(wanted: list[set[int]], alone: set[int]) -> None:
    stages = {
        str(number): stage(
            str(number),
            *(str(need) for need in sorted(needs) if need < number),
            kind="latency" if number in alone else "train",
        )
        for number, needs in enumerate(wanted)
    }
    pool = run_of(dict(reversed(stages.items())))[0]
    assert sorted(pool.order) == sorted(stages)
    for place, address in enumerate(pool.order):
        assert set(stages[address].needs.values()) <= set(pool.order[:place])


def run_of(stages: Mapping[str, Stage]) -> tuple[InstantPool, CountingStore]:
    store = CountingStore()
    pool = InstantPool(store)
    assert not Executor(stages, store, pool, []).run()  # type: ignore[arg-type]
    return pool, store


def test_a_failure_reaches_each_that_needs_it_once_in_whatever_way() -> None:
    class Told:
        def __init__(self) -> None:
            self.reasons: list[tuple[str, str]] = []

        def failed(self, address: str, reason: str) -> None:
            self.reasons.append((address, reason))

    told, store = Told(), CountingStore()
    executor = Executor({}, store, InstantPool(store), [told])  # type: ignore[arg-type, list-item]
    executor.add({each.address: each for each in (stage("a"), stage("b", "a"), stage("c", "a", "b"), stage("d"))})
    executor._fail("a", "no luck")
    assert told.reasons == [("a", "no luck"), ("b", "needs a, which failed"), ("c", "needs b, which failed")]
    assert executor.failures.keys() == {"a", "b", "c"}


@pytest.mark.parametrize("variants", [10, 80])
def test_the_questions_to_the_store_are_a_few_a_stage_however_many_there_are(variants: int) -> None:
    plan = standin_plan(variants=variants, replicates=5)
    _, store = run_of(plan.stages)
    assert store.questions <= 2 * len(plan.stages)


def test_the_parents_memory_is_flat_while_a_thousand_runs_pass_through_it() -> None:
    plan, store, sizes = standin_plan(variants=50, replicates=20), CountingStore(), list[int]()

    class Watch:
        def began(self, address: str) -> None: ...

        def done(self, address: str) -> None:
            if len(store.finished) in (600, 2500):  # a fifth of the runs, and nearly all
                sizes.append(tracemalloc.get_traced_memory()[0])

    assert len(plan.runs) == 1000
    executor = Executor(plan.stages, store, InstantPool(store), [Watch()])  # type: ignore[arg-type, list-item]
    tracemalloc.start()
    try:
        executor.run()
    finally:
        tracemalloc.stop()
    assert sizes[-1] - sizes[0] < 1_000_000
