"""The package keeps its shape: small folders, one name for one thing, a test for each module."""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from package_source import MODULES, PACKAGE, inner_path, tree_of

TESTS = Path(__file__).parent
OWN = [module for module in MODULES if module.name not in ("__init__.py", "__main__.py")]
"""Modules that hold something themselves."""
MOST_FILES = 20

NAMED_TWICE: dict[str, str] = {
    **dict.fromkeys(
        ("calibrate", "compare", "confirm", "data", "export", "lr_find", "plan", "preview", "profile", "report"),
        "a command has the name of its Python function",
    ),
    **dict.fromkeys(("run", "status", "tune"), "a command has the name of its Python function"),
    **dict.fromkeys(
        ("Constant", "Probability", "Share", "Step"), "code of the recipe, whose names are hashed into addresses"
    ),
    "DESIGN": "each module of a design declares it under this name",
    "FORMAT": "each module of an export format declares it under this name",
    "Status": "of an MLflow run, and what ablation.status returns",
    "train": "each trainer that is compared has this function, as the core does",
}
"""Public top-level names that two modules have, each with its reason; at most 25."""

TESTED_ELSEWHERE: dict[str, str] = {
    "recording/study_projection.py": "tests of study_recorder",
    "recording/study_summary.py": "tests of study_recorder",
    "reporting/html/pictures.py": "tests of page",
    "reporting/tables/attribution_grids.py": "tests of grids and renderings",
    "reporting/tables/ladder_grids.py": "tests of grids and renderings",
    "reporting/tables/settings.py": "tests of tuning_grids and plan_text",
    "workflow/execution.py": "tests of running, with the stand-in core and whole runs",
    "workflow/study_work.py": "tests of tuning, with the stand-in study and whole studies",
}
"""Modules without a test file of their name, each with its reason; at most 30, and the list only shrinks."""


def public_names(module: Path) -> Iterator[str]:
    """The functions, classes and values that a module defines at its top without an underscore."""
    for node in tree_of(module).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [name.id for target in node.targets for name in ast.walk(target) if isinstance(name, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            continue
        yield from (name for name in names if not name.startswith("_"))


def named_twice() -> dict[str, list[str]]:
    homes: dict[str, list[str]] = defaultdict(list)
    for module in MODULES:
        for name in set(public_names(module)):
            homes[name].append(inner_path(module))
    return {name: sorted(modules) for name, modules in homes.items() if len(modules) > 1}


def holds_values_only(module: Path) -> bool:
    """Whether a module has constants and classes without methods, or with one-line properties alone."""
    for node in tree_of(module).body:
        if isinstance(node, ast.FunctionDef):
            return False
        if isinstance(node, ast.ClassDef):
            methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
            if any(len([line for line in each.body if not is_docstring(line)]) > 1 for each in methods):
                return False
    return True


def is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def is_component(module: Path) -> bool:
    """Whether a contract suite is a module's test: it holds a choice of a section, or an export format."""
    if module.parent == PACKAGE / "reporting" / "formats":
        return True  # tests/reporting/formats/test_formats.py finds them all
    return module.is_relative_to(PACKAGE / "recipe") and any(
        isinstance(node, ast.ClassDef) and any(is_name_field(each) for each in node.body)
        for node in tree_of(module).body
    )


def is_name_field(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == "name"


def has_own_test(module: Path) -> bool:
    inner = module.relative_to(PACKAGE)
    return (TESTS / inner.parent / f"test_{inner.name}").exists()


def test_no_folder_is_a_drawer() -> None:
    files = Counter(module.parent for module in OWN if module.parent != PACKAGE / "recipe" / "augment")
    assert not {str(folder): count for folder, count in files.items() if count > MOST_FILES}


def test_a_public_name_stands_in_one_module() -> None:
    twice = named_twice()
    assert {name: modules for name, modules in twice.items() if name not in NAMED_TWICE} == {}
    assert set(NAMED_TWICE) <= set(twice), "a name of the list is unique by now"
    assert len(NAMED_TWICE) <= 25


def test_every_module_has_a_test_of_its_name() -> None:
    rooms_without = (PACKAGE / "cli", PACKAGE / "bench" / "peers")
    missing = {
        inner_path(module)
        for module in OWN
        if not (has_own_test(module) or is_component(module) or holds_values_only(module))
        and not any(module.is_relative_to(room) for room in rooms_without)
    }
    assert missing - set(TESTED_ELSEWHERE) == set()
    assert set(TESTED_ELSEWHERE) <= missing, "a module of the list has a test by now"
    assert len(TESTED_ELSEWHERE) <= 30


def test_no_module_of_the_package_has_the_name_of_a_public_function() -> None:
    import ablation

    inner = {path.stem for path in PACKAGE.iterdir()}
    assert not inner & {name for name in ablation.__all__ if callable(getattr(ablation, name))}
