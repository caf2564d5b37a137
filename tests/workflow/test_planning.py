"""What the next run of a file would train again, from the last one's stored plan."""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

import pytest
from small_experiment import SMALL, write_experiment

import ablation
from ablation.experiment.planning import source_hashes
from ablation.experiment.planning.made_again import AddressChange, MadeAgain
from ablation.experiment.planning.plan import Plan
from ablation.experiment.store.plan_store import store_plan
from ablation.stage import OUTCOME
from ablation.workflow.planning import plan_of, trained_again

LOSS = """
from torch import nn

from ablation.recipe.loss import LossSettings


class Own(LossSettings):
    name: str

    def build(self, class_weights):
        return nn.CrossEntropyLoss(weight=class_weights, reduction="none")
"""


def planned(file: Path) -> Plan:
    return plan_of(file, options=options(file))


def options(file: Path) -> ablation.Options:
    return ablation.Options(root=file.parent / "store", device="cpu")


def write_module(file: Path, text: str) -> None:
    """Write a module, as new code that this process reads anew."""
    file.write_text(text)
    os.utime(file, ns=(file.stat().st_mtime_ns + 10**9,) * 2)
    sys.modules.pop(file.stem, None)
    importlib.invalidate_caches()
    for cached in (source_hashes.source_hash, source_hashes._reached, source_hashes._imports):
        cached.cache_clear()


def test_a_run_says_which_component_of_the_last_one_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / f"own_again_{tmp_path.name}.py"
    monkeypatch.syspath_prepend(tmp_path)
    write_module(module, LOSS)
    text = SMALL.replace("loss: {name: focal}", f"loss: '{module.stem}:Own'")
    file = write_experiment(tmp_path, text)
    last, store = planned(file), options(file).store
    assert trained_again(last, file, options(file)) is None
    for address in (run.train for run in last.runs):
        store.folder(address).mkdir(parents=True, exist_ok=True)
        (store.folder(address) / OUTCOME).write_text("{}")
    store_plan(last, file, store)
    write_module(module, LOSS.replace('"none")', '"none")  # as it is'))
    assert trained_again(planned(file), file, options(file)) is None
    write_module(module, LOSS.replace("weight=class_weights, ", ""))
    again = trained_again(planned(file), file, options(file))
    held = {run.train for run in last.runs if "Focal loss" in last.variant(run.variant).rungs}
    assert again == MadeAgain(len(held), (AddressChange("code", module.stem),))
