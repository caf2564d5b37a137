"""Calls in Python stand for commands: each is one that the function takes, and asks for the same run."""

from __future__ import annotations

import ast
import dataclasses
import inspect
from pathlib import Path
from typing import Any

import pytest

import ablation
from ablation.invocation import RENEW, RUN, TAKEN, Invocation, Remedy

ASKED = Invocation(
    file=None,
    overrides=("loss={name: focal}", "Focal 'loss'/loss.alpha=\"0.5\""),
    replicates=17,
    without=("a rung",),
    untuned=True,
    device="cpu",
    store="a store",
    storage="sqlite:///my studies.db",
    tracking_uri="http://host:5000/a b",
    track=False,
)
PURPOSES = {"confirm": "confirm", "calibrate": "calibrate"}


def bound(call: str) -> dict[str, Any]:
    """The arguments of a call, evaluated, by the parameters of its function."""
    tree = ast.parse(call, mode="eval").body
    assert isinstance(tree, ast.Call)
    function = eval(ast.unparse(tree.func), {"ablation": ablation})
    names = {"ablation": ablation, "Path": Path, "experiment": "EXPERIMENT"}
    values = {each.arg: eval(ast.unparse(each.value), names) for each in tree.keywords}
    (first,) = (eval(ast.unparse(each), names) for each in tree.args)
    return inspect.signature(function).bind(first, **values).arguments


@pytest.mark.parametrize("command", sorted(set(TAKEN) - {"ui", "export"}))
def test_a_call_binds_to_its_function_with_everything_that_was_asked_for(command: str) -> None:
    asked = dataclasses.replace(ASKED, purpose=PURPOSES.get(command, "ladder"))
    arguments = bound(asked.command(command))
    assert arguments["experiment"] == "EXPERIMENT"
    assert arguments["options"].root == Path("a store")
    for name in {"overrides", "replicates", "without", "untuned"} & set(TAKEN[command]):
        assert arguments[name] == getattr(asked, name)
    for name in {"device", "tracking_uri", "track"} & set(TAKEN[command]):
        assert getattr(arguments["options"], name) == getattr(asked, name)
    if "storage" in TAKEN[command]:
        assert arguments["search"].storage == asked.storage


def test_defaults_are_left_out() -> None:
    plain = Invocation(file=None)
    assert plain.again() == "ablation.run(experiment)"
    assert plain.mending(RUN) == "ablation.run(experiment)"
    assert plain.mending(RENEW) == "ablation.run(experiment, renew=True)"
    assert dataclasses.replace(plain, purpose="confirm").command("report") == (
        "ablation.report(experiment, purpose='confirm')"
    )


@pytest.mark.parametrize(
    ("options", "search"),
    [
        (("--each", "--trials", "40"), ablation.Search(trials=40, each=True)),
        (("--study", "12345678"), ablation.Search(study="12345678")),
        ((), None),
    ],
)
def test_the_study_that_is_waited_for_is_a_search(options: tuple[str, ...], search: ablation.Search | None) -> None:
    call = Invocation(file=None).mending(Remedy("tune", options))
    assert bound(call).get("search") == search


def test_mlflows_pages_are_opened_by_the_command_line_whatever_the_experiment_is() -> None:
    assert Invocation(file=None, store="S").command("ui") == "ablation ui --store S"
