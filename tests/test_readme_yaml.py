"""What the README and the folder of experiments show, works."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from tiny_experiment import tiny_file

from ablation.experiment.config.file import load
from ablation.experiment.config.yaml_text import parse_value
from ablation.experiment.planning.variants import resolve
from ablation.metrics.metric import Predicted
from ablation.metrics.registry import known_metrics, metric
from ablation.recipe.recipe import Recipe

ROOT = Path(__file__).parents[1]
TINY_DATA = {"source": "digits", "image_size": 16, "limit": 150, "test_size": 40, "val_size": 30}
FILES = sorted((ROOT / "experiments").glob("*.yaml"))


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / "README.md").read_text(), flags=re.MULTILINE | re.DOTALL)


EXPERIMENTS = [block for block in blocks("yaml") if "baseline:" in block]


def test_the_readme_shows_an_experiment() -> None:
    assert EXPERIMENTS


@pytest.mark.parametrize("text", EXPERIMENTS)
def test_the_readmes_experiment_loads_and_resolves(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(text)
    ladder = resolve(load(tmp_path / "x.yaml"))
    assert ladder.notices == ()


def test_the_readmes_own_component_is_taken_by_the_patch_beside_it(tmp_path: Path) -> None:
    (code,) = (block for block in blocks("python") if "LossSettings" in block)
    (patch,) = (block for block in blocks("yaml") if block.startswith("patch:"))
    module = re.search(r'"(\w+):\w+"', patch)
    assert module
    (tmp_path / f"{module[1]}.py").write_text(code)
    (text, *_) = EXPERIMENTS
    own = re.sub(r"patch: .*", patch.strip(), text, count=1)
    (tmp_path / "x.yaml").write_text(own)
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(sys, "path", list(sys.path))
        changed = resolve(load(tmp_path / "x.yaml")).rungs[0].differences
    given = parse_value(patch, "README")["patch"]["loss"]
    assert ("loss.name", "cross_entropy", f"{given['name']}") in [
        (path, old, new.strip("'")) for path, old, new in changed if new
    ]


@pytest.mark.slow
def test_the_readmes_own_component_passes_the_contract_by_the_readmes_three_lines(tmp_path: Path) -> None:
    (code,) = (block for block in blocks("python") if "LossSettings" in block)
    (test,) = (block for block in blocks("python") if "ComponentContract" in block)
    (tmp_path / "my_losses.py").write_text(code)
    (tmp_path / "test_my_losses.py").write_text(test)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_every_experiment_loads_and_resolves(file: Path) -> None:
    experiment = load(file)
    ladder = resolve(experiment, str(file))
    assert [rung.name for rung in ladder.rungs] == [rung.name for rung in experiment.rungs if not rung.tuned]
    assert not [notice for notice in ladder.notices if "dropped" in notice or "masked" in notice]


def test_the_readmes_phases_belong_to_a_recipe() -> None:
    (text,) = (block for block in blocks("yaml") if block.startswith("phases:"))
    recipe = Recipe.model_validate({"data": {"source": "digits"}, **parse_value(text, "README")})
    assert len(recipe.phase_names) == 2


def test_the_two_ladders_of_one_document_share_their_first_rows() -> None:
    table, timeline = (
        resolve(load(ROOT / "experiments" / f"emotion_{name}.yaml")) for name in ("enhanced", "timeline")
    )
    shared = [one.recipe == other.recipe for one, other in zip(table.variants, timeline.variants, strict=False)]
    assert shared[:4] == [True] * 4


def test_the_readmes_metrics_are_what_it_says_and_in_their_order() -> None:
    """A metric that is added need not be in the table: the help of ``ablation report``, which it names, lists all."""
    section = (ROOT / "README.md").read_text().partition("## Metrics\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `(.+)` \| (.+) \| (.*) \| (higher|lower) \|$", section, flags=re.MULTILINE)
    every = known_metrics().values()
    listed = [(m.name, m.label, m.unit, "higher" if m.higher_is_better else "lower") for m in every]
    assert len(rows) >= 12
    assert rows == [row for row in listed if row in rows]
    assert "help of\n`ablation report`" in section
    assert {m.name for m in every if not m.for_verdicts} >= set(re.findall(r"takes all but `(\w+)`", section)) != set()


def test_the_readmes_own_metric_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = (block for block in blocks("python") if "Metric(" in block)
    (tmp_path / "readme_metrics.py").write_text(code)
    monkeypatch.syspath_prepend(tmp_path)
    assert metric("readme_metrics:KAPPA").value(Predicted.of(np.eye(3, dtype=np.float32), np.arange(3))) == 1.0


@pytest.mark.parametrize("command", ["report", "export", "compare"])
def test_the_help_lists_every_metric(command: str) -> None:
    from typer.testing import CliRunner

    from ablation.cli import app

    shown = CliRunner().invoke(app, [command, "--help"], terminal_width=400).output
    assert not [name for name in known_metrics() if not re.search(rf"\b{name}\b", shown)]


@pytest.mark.slow
def test_the_readmes_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On an experiment of its name that trains in a fraction of a second."""
    (code,) = (block for block in blocks("python") if "ablation.run(" in block)
    (tmp_path / "experiments").mkdir()
    tiny_file(tmp_path / "experiments").rename(tmp_path / "experiments" / "digits.yaml")
    for name in ("MLFLOW_TRACKING_URI", "OPTUNA_STORAGE"):
        monkeypatch.delenv(name, raising=False)
    code = code.replace("trials=10", "trials=1").replace('"data": "digits"', '"data": DATA, "train": TRAIN')
    names = f"DATA, TRAIN = {TINY_DATA!r}, {{'epochs': 1}}\n"
    done = subprocess.run(
        [sys.executable, "-c", names + code], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "what each rung changes" in done.stdout
    assert "Shifted views" in done.stdout
    assert list((tmp_path / "paper").glob("*.csv"))
