"""From a store to the table: holes and mixtures take the verdicts, and say how to mend them."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from standin_plan import standin_plan
from standin_store import finish, finished

from ablation.analysis.table.analyse import analyse
from ablation.analysis.table.table import Table
from ablation.analysis.verdict.validity import Problem
from ablation.analysis.verdict.verdict import Missing, Unfinished
from ablation.experiment.planning.plan import Plan, Run
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.preregistration import register
from ablation.experiment.store.provenance import discard_outdated
from ablation.invocation import CHANGE, RENEW, RUN, Remedy
from ablation.reporting.formats import formats
from ablation.reporting.texts.footer import footer
from ablation.reporting.texts.verdict_text import fault_text
from ablation.stage import DEATHS, OUTCOME, PREDICTIONS

PLAN = standin_plan(variants=4, replicates=5)


def run_of(variant: str, replicate: int) -> Run:
    return PLAN.runs_of(variant)[replicate]


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return finished(PLAN, tmp_path)


def judged(store: ContentStore, plan: Plan = PLAN) -> Table:
    return analyse(plan, store)


def words(table: Table) -> set[str]:
    return {row.verdict.word for row in table.rows[1:]}


def lose(store: ContentStore) -> None:
    shutil.rmtree(store.folder(run_of("+ rung 1", 2).test))


def fail(store: ContentStore) -> None:
    lose(store)
    store.fail(run_of("+ rung 1", 2).test, "MemoryError: no room")


def kill(store: ContentStore) -> None:
    lose(store)
    store.fail(run_of("+ rung 1", 2).test, f"3 {DEATHS}")


def lose_more(store: ContentStore) -> None:
    for replicate in range(3):
        shutil.rmtree(store.folder(run_of("+ rung 2", replicate).test))


def rewrite(store: ContentStore, name: str, value: str) -> None:
    path = store.folder(run_of("+ rung 1", 2).test) / OUTCOME
    outcome = json.loads(path.read_text())
    outcome["made_with"][name] = value
    path.write_text(json.dumps(outcome))


def other_images(store: ContentStore) -> None:
    path = store.folder(run_of("+ rung 1", 2).test) / PREDICTIONS
    with np.load(path) as kept:
        arrays = dict(kept)
    arrays["ids"] = arrays["ids"] + 1
    np.savez(path, **arrays)


def no_score(store: ContentStore) -> None:
    path = store.folder(run_of("+ rung 1", 2).test) / OUTCOME
    outcome = json.loads(path.read_text())
    outcome["metrics"]["accuracy"] = float("nan")
    path.write_text(json.dumps(outcome))


HARM: dict[str, tuple[Callable[[ContentStore], None], str, Remedy]] = {
    "a missing run": (lose, "+ rung 1: 4 of 5 runs finished", RUN),
    "a failed run": (fail, "+ rung 1: 4 of 5 runs finished, 1 failed (MemoryError: no room)", CHANGE),
    "a killed run": (kill, "+ rung 1: 4 of 5 runs finished, 1 failed (3 worker processes died on it)", RUN),
    "unequal replicates": (lose_more, "+ rung 2: 2 of 5 runs finished", RUN),
    "other data": (
        lambda store: rewrite(store, "data", "0" * 64),
        "+ rung 1 (1 runs): made from other data than planned",
        RENEW,
    ),
    "other code": (
        lambda store: rewrite(store, "torch", "1.0"),
        "+ rung 1 (1 runs): made with other code than the rest",
        RENEW,
    ),
    "other test images": (
        other_images,
        "+ rung 1 (1 runs): tested on other images than the rest",
        RENEW,
    ),
}


def test_a_whole_store_is_judged(store: ContentStore) -> None:
    table = judged(store)
    assert table.valid
    assert "invalid" not in words(table)


@pytest.mark.parametrize("harm", HARM)
def test_what_is_wrong_with_the_runs_takes_every_verdict_and_names_its_cure(store: ContentStore, harm: str) -> None:
    spoil, what, remedy = HARM[harm]
    spoil(store)
    table = judged(store)
    assert words(table) == {"invalid"}
    assert [(fault_text(each.fault), each.remedy) for each in table.problems] == [(what, remedy)]


def test_what_failed_is_distinguished_from_what_is_missing(store: ContentStore) -> None:
    fail(store)
    shutil.rmtree(store.folder(run_of("+ rung 1", 3).test))
    assert judged(store).problems == (
        Problem(("+ rung 1",), Unfinished("+ rung 1", 3, 5, 1, "MemoryError: no room"), CHANGE),
        Problem(("+ rung 1",), Missing("+ rung 1", 1, 5), RUN),
    )


@pytest.mark.parametrize("harm", ["a missing run", "a failed run"])
def test_a_hole_shows_in_every_form(store: ContentStore, harm: str) -> None:
    HARM[harm][0](store)
    table = judged(store)
    for each in formats().values():
        assert "invalid" in each.render(table, None), each.name


@pytest.mark.parametrize("harm", ["other data", "other code"])
def test_renewing_makes_a_mixed_store_whole_again(
    store: ContentStore, harm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = store.outcome(run_of("baseline", 0).test)["made_with"]
    versions = {name: version for name, version in made.items() if name != "data"}
    monkeypatch.setattr("ablation.experiment.store.provenance.versions", lambda: versions)
    stages = {
        **PLAN.stages,
        **{run.test: PLAN.stages[run.test] for run in PLAN.runs},
    }
    HARM[harm][0](store)
    plan = PLAN
    gone = discard_outdated(plan, store)
    assert run_of("+ rung 1", 2).test in gone
    assert not any(store.has(address) for address in gone)
    finish([stage for address, stage in stages.items() if address in gone], store)
    assert judged(store).valid


def test_the_order_of_the_runs_changes_no_byte_of_the_report(store: ContentStore) -> None:
    from dataclasses import replace

    shuffled = replace(PLAN, runs=tuple(sorted(PLAN.runs, key=lambda run: run.address)))
    one, other = judged(store), judged(store, shuffled)
    for each in formats().values():
        assert each.render(one, None) == each.render(other, None), each.name


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1", "balanced_accuracy"])
def test_which_replicate_has_which_numbers_changes_no_byte_of_the_report(store: ContentStore, metric: str) -> None:
    from dataclasses import replace

    order = {0: 3, 1: 0, 2: 4, 3: 1, 4: 2}
    renumbered = replace(PLAN, runs=tuple(replace(run, replicate=order[run.replicate]) for run in PLAN.runs))
    one, other = analyse(PLAN, store, metric), analyse(renumbered, store, metric)
    for name in ("text", "csv", "json"):
        assert formats()[name].render(one, None) == formats()[name].render(other, None), name


def test_a_change_of_the_protocol_stands_under_the_table(store: ContentStore) -> None:
    from dataclasses import replace

    register(PLAN, store)
    assert any("as first declared" in line for line in footer(judged(store)))
    changed = replace(PLAN, margin=0.5)
    register(changed, store)
    assert any("margin 1 -> 0.5" in line for line in footer(judged(store, changed)))


def test_steps_and_totals_telescope_with_examples_too(store: ContentStore) -> None:
    rows = judged(store).rows
    steps = np.cumsum([row.step.interval.mean for row in rows[1:] if row.step])
    assert steps == pytest.approx([row.total.interval.mean for row in rows[1:] if row.total])
