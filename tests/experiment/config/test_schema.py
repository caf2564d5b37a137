from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from small_experiment import SMALL

from ablation.experiment.config.file import validated
from ablation.experiment.config.schema import schema_text
from ablation.experiment.config.yaml_text import parse_value, parse_yaml

FOLDER = Path(__file__).parents[3] / "experiments"
FILES = sorted(FOLDER.glob("*.yaml"))


@pytest.fixture(scope="module")
def validator() -> Any:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(schema_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_the_schema_beside_the_experiments_is_the_one_of_the_code() -> None:
    assert (FOLDER / "experiment.schema.json").read_text() == schema_text(), "ablation schema > the file"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_experiment_names_the_schema_in_its_first_line(file: Path) -> None:
    assert file.read_text().splitlines()[0] == "# yaml-language-server: $schema=experiment.schema.json"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_experiment_fits_the_schema(file: Path, validator: Any) -> None:
    validator.validate(parse_yaml(file))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("margin: 2.0", "margins: 2.0"),
        ("margin: 2.0", "margin: -2.0"),
        ("fixed_test", "fixed"),
        ("epochs: 1", "epoch: 1"),
        ("name: focal", "name: foccal"),
        ("name: focal", "name: focal, gamma: -1"),
        ("patch: {loss: {name: focal}}", "patch: {}"),
        ("patch: {loss: {name: focal}}", "expect: 3"),
        ("source: folder", "source: foldr"),
        ("[ladder, leave_one_out]", "[]"),
        ("patch: {loss: {name: focal}}", "tuned: false"),
        ("designs:", "tune: {trials: 0}\ndesigns:"),
        ("designs:", "tune: {space: {optimizer.lr: {low: 1}}}\ndesigns:"),
        ("designs:", "tune: {space: {loss: {choices: [focal]}}}\ndesigns:"),
    ],
)
def test_the_schema_refuses_what_the_code_refuses(old: str, new: str, validator: Any) -> None:
    assert not list(validator.iter_errors(parse_value(SMALL, "here")))
    assert list(validator.iter_errors(parse_value(SMALL.replace(old, new), "here")))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("loss: {name: focal}", "loss: focal"),
        ("loss: {name: focal}", 'loss: "own:Loss"'),
        ("loss: {name: focal}", 'loss: {name: "own:Loss", epsilon: 1.0}'),
        ("name: Flips", "name: Flips\n    expect: 3"),
        ("name: Flips", "name: Flips\n    expect: [3, 5]\n    requires: [Wider]"),
    ],
)
def test_the_schema_takes_every_way_to_write_a_choice(old: str, new: str, validator: Any) -> None:
    validator.validate(parse_value(SMALL.replace(old, new), "here"))


def test_the_schema_takes_a_tuned_rung_and_what_it_searches(validator: Any) -> None:
    space = "{optimizer.lr: {low: 1.0e-4, high: 0.1, log: true}, loss: {choices: [cross_entropy, {name: focal}]}}"
    tuned = f"  - {{name: Tuned, tuned: true}}\ntune: {{trials: 8, space: {space}}}\ndesigns:"
    raw = parse_value(SMALL.replace("designs:", tuned), "here")
    validated(raw, "here")
    validator.validate(raw)


def test_a_patch_need_not_name_what_the_baseline_named(validator: Any) -> None:
    raw = parse_value(SMALL.replace("patch: {loss: {name: focal}}", "patch: {optimizer: {lr: 0.1}}"), "here")
    validated(raw, "here")
    validator.validate(raw)
