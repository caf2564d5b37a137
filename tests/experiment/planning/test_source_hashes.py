from __future__ import annotations

import ast
import hashlib
import importlib.util
from importlib.metadata import version
from pathlib import Path

import pytest

from ablation.errors import UserError
from ablation.experiment.planning.source_hashes import libraries, metric_sources, source_hash, sources
from ablation.recipe.recipe import Recipe

RECIPE = Recipe.model_validate({"data": {"source": "digits"}, "loss": {"name": "focal"}})


def test_a_module_without_docstrings_is_hashed_as_its_own_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "hashed_module.py").write_text('"""A module."""\n\nHALF = 0.5  # a half\n')
    assert source_hash("hashed_module") == hashlib.sha256(ast.unparse(ast.parse("HALF = 0.5")).encode()).hexdigest()


def test_each_module_of_a_section_is_hashed_by_its_own_source(tmp_path: Path) -> None:
    hashes = sources([RECIPE.loss], tmp_path)
    assert type(RECIPE.loss).__module__ in hashes
    assert all(importlib.util.find_spec(name) is not None for name in hashes)
    assert hashes == {name: source_hash(name) for name in sorted(hashes)}


def test_a_metric_of_the_package_has_no_source_and_an_unknown_own_one_is_refused(tmp_path: Path) -> None:
    assert metric_sources(["accuracy", "macro_f1"], tmp_path) == {}
    with pytest.raises(UserError, match="no_such_module"):
        metric_sources(["no_such_module:KAPPA"], tmp_path)


def test_the_version_of_a_components_library_is_the_installed_one() -> None:
    listed = Recipe.model_validate({"data": {"source": "digits"}, "augment": {"name": "transfer"}})
    names = listed.augment.libraries
    assert names
    assert libraries([listed.augment]) == {name: version(name) for name in names}
    assert libraries([RECIPE.loss]) == {}
