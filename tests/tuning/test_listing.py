"""Who asks where studies stand is told from the storage alone, and leaves nothing behind."""

from __future__ import annotations

from pathlib import Path

import pytest
from function_study import OWN, function_plan

from ablation.errors import UserError
from ablation.invocation import Invocation
from ablation.tuning.listing import states_of
from ablation.tuning.storage import open_storage
from ablation.tuning.study import open_study

ASKED = Invocation("x.yaml", storage="a.journal")


def test_looking_for_studies_makes_no_storage(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"no study of 'digits' yet\n  begin one with: ablation tune x\.yaml --storage a\.journal$"
    ):
        states_of(tmp_path, None, "digits", ASKED)
    assert not list(tmp_path.iterdir())


def test_the_studies_of_an_experiment_are_told_and_no_others(tmp_path: Path) -> None:
    opened = open_storage(tmp_path, str(tmp_path / "a.journal"))
    open_study(opened, function_plan(trials=7), OWN)
    open_study(opened, function_plan(name="faces: baseline", experiment="faces"), OWN)
    (state,) = states_of(tmp_path, opened.url, "digits", ASKED)
    assert (state.study, state.row, state.asked) == ("digits: + Focal loss", "+ Focal loss", 7)
    assert [trial.status for trial in state.trials] == ["waiting"]
    with pytest.raises(UserError, match="no study of 'cars' yet"):
        states_of(tmp_path, opened.url, "cars", ASKED)
