"""The machine and the libraries, as far as they decide or explain results."""

import os
import platform
import re
import subprocess
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

import torch


def platform_identity(device: torch.device) -> dict[str, str]:
    """What enters every address: versions of the numerical libraries, device class and CPU capability."""
    versions = {name: version(name) for name in ("torch", "torchvision")}
    if device.type == "cuda":
        major, minor = torch.cuda.get_device_capability(device)
        return versions | {"device": f"cuda sm_{major}{minor}"}
    return versions | {"device": "cpu", "capability": torch.backends.cpu.get_cpu_capability()}


def processor(device: torch.device) -> str:
    """The name of the processor or GPU."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    info = Path("/proc/cpuinfo")
    names = re.findall(r"model name\s*:\s*(.+)", info.read_text()) if info.exists() else []
    return names[0] if names else platform.processor() or platform.machine()


def environment_description(device: torch.device, folder: Path) -> Mapping[str, str]:
    """What a reader of the table needs to know: hardware, versions and commit."""
    names = ("ablation", "torch", "torchvision", "numpy", "mlflow")
    return {
        "processor": processor(device),
        "cores": str(os.cpu_count()),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        **{name: version(name) for name in names},
        "commit": _commit(folder),
    }


def _commit(folder: Path) -> str:
    """The commit of the experiment's folder, ``+ changes`` when tracked files differ from it, or ``none``."""
    head = _git(folder, "rev-parse", "--short=12", "HEAD")
    if head is None:
        return "none"
    return f"{head} + changes" if _git(folder, "status", "--porcelain", "--untracked-files=no") else head


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
