"""The record of what was declared, changed and looked at."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
from pathlib import Path

import pytest
from ladders import plan_of, promised

from ablation.errors import UserError
from ablation.experiment.planning.plan import Plan, Rung
from ablation.experiment.planning.plan_format import dump_plan, load_plan
from ablation.experiment.planning.tuned import Tuned
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.preregistration import (
    ChangedRungs,
    ChangedSetting,
    ChangedTuning,
    Preregistration,
    Protocol,
    ProtocolChange,
    note_look,
    preregistration,
    register,
)


@pytest.fixture
def store(tmp_path: Path) -> ContentStore:
    return ContentStore(tmp_path / "store")


def plan(**changes: object) -> Plan:
    rungs = [Rung(name, promised(1), ()) for name in ("a", "b", "c")]
    return dataclasses.replace(plan_of(rungs, replicates=5), **changes)  # type: ignore[arg-type]


def rungs(*names: str) -> tuple[Rung, ...]:
    return tuple(Rung(name, (), ()) for name in names)


def files(store: ContentStore) -> list[Path]:
    return sorted((store.root / "protocols").iterdir())


def test_the_first_run_declares_and_later_equal_ones_add_nothing(store: ContentStore) -> None:
    register(plan(), store)
    (kept,) = files(store)
    before = kept.read_bytes()
    register(plan(), store)
    assert files(store) == [kept]
    assert kept.read_bytes() == before
    assert preregistration(plan(), store) == Preregistration(Protocol.of(plan()), (), ())


def test_changes_are_reported_in_order_and_against_the_run_before(store: ContentStore) -> None:
    for changed in (plan(), plan(margin=1.0), plan(margin=1.0, replicates=8), plan(replicates=8)):
        register(changed, store)
    found = preregistration(plan(), store)
    assert found.first == Protocol.of(plan())
    assert found.changes == (
        ChangedSetting("margin", 2.0, 1.0),
        ChangedSetting("replicates", 5, 8),
        ChangedSetting("margin", 1.0, 2.0),
    )


@pytest.mark.parametrize(
    ("changed", "changes"),
    [
        ({"metric": "macro_f1"}, (ChangedSetting("metric", "accuracy", "macro_f1"),)),
        ({"alpha": 0.01}, (ChangedSetting("alpha", 0.05, 0.01),)),
        ({"protocol": "resampled"}, (ChangedSetting("protocol", "fixed_test", "resampled"),)),
        ({"looks": (5, 10)}, (ChangedSetting("looks", (), (5, 10)),)),
        ({"designs": ("ladder", "both_ends")}, (ChangedSetting("designs", ("ladder",), ("ladder", "both_ends")),)),
        ({"rungs": rungs("a", "c")}, (ChangedRungs("removed", ("b",)),)),
        ({"rungs": rungs("a", "d", "b", "c", "e")}, (ChangedRungs("added", ("d", "e")),)),
        ({"rungs": rungs("c", "a", "b")}, (ChangedRungs("order", ("c", "a", "b")),)),
        (
            {"rungs": rungs("d", "c", "a"), "seed": 0},
            (ChangedRungs("removed", ("b",)), ChangedRungs("added", ("d",)), ChangedRungs("order", ("c", "a"))),
        ),
        (
            {"alpha": 0.1, "margin": 1.5, "rungs": rungs("a", "b")},
            (ChangedRungs("removed", ("c",)), ChangedSetting("margin", 2.0, 1.5), ChangedSetting("alpha", 0.05, 0.1)),
        ),
    ],
)
def test_every_change_is_kept(
    store: ContentStore, changed: dict[str, object], changes: tuple[ProtocolChange, ...]
) -> None:
    register(plan(), store)
    register(plan(**changed), store)
    assert preregistration(plan(), store).changes == changes


@pytest.mark.parametrize(
    "changed", [{"promises": ()}, {"key": "other"}, {"notices": ("x",)}, {"environment": {}}, {"left_out": {"a": "b"}}]
)
def test_what_no_claim_stands_on_is_no_change(store: ContentStore, changed: dict[str, object]) -> None:
    register(plan(), store)
    register(plan(**changed), store)
    assert preregistration(plan(), store).changes == ()


@pytest.mark.parametrize("other", [{"name": "else"}, {"seed": 1}, {"overrides": ("train.epochs=9",)}])
def test_another_name_seed_or_override_is_another_ladder(store: ContentStore, other: dict[str, object]) -> None:
    register(plan(), store)
    register(plan(margin=9.0, **other), store)
    assert len(files(store)) == 2
    assert preregistration(plan(), store).changes == ()
    assert preregistration(plan(**other), store).first.margin == 9.0


def test_looks_are_kept_once_each_in_the_order_they_came(store: ContentStore) -> None:
    register(plan(), store)
    for number in (5, 8, 5, 8, 3):
        note_look(plan(replicates=number), store)
    assert preregistration(plan(), store).looks == (5, 8, 3)


def test_a_ladder_that_was_never_registered_has_its_own_protocol(store: ContentStore) -> None:
    assert preregistration(plan(), store) == Preregistration(Protocol.of(plan()), (), ())
    assert not store.root.exists()


@pytest.mark.parametrize("purpose", ["confirm", "calibrate"])
def test_plans_that_are_no_ladders_declare_nothing(store: ContentStore, purpose: str) -> None:
    register(plan(purpose=purpose), store)
    note_look(plan(purpose=purpose), store)
    assert not store.root.exists()


def test_what_is_known_already_is_not_written(store: ContentStore) -> None:
    register(plan(), store)
    note_look(plan(), store)
    (kept,) = files(store)
    before = kept.stat().st_mtime_ns
    with store.lock(f"protocol-{kept.stem}"):  # a reader needs no lock
        register(plan(), store)
        note_look(plan(), store)
        assert preregistration(plan(), store).looks == (5,)
    assert kept.stat().st_mtime_ns == before


def test_the_hash_changes_with_everything_declared_and_survives_json() -> None:
    first = Protocol.of(plan())
    others: list[dict[str, object]] = [
        {"rungs": rungs("a")}, {"metric": "mcc"}, {"margin": 3.0}, {"alpha": 0.1}, {"protocol": "resampled"},
        {"replicates": 6}, {"looks": (5,)}, {"designs": ("ladder", "full")},
    ]  # fmt: skip
    hashes = {Protocol.of(plan(**each)).hash for each in others} | {first.hash}
    assert len(hashes) == len(others) + 1 == len(dataclasses.fields(Protocol)) - len(("tuned", "each")) + 1
    assert Protocol.of(load_plan(dump_plan(plan()))).hash == first.hash


def best(values: dict[str, float], each: bool = False) -> Tuned:
    numbers = {"number": 0, "score": 0.9, "own_score": 0.8, "trials": 8, "pruned": 0, "failed": 0, "replicates": 1}
    words = {"study": "x: + c", "row": "+ c", "definition": "d", "metric": "accuracy", "sampler": "tpe"}
    return Tuned(**words, **numbers, each=each, values=values, pruner="none")  # type: ignore[arg-type]


def test_tuning_what_was_declared_is_no_change_and_tuning_it_otherwise_is(store: ContentStore) -> None:
    untuned = plan(declared_rungs=("a", "b", "c", "Tuned"), unplanned=("Tuned",))
    tuned = plan(
        declared_rungs=untuned.declared_rungs, rungs=rungs("a", "b", "c", "Tuned"), tuned=(best({"optimizer.lr": 0.1}),)
    )
    assert Protocol.of(untuned).hash == Protocol.of(tuned).hash
    for each in (untuned, tuned, untuned, tuned):
        register(each, store)
    assert preregistration(tuned, store).changes == (ChangedTuning("removed"),)
    register(plan(declared_rungs=untuned.declared_rungs, tuned=(best({"optimizer.lr": 0.2}),)), store)
    assert preregistration(tuned, store).changes[1:] == (ChangedTuning("replaced"),)


def test_giving_every_variant_its_own_study_is_a_change(store: ContentStore) -> None:
    for tuned in ((), (best({}, each=True), best({"optimizer.lr": 0.2}, each=True)), ()):
        register(plan(tuned=tuned), store)
    assert preregistration(plan(), store).changes == (ChangedTuning("each_added"), ChangedTuning("each_removed"))


def test_a_record_from_before_there_was_tuning_is_not_declared_again(store: ContentStore) -> None:
    register(plan(), store)
    (kept,) = files(store)
    record = json.loads(kept.read_text())
    for name in ("tuned", "each"):
        del record["declared"][0][name]
    kept.write_text(json.dumps(record))
    register(plan(), store)
    assert json.loads(kept.read_text()) == record
    assert preregistration(plan(), store).first == Protocol.of(plan())


def test_a_damaged_record_is_an_error_that_names_its_file(store: ContentStore) -> None:
    register(plan(), store)
    (kept,) = files(store)
    kept.write_bytes(kept.read_bytes()[:-2])
    with pytest.raises(UserError, match=rf"^{kept}: the record .* cannot be read\n  restore the file, or remove it"):
        preregistration(plan(), store)


def look(root: Path, number: int) -> None:
    store = ContentStore(root)
    register(plan(margin=float(number)), store)
    note_look(plan(replicates=number), store)


def test_processes_that_write_at_once_lose_nothing(store: ContentStore) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=look, args=(store.root, number)) for number in range(1, 13)]
    for each in workers:
        each.start()
    for each in workers:
        each.join()
    (kept,) = files(store)
    record = json.loads(kept.read_text())
    assert sorted(record["looks"]) == [*range(1, 13)]
    assert sorted(each["margin"] for each in record["declared"]) == [*range(1, 13)]
