"""Analysis and the store give values: they neither round nor word anything; ``reporting`` does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache

import pytest
from package_source import MODULES, PACKAGE, inner_path, tree_of

WORDLESS = [module for module in MODULES if inner_path(module).startswith(("analysis/", "experiment/store/"))]
VALUES = (*WORDLESS, PACKAGE / "experiment" / "config" / "design.py")
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
    if isinstance(node, ast.Assign):
        return all(is_named(target, "problem", "remedy") for target in node.targets)
    if isinstance(node, ast.keyword):
        return node.arg in ("problem", "remedy")
    docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return docstring or isinstance(node, ast.Raise | ast.Assert)


def spared(tree: ast.Module) -> set[ast.AST]:
    """Nodes in which words are no prose: docstrings, errors and their parts, assertions, Literals."""
    roots = [node for node in ast.walk(tree) if is_spared(node)]
    return {inner for root in roots for inner in ast.walk(root)}


@cache
def vocabulary() -> set[str]:
    """Every word of a Literal in the parts looked at: ``too few runs``, ``cannot tell``, ``main effect``."""
    trees = [tree_of(module) for module in VALUES]
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


def test_nothing_is_rounded_without_a_reason() -> None:
    rounded = {f"{inner_path(module)}: {each}" for module in WORDLESS for each in roundings(tree_of(module))}
    assert rounded == set(ROUNDED)


def test_nothing_is_worded_without_a_reason() -> None:
    worded = {
        f"{inner_path(module)}: {text}"
        for module in WORDLESS
        for text in texts(tree_of(module))
        if " " in text and SENTENCE.search(text) and text not in vocabulary()
    }
    assert worded == set(WORDED)


@pytest.mark.parametrize("code", ['f"{x:.2f}"', "round(x, 2)", '"{:.1f}".format(x)'])
def test_rounding_is_found(code: str) -> None:
    assert [*roundings(ast.parse(code))]


@pytest.mark.parametrize("code", ['x = f"class {name} has"', 'x = "no row was tuned"', 'f(f"{n} more")'])
def test_words_are_found(code: str) -> None:
    assert any(" " in text and SENTENCE.search(text) for text in texts(ast.parse(code)))
