"""The studies of every variant, before the first of them is driven."""

from __future__ import annotations

from pathlib import Path

import pytest
from tiny_experiment import tiny_file

from ablation.errors import UserError
from ablation.workflow.options import Options
from ablation.workflow.tuning import Search, tune


def test_all_studies_are_checked_before_a_trial_of_any_is_trained(tmp_path: Path) -> None:
    file = tiny_file(tmp_path, epochs=3)
    short = "  - name: Short\n    patch: {train: {epochs: 2}}\n"
    file.write_text(file.read_text() + short + "tune: {trials: 1, pruner: hyperband}\n")
    options = Options(tmp_path / "runs", "cpu", 1, track=False)
    with pytest.raises(UserError, match="2 epochs are too few"):
        tune(file, search=Search(each=True), options=options)
    assert not list((tmp_path / "runs").rglob("outcome.json"))
