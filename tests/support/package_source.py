"""The source of the package as syntax trees, parsed once for all tests that read it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "ablation"
MODULES = tuple(sorted(PACKAGE.rglob("*.py")))


def inner_path(module: Path) -> str:
    """A module's path inside the package, as ``core/training/loop.py``."""
    return module.relative_to(PACKAGE).as_posix()


@cache
def source_of(file: Path) -> str:
    return file.read_text(encoding="utf-8")


@cache
def tree_of(file: Path) -> ast.Module:
    return ast.parse(source_of(file))


@cache
def nodes_of(file: Path) -> tuple[ast.AST, ...]:
    """Every node of a file's syntax tree, parents before their children."""
    return tuple(ast.walk(tree_of(file)))


@cache
def imported(file: Path) -> tuple[str, ...]:
    """Every dotted name that a file imports, wherever it does so."""
    return tuple(_imported(file))


def _imported(file: Path) -> Iterator[str]:
    for node in nodes_of(file):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
