"""What every design owes, checked for all that the folder holds."""

from __future__ import annotations

import importlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from rungs_and_needs import rungs, with_requirements

from ablation.errors import UserError
from ablation.experiment.config import designs as folder
from ablation.experiment.config.design import LADDER_DESIGN, Design, Pick, ladder_picks
from ablation.experiment.config.designs import designs
from ablation.experiment.config.schema import schema_text

ALL = designs().values()


def subsets(picks: list[Pick]) -> set[tuple[str, ...]]:
    return {pick.rungs for pick in picks}


def test_a_file_may_name_every_design_and_the_ladder() -> None:
    field = json.loads(schema_text())["properties"]["designs"]
    assert set(field["items"]["enum"]) == {LADDER_DESIGN, *designs()}


@pytest.mark.parametrize("name", designs())
def test_a_design_is_named_after_its_module_and_has_a_test_of_its_name(name: str) -> None:
    module = importlib.import_module(f"{folder.__name__}.{name}")
    assert module.DESIGN is designs()[name]
    assert module.DESIGN.name == name != LADDER_DESIGN
    assert module.__doc__


@pytest.mark.parametrize("design", ALL, ids=lambda design: design.name)
@given(asked=with_requirements())
def test_a_design_picks_subsets_in_ladder_order_that_hold_what_their_rungs_require_or_refuses(
    design: Design, asked: tuple[list[str], dict[str, list[str]]]
) -> None:
    names, requires = asked
    try:
        picks = design.picks(names, requires)
    except UserError as error:
        refusal = error
    else:
        refusal = None
    if refusal:
        assert (refusal.place, bool(refusal.remedy)) == ("designs", True)
        return
    assert picks
    for pick in picks:
        assert pick.name
        assert list(pick.rungs) == [name for name in names if name in pick.rungs]
        assert all(set(requires[name]) <= set(pick.rungs) for name in pick.rungs)
        assert pick.about in ("", *names)


@pytest.mark.parametrize("design", ALL, ids=lambda design: design.name)
@given(names=rungs)
def test_a_design_attributes_where_it_shows_more_than_what_each_rung_is_worth_on_top_of_all_others(
    design: Design, names: list[str]
) -> None:
    if len(names) > 3:  # of fewer, what is left out and what is put together can be the same subsets
        used = names[:4]
        ends = {tuple(name for name in used if name != gone) for gone in used}
        picked = subsets(design.picks(used, dict.fromkeys(used, ())))
        assert design.attributes == bool(picked - subsets(ladder_picks(used)) - ends)


@pytest.mark.parametrize("design", ALL, ids=lambda design: design.name)
def test_a_requirement_that_is_not_in_use_is_no_hindrance(design: Design) -> None:
    assert design.picks(["b"], {"b": ["gone"]})


def test_a_design_is_added_by_a_file_in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "last_two.py").write_text(
        "from ablation.experiment.config.design import Design, subset_pick\n\n"
        "DESIGN = Design('last_two', lambda rungs, _: [subset_pick(tuple(rungs[-2:]), rungs)], attributes=True)\n"
    )
    monkeypatch.setattr(folder, "__path__", [*folder.__path__, str(tmp_path)])
    found = designs.__wrapped__()
    assert found.keys() == {*designs(), "last_two"}
    assert [pick.rungs for pick in found["last_two"].picks("abc", dict.fromkeys("abc", ()))] == [("b", "c")]
