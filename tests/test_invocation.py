"""An invocation's commands: each is one that the command line takes, and asks for the same run."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import shlex
from pathlib import Path
from typing import Any

import pytest
from command_line import COMMANDS, options_of, parsed
from hypothesis import given
from hypothesis import strategies as st

import ablation
from ablation.invocation import CHANGE, NONE, RENEW, RUN, TAKEN, TUNE, Invocation, Remedy

NEEDED = {"export": ("--out", "paper")}
"""What a command cannot do without and no invocation has."""
PURPOSES = {"run": "ladder", "plan": "ladder", "confirm": "confirm", "calibrate": "calibrate"}


def everything(purpose: str = "ladder") -> Invocation:
    """Nothing is as it is by default, and nothing survives a shell without quotes."""
    return Invocation(
        file="my files/it's.yaml",
        purpose=purpose,
        overrides=("loss={name: focal, gamma: 2}", "Focal 'loss'/loss.alpha=\"0.5\"", "train.epochs=3"),
        replicates=17,
        without=("a rung", "$HOME; ls"),
        untuned=True,
        device="cpu",
        store="a store",
        storage="sqlite:///my studies.db",
        tracking_uri="http://host:5000/a b",
        track=False,
    )


def read(line: str) -> dict[str, Any]:
    """The parameters of a line, as an invocation has them."""
    _, params = parsed(line)
    names = {"set_": "overrides"}
    found = {names.get(name, name): value for name, value in params.items()}
    return {name: str(value) if isinstance(value, Path) else value for name, value in found.items()}


@pytest.mark.parametrize("command", TAKEN)
def test_a_command_reads_back_what_it_was_made_of(command: str) -> None:
    asked = everything(PURPOSES.get(command, "confirm"))
    found = read(asked.command(command, *NEEDED.get(command, ())))
    expected = {name: getattr(asked, name) for name in TAKEN[command] if name != "confirmed"}
    if "confirmed" in TAKEN[command]:
        expected["confirmed"] = True
    if command != "ui":
        expected["file"] = asked.file
    assert {name: tuple(found[name]) if isinstance(found[name], list) else found[name] for name in expected} == expected


@pytest.mark.parametrize("command", TAKEN)
def test_every_option_that_is_printed_is_one_that_the_command_has(command: str) -> None:
    line = everything(PURPOSES.get(command, "confirm")).command(command)
    options = {word for word in shlex.split(line) if word.startswith("--")}
    assert options
    assert options <= options_of(command)


@pytest.mark.parametrize("command", TAKEN)
def test_what_decides_the_run_and_the_command_takes_is_printed(command: str) -> None:
    """Beside what says once what to do, or how fast, the commands take nothing that an invocation lacks."""
    once = {"jobs", "only", "renew", "draws", "out", "metric", "format", "figure", "host", "port", "optuna", "help"}
    searches = {"trials", "minutes", "each", "study", "status"}
    known = {"overrides": "set_"}
    taken = {known.get(name, name) for name in TAKEN[command]}
    has = {param.name for param in COMMANDS[command].params}
    assert has - once - searches - taken - {"file"} <= ({"storage"} if command == "ui" else set())
    assert taken <= has


@pytest.mark.parametrize("command", TAKEN)
def test_defaults_are_those_of_the_command_line_and_are_not_printed(command: str) -> None:
    plain = Invocation("x.yaml", PURPOSES.get(command, "ladder"))
    assert plain.command(command) == ("ablation ui" if command == "ui" else f"ablation {command} x.yaml")
    found = read(plain.command(command, *NEEDED.get(command, ())))
    for name in set(TAKEN[command]) - {"confirmed"}:
        value = getattr(plain, name)
        default = 10 if (command, name) == ("confirm", "replicates") else value
        assert (tuple(found[name]) if isinstance(found[name], list) else found[name]) == default, name
    ten = dataclasses.replace(plain, replicates=10).command(command)
    assert ("--replicates 10" in ten) == (command in ("run", "plan", "calibrate"))


def test_the_number_of_replicates_is_printed_for_its_own_purpose_alone() -> None:
    commands = [name for name in TAKEN if "replicates" in TAKEN[name]]
    own = {purpose: {name for name in commands if PURPOSES[name] == purpose} for purpose in set(PURPOSES.values())}
    for purpose, names in own.items():
        asked = everything(purpose)
        assert {name for name in commands if "--replicates 17" in asked.command(name)} == names


def test_a_remedy_becomes_the_command_that_does_it() -> None:
    asked = Invocation("x.yaml", "confirm", replicates=12, without=("a b",))
    again = "ablation confirm x.yaml --replicates 12 --without 'a b'"
    assert asked.mending(RUN) == again
    assert asked.mending(RENEW) == f"{again} --renew"
    assert asked.mending(TUNE) == "ablation tune x.yaml"
    assert asked.mending(Remedy("tune", ("--study", "n"))) == "ablation tune x.yaml --study n"
    assert asked.mending(CHANGE) == asked.mending(NONE) == ""


def test_a_file_whose_name_looks_like_an_option_is_still_a_file() -> None:
    assert read(Invocation("-x.yaml").command("run"))["file"] == "-x.yaml"


@given(st.lists(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1)))
def test_any_text_survives_the_shell(texts: list[str]) -> None:
    line = Invocation("x.yaml", overrides=tuple(texts)).command("run")
    assert [text for text in shlex.split(line)[3:] if text != "--set"] == [text for text in texts if text != "--set"]


def test_a_command_that_is_never_printed_is_an_error() -> None:
    with pytest.raises(KeyError):
        Invocation("x.yaml").command("schema")


def bound(call: str) -> dict[str, Any]:
    """The arguments of a call, evaluated, by the parameters of its function."""
    tree = ast.parse(call, mode="eval").body
    assert isinstance(tree, ast.Call)
    function = eval(ast.unparse(tree.func), {"ablation": ablation})
    names = {"ablation": ablation, "experiment": "EXPERIMENT"}
    values = {each.arg: eval(ast.unparse(each.value), names) for each in tree.keywords}
    (first,) = (eval(ast.unparse(each), names) for each in tree.args)
    return inspect.signature(function).bind(first, **values).arguments


@pytest.mark.parametrize("command", sorted(set(TAKEN) - {"ui", "export"}))
def test_a_call_binds_to_its_function_with_everything_that_was_asked_for(command: str) -> None:
    asked = dataclasses.replace(everything(PURPOSES.get(command, "ladder")), file=None)
    arguments = bound(asked.command(command))
    assert arguments["experiment"] == "EXPERIMENT"
    assert arguments["options"].root == "a store"
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
