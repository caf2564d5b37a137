"""The Python API: every function takes a path or an ``Experiment``, and both come to the same trainings."""

from __future__ import annotations

import importlib.util
import inspect
import io
import pickle
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console
from small_experiment import SMALL, write_experiment
from standin_plan import standin_plan
from standin_store import finished
from tiny_experiment import TINY, tiny_file
from typer.testing import CliRunner

import ablation
from ablation.cli import app
from ablation.errors import UserError
from ablation.experiment.config.source import source_of
from ablation.experiment.store.plan_store import store_plan
from ablation.recipe.loss.focal import Focal
from ablation.workflow import execution

ROOT = Path(__file__).parents[1]
FUNCTIONS = [name for name in ablation.__all__ if inspect.isfunction(getattr(ablation, name))]
TAKING = [name for name in FUNCTIONS if "experiment" in inspect.signature(getattr(ablation, name)).parameters]
QUIET = Console(file=io.StringIO())


@pytest.fixture
def ran(tmp_path: Path) -> Path:
    """A file with a stand-in run in the store beside it."""
    file, plan = tmp_path / "x.yaml", standin_plan()
    file.write_text(SMALL)
    store_plan(plan, file, finished(plan, tmp_path / "store"))
    return file


def options(folder: Path) -> ablation.Options:
    return ablation.Options(folder / "store", device="cpu", jobs=1, track=False)


def test_every_name_of_the_contents_page_is_there_and_is_all_that_it_lists() -> None:
    assert set(ablation.__all__) == set(ablation._HOMES)
    assert dir(ablation) == sorted([*ablation.__all__, "__version__"])
    names: dict[str, Any] = {}
    exec("from ablation import *", names)
    assert set(ablation.__all__) <= names.keys()
    with pytest.raises(AttributeError, match="no attribute 'rum'"):
        ablation.rum  # noqa: B018


def test_the_version_is_that_of_this_distribution() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert ablation.__version__ == version
    assert CliRunner().invoke(app, ["--version"]).output == f"{version}\n"


def test_no_module_has_the_name_of_something_public() -> None:
    assert not [name for name in ablation.__all__ if importlib.util.find_spec(f"ablation.{name}")]


@pytest.mark.parametrize("name", [*TAKING, "load"])
def test_a_function_of_an_experiment_takes_it_first_and_is_documented(name: str) -> None:
    signature = inspect.signature(getattr(ablation, name))
    first, *others = signature.parameters.values()
    assert first.default is first.empty
    assert "ExperimentLike" in str(first.annotation) or name == "load"
    required = [each.name for each in others if each.default is each.empty]
    assert required == (["folder"] if name == "export" else [])
    text = inspect.getdoc(getattr(ablation, name)) or ""
    assert "Raises:" in text
    assert ">>> " in text
    assert f"ablation.{name}(" in text


def test_all_functions_but_two_take_one_experiment() -> None:
    assert set(FUNCTIONS) - set(TAKING) == {"load", "compare"}, "one reads files alone, one takes several"


class ReachedError(Exception):
    """The source of an experiment was read."""


@pytest.mark.parametrize("make", [str, Path, ablation.load], ids=["str", "Path", "Experiment"])
@pytest.mark.parametrize("name", [*TAKING, "compare"])
def test_every_function_takes_a_text_a_path_and_an_experiment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, make: Callable[[Path], Any]
) -> None:
    """Each is stopped where it has the source and goes on to the work that all sources share."""
    (tmp_path / "x.yaml").write_text(SMALL)
    given = make(tmp_path / "x.yaml")
    expected = source_of(given)

    def stop(source: Any, *rest: object, **more: object) -> None:
        assert source_of(source) == expected
        raise ReachedError

    for module in ("planning", "reporting", "tuning"):
        monkeypatch.setattr(f"ablation.workflow.{module}.load_stored_plan", stop, raising=False)
    monkeypatch.setattr("ablation.experiment.config.file.experiment_of", stop)
    monkeypatch.setattr("ablation.workflow.workers.started_early", stop)
    arguments = [[given, given]] if name == "compare" else [given, *(["paper"] if name == "export" else [])]
    with pytest.raises(ReachedError):
        getattr(ablation, name)(*arguments)


def test_what_is_no_experiment_is_refused() -> None:
    with pytest.raises(UserError, match="a dict is no experiment"):
        ablation.status({"name": "x"})  # type: ignore[arg-type]


def test_what_is_printed_is_what_the_command_prints(ran: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def command(*words: str) -> str:
        return CliRunner().invoke(app, [*words, "--store", str(ran.parent / "store")]).stdout

    how = options(ran.parent)
    assert f"{ablation.status(ran, how)}\n" == command("status", str(ran))
    assert f"{ablation.report(ran, options=how)}\n" == command("report", str(ran), "--format", "text")
    compared = ablation.compare([ran, ran], options=how)
    assert [rung.rung for rung in compared.rungs] == ["rung 1", "rung 2"]
    assert f"{compared}\n" == command("compare", str(ran), str(ran))
    monkeypatch.setattr("ablation.workflow.planning.PlannedExperiment.seconds", 30.0)
    file = write_experiment(ran.parent)
    planned = str(ablation.plan(file, options=how))
    assert "16 trainings" in planned
    assert f"{planned}\n" == command("plan", str(file), "--device", "cpu", "--jobs", "1")


@pytest.mark.slow
def test_an_export_returns_what_it_wrote(ran: Path) -> None:
    written = ablation.export(str(ran), str(ran.parent / "paper"), options=options(ran.parent))
    assert {path.name for path in written} == {path.name for path in (ran.parent / "paper").iterdir()}


def test_an_experiment_in_python_finds_its_plan_and_no_message_names_a_file(ran: Path) -> None:
    experiment, equal = (ablation.Experiment(**yaml.safe_load(SMALL)) for _ in range(2))
    how, plan = options(ran.parent), standin_plan()
    with pytest.raises(UserError, match=r"experiment: was not run yet(?s:.*)ablation\.run\(experiment, options="):
        ablation.status(experiment, how)
    store_plan(plan, experiment, how.store)
    assert ablation.results(equal, how).equals(ablation.results(ran, how))
    how.store.discard(plan.runs[-1].test)
    for shown in (str(ablation.status(equal, how)), str(ablation.report(equal, options=how))):
        assert "ablation.run(experiment" in shown
        assert "FILE" not in shown


@pytest.mark.parametrize("overrides", [(), ("train.epochs=3", "Focal loss/loss.gamma=1")])
def test_addresses_are_those_of_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, overrides: tuple[str, ...]
) -> None:
    file = write_experiment(tmp_path)
    monkeypatch.chdir(tmp_path)
    experiment = ablation.Experiment(**yaml.safe_load(file.read_text()))
    of_file, in_python = (ablation.plan(one, overrides, options=options(tmp_path)) for one in (file, experiment))
    assert list(of_file.stages) == list(in_python.stages)
    assert of_file.runs == in_python.runs
    assert of_file.plan.parent_key == in_python.plan.parent_key


def test_an_experiment_that_was_loaded_looks_for_its_data_where_the_file_is(tmp_path: Path) -> None:
    file = write_experiment(tmp_path)
    planned = ablation.plan(ablation.load(file, ["train.epochs=3"]), options=options(tmp_path))
    assert list(planned.stages) == list(ablation.plan(file, ["train.epochs=3"], options=options(tmp_path)).stages)
    assert planned.plan.overrides == ("train.epochs=3",)


def test_a_component_is_the_mapping_that_a_file_has() -> None:
    raw = yaml.safe_load(TINY.replace("EPOCHS", "1"))
    raw["rungs"][0] |= {"patch": {"loss": {"name": "focal", "gamma": 3.0}}}
    made = raw | {"rungs": [{**raw["rungs"][0], "patch": {"loss": Focal(gamma=3.0)}}, *raw["rungs"][1:]]}
    assert ablation.Experiment(**made) == ablation.Experiment(**raw)
    made["baseline"] = {**raw["baseline"], "loss": Focal(gamma=1.0)}
    content = source_of(ablation.Experiment(**made)).content
    assert content["baseline"]["loss"] == {"name": "focal", "gamma": 1.0}
    assert pickle.loads(pickle.dumps(content)) == content


@pytest.mark.parametrize(
    ("mistake", "message"),
    [
        ({"margins": 1}, "experiment: unknown setting 'margins'; did you mean 'margin'?"),
        ({"margin": -1}, "experiment: margin: must be above 0, not -1"),
        ({"metric": "acuracy"}, "did you mean 'accuracy'?"),
        ({"rungs": [{"name": "a", "patch": {}}]}, "rungs[1] (a): patch is missing or empty"),
        ({"tune": {"metric": "no"}}, "experiment: tune"),
    ],
)
def test_a_mistake_in_python_reads_as_one_in_a_file(mistake: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError) as caught:
        ablation.Experiment(**(yaml.safe_load(SMALL) | mistake))
    assert message in str(caught.value)


@pytest.mark.slow
@pytest.mark.parametrize("forks", [True, False])
def test_an_experiment_in_python_runs_and_its_file_then_trains_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forks: bool
) -> None:
    if not forks:
        monkeypatch.setattr("ablation.experiment.execution.fork_server.can_fork", lambda: False)
    file = tiny_file(tmp_path, epochs=1)
    experiment = ablation.Experiment(**yaml.safe_load(file.read_text()))
    outcome = ablation.run(experiment, replicates=1, options=options(tmp_path), console=QUIET)
    assert not outcome.failures
    assert (outcome.results()["status"] == "finished").all()
    assert str(outcome.table()) == str(ablation.report(experiment, options=options(tmp_path)))
    monkeypatch.setattr(execution, "_executed", lambda planned, wanted, *rest: (_none_missing(wanted, tmp_path), False))
    assert not ablation.run(file, replicates=1, options=options(tmp_path), console=QUIET).failures


def _none_missing(wanted: dict[str, Any], folder: Path) -> dict[str, str]:
    assert all(map(options(folder).store.has, wanted))
    return {}


def test_a_type_checker_sees_every_name(tmp_path: Path) -> None:
    """The names that are imported for type checkers alone are all that there are."""
    import ast

    tree = ast.parse(Path(str(ablation.__file__)).read_text())
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    seen = {name.name: node.module for node in guarded.body if isinstance(node, ast.ImportFrom) for name in node.names}
    assert seen == ablation._HOMES


def test_importing_the_package_defines_the_page_alone() -> None:
    code = "import ablation, sys; print([name for name in sys.modules if name.startswith('ablation.')])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
