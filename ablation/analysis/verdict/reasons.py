"""Reasons: why a comparison got its verdict, and what forbids a verdict, as values; ``reporting.texts`` words them."""

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True)
class Unfinished:
    """Runs of a variant are missing; ``error`` is the first failure's message, empty where none was recorded."""

    variant: str
    finished: int
    replicates: int
    failed: int = 0
    error: str = ""


@dataclass(frozen=True)
class Missing:
    """Runs of a variant are missing, beside others that failed."""

    variant: str
    missing: int
    replicates: int


@dataclass(frozen=True)
class UnequalReplicates:
    """A variant has a different number of replicates from the plan."""

    variant: str
    replicates: int
    planned: int


@dataclass(frozen=True)
class NoScore:
    """A finished run of a variant has no score of the metric; ``metric`` is its label."""

    variant: str
    metric: str


@dataclass(frozen=True)
class Mismatch:
    """Runs cannot be compared with the others: ``by`` says what differs, ``runs`` are (variant, number of its runs)."""

    by: Literal["images", "code", "data"]
    runs: tuple[tuple[str, int], ...]


@dataclass(frozen=True)
class ControlDiffers:
    """A control differs from the row above, although it changes nothing."""

    rung: str


Fault: TypeAlias = Unfinished | Missing | UnequalReplicates | NoScore | Mismatch | ControlDiffers
"""What is wrong with the runs of some variants, so that no verdict is allowed."""


@dataclass(frozen=True)
class SmallClass:
    """A class has too few test images for a verdict on a metric that depends on it; ``metric`` is its label."""

    name: str
    images: int
    metric: str


@dataclass(frozen=True)
class Faulty:
    """The runs allow no verdict."""

    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class TooFewReplicates:
    """There are fewer replicates than a claim needs."""

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
    """The comparison is inconclusive; so many more replicates would find the margin with 80 % power.

    0 or less where there are enough; None where no number suffices because the test set is too small.
    """

    margin: float
    replicates: int | None


Cause: TypeAlias = Literal[
    "runs_missing", "no_spread", "other_images", "no_margin", "control_differs", "bit_for_bit", "not_reproducible"
]
"""Reasons that need no number."""

Reason: TypeAlias = Cause | Faulty | SmallClass | TooFewReplicates | WithinMargin | NotAdjusted | NeedsMore
