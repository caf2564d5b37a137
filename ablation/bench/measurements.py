"""What the records of benchmarks hold: medians with their range, a line through several sizes, and the machine."""

from __future__ import annotations

import datetime
import platform as python
import shlex
import statistics
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil
from scipy.stats import linregress

from ablation.core.device import pick
from ablation.core.profiling.processors import processors
from ablation.errors import UserError
from ablation.experiment.planning import platform


@dataclass(frozen=True)
class MedianRange:
    """The median, the smallest and the largest of ``n`` measurements of one thing."""

    median: float
    low: float
    high: float
    n: int

    @classmethod
    def of(cls, values: Sequence[float]) -> MedianRange:
        """From at least one value."""
        return cls(statistics.median(values), min(values), max(values), len(values))

    @classmethod
    def of_ratios(cls, values: Sequence[float], against: Sequence[float]) -> MedianRange:
        """Of the ratios of each value to the one measured in the same round."""
        return cls.of([value / other for value, other in zip(values, against, strict=True)])

    def __format__(self, spec: str) -> str:
        """``10.21 [10.02, 10.44]``, each number in the format ``spec``; a single measurement has no range."""
        median = format(self.median, spec)
        return median if self.n == 1 else f"{median} [{self.low:{spec}}, {self.high:{spec}}]"


@dataclass(frozen=True)
class Line:
    """Seconds = a + b times runs, by least squares; ``residual`` is the largest distance of a measurement from it."""

    a: float
    b: float
    residual: float

    @classmethod
    def through(cls, runs: Sequence[int], seconds: Sequence[float]) -> Line:
        """Fit a line to the seconds of at least two sizes; ``UserError`` if all are the same."""
        if len(set(runs)) < 2:
            raise UserError(f"no line goes through {len(set(runs))} size", place="--replicates", remedy="give two")
        fit = linregress(runs, seconds)
        a, b = float(fit.intercept), float(fit.slope)
        return cls(a, b, max(abs(y - a - b * x) for x, y in zip(runs, seconds, strict=True)))


@dataclass(frozen=True)
class Machine:
    """What a reader needs to repeat a measurement.

    Args:
        processor: name of the processor, or of the GPU.
        cores: number of cores that this process may use.
        memory: of the machine, GiB.
        versions: of Python, the package, torch and the libraries compared with.
        date: time at the end of the measurement, ISO 8601 with its zone.
    """

    processor: str
    cores: int
    memory: float
    versions: Mapping[str, str]
    date: str
    command: str

    @classmethod
    def here(cls, device: str, libraries: Iterable[str] = ()) -> Machine:
        """This machine, now, with a measurement's device and the versions of ``libraries`` that are installed."""
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


def counted(count: int, thing: str) -> str:
    """``1 run``, ``2 runs``."""
    return f"{count} {thing}{'s' * (count != 1)}"
