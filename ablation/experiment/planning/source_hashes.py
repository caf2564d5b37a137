"""Hashes of the code behind a recipe: modules of components and metrics, and the versions of their libraries."""

import ast
import functools
import hashlib
import importlib
import importlib.util
from collections.abc import Iterable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

from pydantic import BaseModel

from ablation.import_path import is_import_path
from ablation.metrics.own import own_metric
from ablation.recipe.component import Component


def sources(used: Sequence[BaseModel], folder: Path) -> dict[str, str]:
    """The hash of the code of each settings class in use, by its import path; comments and docstrings do not count.

    A component from the experiment's folder is hashed with the modules that it imports from there.
    """
    return _hashes({type(each).__module__ for settings in used for each in _tree(settings)}, folder)


def metric_sources(metrics: Iterable[str], folder: Path) -> dict[str, str]:
    """The hash of the code of the user's own metrics among those named, and of what they import from ``folder``.

    Raises:
        UserError: one cannot be imported, or is no metric.
    """
    own = sorted({name for name in metrics if is_import_path(name)})
    for name in own:
        own_metric(name)
    return _hashes({name.partition(":")[0] for name in own}, folder)


def _hashes(modules: Iterable[str], folder: Path) -> dict[str, str]:
    names = {name for module in modules for name in _reached(module, folder)}
    return {name: source_hash(name) for name in sorted(names)}


def libraries(used: Sequence[BaseModel]) -> dict[str, str]:
    """The versions of the libraries, beside torch's, that the components in use draw their numbers from."""
    components = (each for settings in used for each in _tree(settings) if isinstance(each, Component))
    return {name: version(name) for name in sorted({name for each in components for name in each.libraries})}


def _tree(settings: BaseModel) -> Iterator[BaseModel]:
    yield settings
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        for each in value if isinstance(value, tuple | list) else (value,):
            if isinstance(each, BaseModel):
                yield from _tree(each)


@functools.cache
def _reached(module: str, folder: Path) -> frozenset[str]:
    """The module and what it imports from its own section or from ``folder``, packages around it included."""
    reached, unread = {module}, [module]
    while unread:
        module = unread.pop()
        for name in _imports(module):
            if name not in reached and (_same_section(name, module) or _lies_in(name, folder)):
                reached.add(name)
                unread.append(name)
    return frozenset(reached)


def _same_section(name: str, module: str) -> bool:
    """Whether both are modules of one section of the recipe, such as ``ablation.recipe.loss``."""
    section = module.split(".")[:3]
    if section[:2] != ["ablation", "recipe"] or name.split(".")[:3] != section:
        return False
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # something in a module
        return False


def _lies_in(module: str, folder: Path) -> bool:
    if module.partition(".")[0] == "ablation":  # whose own code counts in one way, wherever the experiment lies
        return False
    stem = folder.joinpath(*module.split("."))
    return stem.with_suffix(".py").is_file() or (stem / "__init__.py").is_file()


@functools.cache
def _imports(module: str) -> tuple[str, ...]:
    """Every dotted name that a module may import, and the packages that it and they lie in."""
    package = importlib.import_module(module).__package__
    names = [module]
    for node in ast.walk(_parsed(module)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = importlib.util.resolve_name("." * node.level + (node.module or ""), package)
            names += [f"{origin}.{alias.name}" for alias in node.names]
    return tuple(dict.fromkeys(outer for name in names for outer in _with_packages(name)))


def _with_packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[: count + 1]) for count in range(len(parts)))


@functools.cache
def source_hash(module: str) -> str:
    """The hash of a module's code, without comments and docstrings; 64 hexadecimal digits."""
    tree = _parsed(module)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [line for line in node.body if not _is_text(line)] or [ast.Pass()]
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()


def _is_text(line: ast.stmt) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) and isinstance(line.value.value, str)


def _parsed(module: str) -> ast.Module:
    file = importlib.import_module(module).__file__
    return ast.parse(Path(file).read_text(encoding="utf-8")) if file else ast.Module([], [])
