"""Imports run downwards only, and what reads the store alone is light."""

from __future__ import annotations

import ast
import importlib.util
import json
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from package_source import MODULES, PACKAGE, ROOT, imported, inner_path, nodes_of
from small_experiment import SMALL
from standin_plan import standin_plan
from standin_store import finished
from tiny_experiment import tiny_file

from ablation.experiment.execution.fork_server import can_fork
from ablation.experiment.store.plan_store import store_plan

PARTS = {module.relative_to(PACKAGE).with_suffix("").parts[0] for module in MODULES}

GROUND = {"errors", "import_path", "invocation", "metrics", "stage", "stats", "tracking"}
"""Parts that import no other but ``errors`` and one another's values."""

BELOW: dict[str, set[str]] = {
    "errors": set(),
    "import_path": {"errors"},
    "invocation": set(),
    "stage": {"errors"},
    "metrics": {"errors", "import_path"},
    "stats": {"errors"},
    "tracking": {"errors"},
    "recipe": {"errors", "import_path"},
    "core": {"errors", "import_path", "metrics", "stage", "recipe"},
    "experiment": {"errors", "import_path", "invocation", "metrics", "stage", "recipe", "core"},
    "tuning": {*GROUND, "recipe", "core", "experiment"},
    "analysis": {"errors", "import_path", "invocation", "metrics", "stage", "stats", "core", "experiment"},
    "reporting": {"errors", "invocation", "metrics", "stage", "stats", "recipe", "core", "experiment", "analysis"},
    "recording": {*GROUND, "recipe", "core", "experiment", "analysis", "tuning", "reporting"},
    "workflow": {*GROUND, "recipe", "core", "experiment", "analysis", "tuning", "reporting", "recording"},
    "bench": {"errors", "stage", "recipe", "core", "experiment", "reporting", "workflow"},
    "testing": {"errors", "stage", "recipe", "core"},
    "__init__": {"errors", "recipe", "experiment", "workflow"},
    "cli": {*GROUND, "bench", "core", "experiment", "analysis", "reporting", "workflow"},
}
"""For each part of the package the parts that it may import."""

ROOMS: dict[str, tuple[tuple[str, ...], ...]] = {
    "core": (
        ("streams", "device", "timing", "versions", "network"),
        ("task", "skip_init"),
        ("input",),
        ("prediction",),
        ("training",),
        ("profiling",),
        ("execute",),
    ),
    "experiment": (
        ("config", "planning.hashing"),
        ("planning.tuned",),
        ("planning.plan",),
        ("planning.plan_format",),
        ("store",),
        ("search.space", "search.study_plan"),
        ("planning",),
        ("search",),
        ("planning.tuned_ladder",),
        ("planning.planner",),
        ("execution",),
    ),
    "analysis": (
        ("comparison", "diagnosis"),
        ("verdict",),
        ("promises", "calibration"),
        ("table",),
    ),
    "reporting": (
        ("tables.cells", "tables.settings", "figures.datasheet"),
        ("texts",),
        ("tables", "figures"),
        ("html", "agreement"),
        ("formats",),
        ("table_file",),
        ("export", "notebook"),
    ),
}
"""The order inside a part: rooms, and modules that stand apart from their room; each imports from levels before it."""

PEERS = ("lightning", "accelerate", "fastai", "skorch")
"""Libraries that a benchmark compares with, each in a module of its own name."""

ONLY_IN = {"mlflow": {"tracking"}, "optuna": {"tuning"}, "typer": {"cli"}, "pytest": {"testing"}}
"""Libraries, and the parts that import them."""

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


def test_imports_run_downwards_only() -> None:
    wrong = []
    for module in MODULES:
        part = part_of(module)
        parts = {name.split(".")[1] for name in imported(module) if name.startswith("ablation.")}
        wrong += [f"{inner_path(module)} imports {other}" for other in parts - {part} - BELOW[part]]
    assert not wrong


def level_of(name: str, part: str) -> tuple[int, str]:
    """The level of a dotted name inside a part and the entry that it falls under; the longest entry counts."""
    inner = name.removeprefix(f"ablation.{part}.")
    entries = [(len(entry), number, entry) for number, level in enumerate(ROOMS[part]) for entry in level]
    known = [each for each in entries if inner == each[2] or inner.startswith(f"{each[2]}.")]
    assert known, f"{name} stands in no room of {part}"
    return max(known)[1:]


@pytest.mark.parametrize("part", ROOMS)
def test_rooms_of_a_part_import_in_one_order(part: str) -> None:
    wrong = []
    for module in sorted((PACKAGE / part).rglob("*.py")):
        name = ".".join(("ablation", *module.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
        if name == f"ablation.{part}":
            continue
        own = level_of(name, part)
        for each in imported(module):
            if each.startswith(f"ablation.{part}."):
                other = level_of(each, part)
                if other[0] > own[0] or (other[0] == own[0] and other[1].split(".")[0] != own[1].split(".")[0]):
                    wrong.append(f"{name} imports {each}")
    assert not wrong


MODULE_IN_TEXT = re.compile(r"\bablation(?:\.[A-Za-z_]\w*)+(?::\w+)?")
"""What looks like a module of the package, or something in one, inside a text."""


def texts_of(file: Path) -> Iterator[str]:
    for node in nodes_of(file):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def resolves(name: str) -> bool:
    """Whether a module, or something in one, is there."""
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


@pytest.mark.parametrize("folder", ["ablation", "tests"])
def test_modules_that_are_named_in_texts_exist(folder: str) -> None:
    """Workers, probes, resources and monkeypatches name modules in texts, where no type checker looks."""
    names = {
        name
        for file in (ROOT / folder).rglob("*.py")
        for text in texts_of(file)
        for name in MODULE_IN_TEXT.findall(text)
        if name.split(".")[1].split(":")[0] in PARTS and not name.startswith("ablation.recipe.")
    }
    assert len(names) > 20
    assert not [name for name in sorted(names) if not resolves(name)]


def test_some_libraries_are_one_parts_own() -> None:
    for library, parts in ONLY_IN.items():
        assert {part_of(module) for module in MODULES if library in libraries(module)} == parts


def test_what_is_compared_with_is_imported_in_its_own_module() -> None:
    for peer in PEERS:
        assert [module for module in MODULES if peer in libraries(module)] == [PACKAGE / f"bench/peers/{peer}.py"]


def libraries(module: Path) -> set[str]:
    """The top-level names that a module imports."""
    return {name.split(".")[0] for name in imported(module)}


def test_the_recipe_and_the_core_run_where_only_torch_is_installed() -> None:
    modules = [module for module in MODULES if part_of(module) in ("recipe", "core")]
    assert not set[str]().union(*map(libraries, modules)) & {"mlflow", "optuna", "rich"}


def test_nothing_in_the_package_reads_the_examples() -> None:
    for module in MODULES:
        assert not [name for name in imported(module) if name.split(".")[0] in ("experiments", "tests")]
        calls = [node for node in nodes_of(module) if isinstance(node, ast.Call)]
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


@pytest.mark.slow
@pytest.mark.parametrize("command", ["status", "report"])
def test_status_and_report_read_the_store_without_torch(tmp_path: Path, command: str) -> None:
    file, plan = tmp_path / "x.yaml", standin_plan()
    file.write_text(SMALL)
    store_plan(plan, file, finished(plan, tmp_path / "store"))
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
