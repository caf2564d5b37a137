"""Imports run downwards only, and what reads the store alone is light."""

from __future__ import annotations

import ast
import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_experiment import SMALL
from standin_plan import standin_plan
from standin_store import finished
from tiny_experiment import tiny_file

from ablation.experiment.fork_server import can_fork
from ablation.experiment.remembered import remember

PACKAGE = Path(__file__).parents[1] / "ablation"
MODULES = sorted(PACKAGE.rglob("*.py"))

BELOW: dict[str, set[str]] = {
    "errors": set(),
    "recipe": {"errors"},
    "core": {"errors", "recipe"},
    "experiment": {"errors", "recipe", "core"},
    "stats": {"errors"},
    "tracking": {"errors"},
    "tuning": {"errors", "recipe", "core", "experiment", "stats", "tracking"},
    "judgement": {"errors", "core", "experiment", "stats"},
    "report": {"errors", "recipe", "core", "experiment", "stats", "tracking", "judgement"},
    "workflow": {"errors", "recipe", "core", "experiment", "stats", "tracking", "tuning", "judgement", "report"},
    "bench": {"errors", "recipe", "core", "experiment", "report", "workflow"},
    "testing": {"errors", "recipe", "core"},
    "__init__": {"errors", "recipe", "experiment", "workflow"},
    "cli": {"errors", "bench", "core", "experiment", "judgement", "report", "tracking", "workflow"},
}
"""For each part of the package the parts that it may import."""

PEERS = ("lightning", "accelerate", "fastai", "skorch")
"""Libraries that a benchmark compares with, each in a module of its own name."""

ONLY_IN = {"mlflow": "tracking", "optuna": "tuning", "typer": "cli", "pytest": "testing"}
"""Libraries that one part keeps to itself."""

HEAVY = ("torch", "torchvision", "mlflow", "sklearn", "pandas", "matplotlib", "ablation.recipe")

WATCH = """
import json, sys
from ablation import cli

watched, sys.argv = map(json.loads, sys.argv[1:])
try:
    cli.main()
except SystemExit as end:
    assert not end.code, end.code
print("HEAVY", json.dumps([name for name in watched if name in sys.modules]))
"""


def part_of(module: Path) -> str:
    return module.relative_to(PACKAGE).with_suffix("").parts[0]


def imported(module: Path) -> Iterator[str]:
    """Every dotted name that a module imports, wherever it does so."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))
def test_imports_run_downwards_only(module: Path) -> None:
    part = part_of(module)
    parts = {name.split(".")[1] for name in imported(module) if name.split(".")[0] == "ablation" and "." in name}
    assert parts - {part} <= BELOW[part]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))
def test_some_libraries_are_one_parts_own(module: Path) -> None:
    found = {name.split(".")[0] for name in imported(module)}
    assert not [library for library, home in ONLY_IN.items() if library in found and part_of(module) != home]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))
def test_what_is_compared_with_is_imported_in_its_own_module(module: Path) -> None:
    found = {name.split(".")[0] for name in imported(module)}
    home = PACKAGE / "bench" / "peers"
    assert not [peer for peer in PEERS if peer in found and module != home / f"{peer}.py"]


def test_the_recipe_and_the_core_run_where_only_torch_is_installed() -> None:
    modules = [module for module in MODULES if part_of(module) in ("recipe", "core")]
    assert not {name.split(".")[0] for module in modules for name in imported(module)} & {"mlflow", "optuna", "rich"}


def test_nothing_in_the_package_reads_the_examples() -> None:
    for module in MODULES:
        tree = ast.parse(module.read_text(encoding="utf-8"))
        assert not [name for name in imported(module) if name.split(".")[0] in ("experiments", "tests")]
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        texts = [each.value for call in calls for each in call.args if isinstance(each, ast.Constant)]
        assert not [text for text in texts if isinstance(text, str) and text.startswith("experiments/")]


def test_importing_the_package_costs_nothing() -> None:
    code = "import ablation, json, sys; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not set(HEAVY) & set(json.loads(done.stdout))


def loaded_by(*arguments: str) -> set[str]:
    """The heavy modules that a command leaves imported."""
    given = [json.dumps(HEAVY), json.dumps(["ablation", *arguments])]
    done = subprocess.run([sys.executable, "-c", WATCH, *given], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.rpartition("HEAVY ")[2]))


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["bench", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    assert loaded_by(*arguments) == set()


@pytest.mark.parametrize("command", ["status", "report"])
def test_status_and_report_read_the_store_without_torch(tmp_path: Path, command: str) -> None:
    file, plan = tmp_path / "x.yaml", standin_plan()
    file.write_text(SMALL)
    remember(plan, file, finished(plan, tmp_path / "store"))
    assert importlib.util.find_spec("torch")
    loaded = loaded_by(command, str(file), "--store", str(tmp_path / "store"))
    assert not loaded & {"torch", "torchvision", "mlflow", "sklearn", "ablation.recipe"}


@pytest.mark.slow
@pytest.mark.skipif(not can_fork(), reason="this system does not fork safely")
def test_a_run_leaves_torch_to_its_workers(tmp_path: Path) -> None:
    file = tiny_file(tmp_path, epochs=1)
    loaded = loaded_by("run", str(file), "--store", str(tmp_path / "store"), "--device", "cpu", "--replicates", "1")
    assert "mlflow" in loaded
    assert not loaded & {"torch", "torchvision", "sklearn"}
