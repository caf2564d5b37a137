"""The numbers of a finished run: the time of its parts, and the means of its variant."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

from standin_plan import standin_plan
from standin_store import finished

from ablation.experiment.store.content_store import ContentStore
from ablation.recording.content import time_split, variant_metrics


def amend(store: ContentStore, address: str, **values: object) -> None:
    """Put keys into an outcome, as newer workers do."""
    file = store.folder(address) / "outcome.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | values))


def test_the_time_of_a_run_is_split_and_summed_over_what_it_stands_on(root: Path) -> None:
    plan = standin_plan(variants=2, replicates=2)
    store = finished(plan, root)
    assert all(time_split([run], plan, store) == {} for run in plan.runs), "older outcomes say nothing of it"
    run = plan.runs[0]
    amend(store, run.train, time={"data": 1.0, "optimizer": 2.0}, waiting=0.5)
    for address in (run.val, run.test):
        amend(store, address, waiting=0.25)
    assert time_split([run], plan, store) == {"data": 1.0, "optimizer": 2.0, "waiting": 1.0}
    parts = dataclasses.replace(run, needed=(plan.runs[2].train, *run.needed))
    assert time_split([parts], plan, store) == {}, "one part says nothing"
    amend(store, plan.runs[2].train, time={"data": 0.5, "setup": 9.0}, waiting=0.0)
    assert time_split([parts], plan, store) == {"data": 1.5, "optimizer": 2.0, "setup": 9.0, "waiting": 1.0}


def test_what_only_a_later_part_of_a_training_does_is_in_its_time_and_in_its_variants(root: Path) -> None:
    plan = standin_plan(variants=2, replicates=2)
    store = finished(plan, root)
    first, second = plan.runs_of(plan.ladder_rows[0])
    amend(store, first.train, time={"data": 1.0})
    amend(store, second.train, time={"data": 3.0, "augmentation": 4.0})
    parts = dataclasses.replace(second, needed=(first.train, *second.needed))
    assert time_split([parts], plan, store) == {"data": 4.0, "augmentation": 4.0}
    means = variant_metrics([first, second], plan, store)
    assert means["summary/time_data_seconds"] == 2.0
    assert means["summary/time_augmentation_seconds"] == 2.0
    amend(store, first.train, time={})
    assert not any(name.startswith("summary/time_") for name in variant_metrics([first, second], plan, store))
