from __future__ import annotations

from hypothesis import given
from rungs_and_needs import needed_by, rungs, with_requirements

from ablation.experiment.config.designs.leave_one_out import leave_one_out


@given(with_requirements())
def test_leaving_one_out_takes_along_just_what_stands_on_it(asked: tuple[list[str], dict[str, list[str]]]) -> None:
    names, requires = asked
    for pick in leave_one_out(names, requires):
        assert list(pick.rungs) == [name for name in names if pick.about not in needed_by(name, requires)]


@given(rungs)
def test_every_rung_is_left_out_once(names: list[str]) -> None:
    assert [pick.about for pick in leave_one_out(names, dict.fromkeys(names, ()))] == names
