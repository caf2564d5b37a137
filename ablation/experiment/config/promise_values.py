"""What documents promise of improvements, as plans and tables carry it."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

PromiseKind: TypeAlias = Literal["gain", "level", "ratio"]


@dataclass(frozen=True)
class Promise:
    """What a document promises.

    Args:
        metric: a metric, ``class_accuracy/<class>``, ``gap``, or a cost's column of the results.
        kind: ``gain`` over the row compared with (positive when better), ``level`` reached, or ``ratio``.
        low, high: bounds, equal for a single number; in points for gains and levels of proportions.
        source: where the promise stands.
    """

    metric: str
    kind: PromiseKind
    low: float
    high: float
    source: str


@dataclass(frozen=True)
class WiderPromise:
    """Promises of the baseline, of the whole, or of several rungs together.

    Args:
        of: the rungs concerned; none for the baseline, all of them for the whole.
    """

    of: tuple[str, ...]
    promises: tuple[Promise, ...]
