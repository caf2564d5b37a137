"""A source: the same content from a file, from an ``Experiment``, and after a round trip of both."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_experiment import SMALL

from ablation.experiment.config.file import Experiment, experiment_of, load
from ablation.experiment.config.source import source_of
from ablation.experiment.config.yaml_text import parse_yaml

FILES = sorted((Path(__file__).parents[3] / "experiments").glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_an_experiment_comes_back_from_its_content(file: Path) -> None:
    experiment = load(file)
    source = source_of(experiment)
    assert json.loads(json.dumps(source.content)) == source.content, "plain data"
    again = experiment_of(source)
    assert again == experiment
    assert again.model_dump_json() == experiment.model_dump_json()


def test_content_has_what_was_given_and_no_default(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(SMALL)
    raw = parse_yaml(tmp_path / "x.yaml")
    assert source_of(Experiment(**raw)).content == raw


def test_an_override_chooses_another_component_without_settings_of_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(SMALL)
    overrides = ["optimizer=sgd", "Focal loss/loss.gamma=1"]
    of_file = load(tmp_path / "x.yaml", overrides)
    experiment = load(tmp_path / "x.yaml")
    assert experiment_of(experiment, overrides) == of_file
    assert experiment_of(experiment) == experiment, "overriding changes no source"


def test_the_key_is_of_the_content_and_not_of_its_order_or_place(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(SMALL)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "y.yaml").write_text(f"# a comment\nreplicates: 2\n{SMALL.replace('replicates: 2', '')}")
    (tmp_path / "z.yaml").write_text(SMALL.replace("replicates: 2", "replicates: 3"))
    one, same, changed = (source_of(tmp_path / name) for name in ("x.yaml", "other/y.yaml", "z.yaml"))
    assert one.key == same.key != changed.key
    in_python, equal, other = (
        source_of(load(each)) for each in (tmp_path / "x.yaml", same.file or "", changed.file or "")
    )
    assert in_python.key == equal.key != other.key
    assert source_of(load(tmp_path / "x.yaml", ["train.epochs=2"])).key != in_python.key


def test_relative_paths_start_at_the_file_or_at_the_current_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "x.yaml"
    file.write_text(SMALL)
    monkeypatch.chdir("/")
    assert source_of(str(file)).folder == source_of(load(file)).folder == tmp_path
    assert source_of(Experiment(**parse_yaml(file))).folder == Path("/")
