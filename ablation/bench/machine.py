"""The machine, versions and date of a benchmark."""

from __future__ import annotations

import datetime
import platform as python
import shlex
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from ablation.core.device import pick
from ablation.core.profiling.processors import processors
from ablation.experiment.planning import platform


@dataclass(frozen=True)
class Machine:
    """What a reader needs to repeat a measurement.

    Args:
        processor: name of the processor, or of the GPU.
        cores: number of cores that this process may use.
        memory: of the machine, GiB.
        versions: of Python, the package, torch and the libraries compared with.
        date: time at the end of the measurement, ISO 8601 with its zone.
        command: the command line.
    """

    processor: str
    cores: int
    memory: float
    versions: Mapping[str, str]
    date: str
    command: str

    @classmethod
    def here(cls, device: str, libraries: Iterable[str] = ()) -> Machine:
        """This machine, now.

        Args:
            device: the device of the measurement.
            libraries: distributions whose versions are added if they are installed.
        """
        return cls(
            processor=platform.processor(pick(device)),
            cores=processors(),
            memory=round(psutil.virtual_memory().total / 2**30, 1),
            versions={"python": python.python_version(), **dict(_versions(libraries))},
            date=datetime.datetime.now().astimezone().isoformat(timespec="seconds"),
            command=shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
        )


def _versions(libraries: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in dict.fromkeys(("ablation", "torch", "torchvision", "mlflow", *libraries)):
        with suppress(PackageNotFoundError):
            yield name, version(name)
