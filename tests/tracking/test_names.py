from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import ablation
from ablation.tracking import names
from ablation.tracking.metrics import accepted_name
from ablation.tracking.names import Prefix, Role, Tag

PACKAGE = Path(ablation.__file__).parent


def values_of(holder: type) -> list[str]:
    return [value for name, value in vars(holder).items() if name.isupper()]


@pytest.mark.parametrize("holder", [Role, Tag, Prefix])
def test_no_two_names_are_alike(holder: type) -> None:
    values = values_of(holder)
    assert len(set(values)) == len(values) > 4


def test_mlflow_takes_the_names_of_metrics_as_they_are() -> None:
    for prefix in values_of(Prefix):
        assert accepted_name(f"{prefix}accuracy") == f"{prefix}accuracy"
    assert accepted_name(names.seconds_metric("data")) == "time/data_seconds"


def texts_of(module: Path) -> Iterator[str]:
    tree = ast.parse(module.read_text(encoding="utf-8"))
    yield from (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def test_tags_and_prefixes_are_written_in_one_module() -> None:
    tags = {tag for tag in values_of(Tag) if tag.startswith("ablation.")}
    prefixes = tuple(set(values_of(Prefix)))
    for folder in ("tracking", "recording", "workflow"):
        for module in sorted((PACKAGE / folder).glob("*.py")):
            if module.name != "names.py":
                wrong = [text for text in texts_of(module) if text in tags or text.startswith(prefixes)]
                assert not wrong, module
