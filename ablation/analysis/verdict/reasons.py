"""Reasons: why a comparison got its verdict, and what forbids one, as values; ``reporting.texts`` words them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True)
class Unfinished:
    """Runs of a variant are missing.

    Args:
        variant: its name.
        finished, replicates: runs that finished, of those asked for.
        failed: runs that failed.
        error: the first failure's message; empty where none was recorded.
    """

    variant: str
    finished: int
    replicates: int
    failed: int = 0
    error: str = ""


@dataclass(frozen=True)
class Missing:
    """Runs of a variant are missing beside others that failed.

    Args:
        variant: its name.
        missing, replicates: runs that are missing, of those asked for.
    """

    variant: str
    missing: int
    replicates: int


@dataclass(frozen=True)
class UnequalReplicates:
    """A variant has another number of replicates than the plan asks for."""

    variant: str
    replicates: int
    planned: int


@dataclass(frozen=True)
class NoScore:
    """A finished run of a variant has no score of the metric, whose label this is."""

    variant: str
    metric: str


@dataclass(frozen=True)
class Mismatch:
    """Runs that cannot be compared with the others.

    Args:
        by: the ``images`` they were tested on, the ``code`` or the ``data`` they were made with.
        runs: how many runs of each variant, by its name.
    """

    by: Literal["images", "code", "data"]
    runs: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class ControlDiffers:
    """A control, which changes nothing, differs from the row above."""

    rung: str


Fault: TypeAlias = Unfinished | Missing | UnequalReplicates | NoScore | Mismatch | ControlDiffers
"""What is wrong with the runs of some variants, so that they may not be judged."""


@dataclass(frozen=True)
class SmallClass:
    """A class with too few test images for a verdict on a metric that depends on it.

    Args:
        name: of the class.
        images: its test images.
        metric: the label of the metric.
    """

    name: str
    images: int
    metric: str


@dataclass(frozen=True)
class Faulty:
    """The runs may not be judged."""

    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class TooFewReplicates:
    """Fewer replicates than a claim needs."""

    replicates: int


@dataclass(frozen=True)
class WithinMargin:
    """The difference lies within plus or minus the margin."""

    margin: float


@dataclass(frozen=True)
class NotAdjusted:
    """The interval excludes 0, but p is above this alpha after adjustment for the number of comparisons."""

    alpha: float


@dataclass(frozen=True)
class NeedsMore:
    """Nothing was found, and what it would take to find the margin.

    Args:
        margin: the smallest difference worth having.
        replicates: how many more find it four times in five; 0 or less where there are enough already; None where no
            number does, as the test set is too small.
    """

    margin: float
    replicates: int | None


Cause: TypeAlias = Literal[
    "runs_missing", "no_spread", "other_images", "no_margin", "control_differs", "bit_for_bit", "not_reproducible"
]
"""Reasons that need no number."""

Reason: TypeAlias = Cause | Faulty | SmallClass | TooFewReplicates | WithinMargin | NotAdjusted | NeedsMore
