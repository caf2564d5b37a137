"""Analysis and the store give values: they neither round nor word anything; ``reporting`` does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "ablation"
MODULES = sorted(path for part in ("analysis", "experiment/store") for path in (PACKAGE / part).rglob("*.py"))
VALUES = (*MODULES, PACKAGE / "experiment" / "config" / "design.py")
"""Modules whose Literals are vocabulary."""

SENTENCE = re.compile(r"(^|\s)[a-z]{2,}")
"""A lower-case word beside a blank."""

ROUNDED = {
    "analysis/calibration/shares.py: round": "a number of independent draws is whole",
    "analysis/diagnosis/advice.py: round": "a dropout of a recipe, where .1 and .2 shall be .3",
    "analysis/diagnosis/advice.py: .3g": "a learning rate that is pasted into a recipe, to three digits",
}
WORDED = {
    "analysis/table/table.py: all but ": "the name of a row, as in the plan, in CSV and JSON",
}


def is_named(node: ast.expr, *names: str) -> bool:
    return (node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")) in names


def is_spared(node: ast.AST) -> bool:
    if isinstance(node, ast.Subscript):
        return is_named(node.value, "Literal")
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return docstring or isinstance(node, ast.Raise | ast.Assert)


def spared(tree: ast.Module) -> set[ast.AST]:
    """Nodes in which words are no prose: docstrings, errors, assertions and the vocabulary, which are Literals."""
    roots = [node for node in ast.walk(tree) if is_spared(node)]
    return {inner for root in roots for inner in ast.walk(root)}


def vocabulary() -> set[str]:
    """Every word of a Literal in the parts looked at: ``too few runs``, ``cannot tell``, ``main effect``."""
    trees = [ast.parse(module.read_text(encoding="utf-8")) for module in VALUES]
    literals = [
        node
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript) and is_named(node.value, "Literal")
    ]
    return {
        inner.value
        for literal in literals
        for inner in ast.walk(literal)
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str)
    }


def texts(tree: ast.Module) -> Iterator[str]:
    """Every string, an f-string as one, without what its braces hold."""
    skipped = spared(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= set(ast.walk(node)) - {node}
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.JoinedStr):
            yield "".join(part.value for part in node.values if isinstance(part, ast.Constant))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def roundings(tree: ast.Module) -> Iterator[str]:
    """Calls of ``round`` and ``format``, and the format specifications of f-strings."""
    skipped = spared(tree)
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Call) and is_named(node.func, "round", "format"):
            yield "round"
        elif isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            yield ast.unparse(node.format_spec).strip("f'\"")


def parsed(module: Path) -> tuple[str, ast.Module]:
    return module.relative_to(PACKAGE).as_posix(), ast.parse(module.read_text(encoding="utf-8"))


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))
def test_nothing_is_rounded(module: Path) -> None:
    name, tree = parsed(module)
    assert not {f"{name}: {found}" for found in roundings(tree)} - set(ROUNDED)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: str(module.relative_to(PACKAGE)))
def test_nothing_is_worded(module: Path) -> None:
    name, tree = parsed(module)
    words = {text for text in texts(tree) if " " in text and SENTENCE.search(text)} - vocabulary()
    assert not {f"{name}: {text}" for text in words} - set(WORDED)


def test_every_exception_is_needed() -> None:
    modules = [parsed(module) for module in MODULES]
    rounded = {f"{name}: {found}" for name, tree in modules for found in roundings(tree)}
    worded = {f"{name}: {text}" for name, tree in modules for text in texts(tree)}
    assert set(ROUNDED) <= rounded
    assert set(WORDED) <= worded
    assert all({**ROUNDED, **WORDED}.values())


@pytest.mark.parametrize("code", ['f"{x:.2f}"', "round(x, 2)", '"{:.1f}".format(x)'])
def test_rounding_is_found(code: str) -> None:
    assert [*roundings(ast.parse(code))]


@pytest.mark.parametrize("code", ['x = f"class {name} has"', 'x = "no row was tuned"', 'f(f"{n} more")'])
def test_words_are_found(code: str) -> None:
    assert any(" " in text and SENTENCE.search(text) for text in texts(ast.parse(code)))
