from __future__ import annotations

import platform as machine
import subprocess
from pathlib import Path

import torch
import torchvision

from ablation.experiment.planning import platform

CPU = torch.device("cpu")


def git(folder: Path, *arguments: str) -> None:
    name = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(folder), *name, *arguments], check=True, capture_output=True)


def test_what_decides_numbers_is_the_libraries_and_the_kind_of_device() -> None:
    found = platform.platform_identity(CPU)
    assert found.keys() == {"torch", "torchvision", "device", "capability"}
    assert found["torch"].partition("+")[0] == torch.__version__.partition("+")[0]
    assert found["torchvision"].partition("+")[0] == torchvision.__version__.partition("+")[0]


def test_the_machine_is_described_in_words(tmp_path: Path) -> None:
    found = platform.environment_description(CPU, tmp_path)
    assert found["python"] == machine.python_version()
    assert all(isinstance(value, str) and value for value in found.values())
    assert found["commit"] == "none"


def test_the_commit_says_whether_tracked_files_differ_from_it(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    (tmp_path / "x.yaml").write_text("a")
    git(tmp_path, "add", "x.yaml")
    git(tmp_path, "commit", "--quiet", "-m", "first")
    (tmp_path / "untracked").write_text("b")
    clean = platform.environment_description(CPU, tmp_path)["commit"]
    assert len(clean) == 12
    (tmp_path / "x.yaml").write_text("b")
    assert platform.environment_description(CPU, tmp_path)["commit"] == f"{clean} + changes"
