"""The root of the command line: groups in its help, and the version of this distribution."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from command_line import COMMANDS

import ablation
from ablation import cli
from ablation.cli.app import PANELS

ROOT = Path(__file__).parents[2]


def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    monkeypatch.setattr(sys, "argv", ["ablation", *arguments])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert not end.value.code
    return capsys.readouterr().out


def test_every_command_stands_in_a_group_and_the_groups_in_their_order(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert {command.rich_help_panel for command in COMMANDS.values()} == set(PANELS)
    text = shown(capsys, monkeypatch, "--help")
    places = [text.index(f"─ {group} ─") for group in PANELS]
    assert places == sorted(places)
    for name, command in COMMANDS.items():
        after = [place for place in places if place < text.index(f"│ {name} ")]
        assert PANELS[len(after) - 1] == command.rich_help_panel


def test_the_version_is_this_projects(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert shown(capsys, monkeypatch, "--version") == f"{declared}\n"
    assert ablation.__version__ == declared


def test_the_version_is_not_that_of_another_distribution_of_the_name(tmp_path: Path) -> None:
    other = tmp_path / "ablation-9.9.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: ablation\nVersion: 9.9\n")
    code = (
        "import importlib.metadata, sys; sys.path.insert(0, sys.argv[1]); from ablation.cli import main\n"
        "assert importlib.metadata.version('ablation') == '9.9'; sys.argv = ['ablation', '--version']; main()"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == f"{ablation.__version__}\n"
