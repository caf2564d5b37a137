"""Attribution of the gain: effects of rungs as weights on the variants' scores.

Every effect is linear in the scores of the variants, so it is returned as a contrast. Its weighted sum for each
replicate (or each replicate and example) gets the same interval as any difference. Weights of 0 are left out: a
contrast names only the variants it needs.

The "game" of the sources is the score as a function of the subset of rungs that is switched on.
Source: Shapley 1953; Banzhaf 1965; Harsanyi 1963 (dividends); Grabisch and Roubens 1999 (interaction indices).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from fractions import Fraction
from itertools import chain, combinations
from math import factorial

Subset = frozenset[str]
LinearContrast = Mapping[Subset, float]
"""Weights that sum to 0, by the rungs of the variant that is weighted."""

_Exact = Mapping[Subset, Fraction]


def ladder_step(rung: str, onto: Collection[str]) -> LinearContrast:
    """Gain of adding the rung to the rungs before it."""
    return _rounded(_step(rung, frozenset(onto)))


def midpoint(rung: str, rungs: Collection[str]) -> LinearContrast:
    """Mean of the rung's gain on the baseline and its gain on top of all others.

    Equals the Shapley value where interactions are at most pairwise, from four variants instead of 2^K.
    """
    return _rounded(_midpoint(rung, frozenset(rungs)))


def interaction_share(rung: str, rungs: Collection[str]) -> LinearContrast:
    """Half of the rung's gain on top of all others less half of its gain on the baseline.

    It is the part of the midpoint that comes from interactions with the others.
    """
    everything = frozenset(rungs)
    both = [(Fraction(1, 2), _step(rung, everything - {rung})), (Fraction(-1, 2), _step(rung, frozenset()))]
    return _rounded(_combined(both))


def total_gain(rungs: Collection[str]) -> LinearContrast:
    """Gain of the full recipe over the baseline."""
    return _rounded(_total(frozenset(rungs)))


def residual(rungs: Collection[str]) -> LinearContrast:
    """Total gain less the sum of midpoints; other than 0 only where three or more rungs interact."""
    everything = frozenset(rungs)
    midpoints = [(Fraction(-1), _midpoint(rung, everything)) for rung in sorted(everything)]
    return _rounded(_combined([(Fraction(1), _total(everything)), *midpoints]))


def shapley(rung: str, rungs: Collection[str]) -> LinearContrast:
    """Mean gain of the rung over all orders of the rungs; needs all 2^K variants. The values sum to the total gain."""
    return interaction({rung}, rungs)


def interaction(together: Collection[str], rungs: Collection[str]) -> LinearContrast:
    """Shapley interaction index: what some rungs gain together beyond their parts, averaged over the other rungs.

    Of a pair it is the difference of differences; of a single rung its Shapley value.
    """

    def share(others: int, present: int) -> Fraction:
        return Fraction(factorial(others - present) * factorial(present), factorial(others + 1))

    return _index(together, rungs, share)


def dividend(together: Collection[str]) -> LinearContrast:
    """Harsanyi dividend (Moebius transform) of some rungs: their interaction on the bare baseline."""
    return _rounded(_interplay(frozenset(together), frozenset()))


def main_effect(rung: str, runs: Collection[Subset]) -> LinearContrast:
    """Mean score of the runs of a balanced factorial with the rung, less that of the runs without it."""
    return _halves(runs, lambda run: rung in run, 1)


def two_factor(first: str, second: str, runs: Collection[Subset]) -> LinearContrast:
    """Difference of differences of two rungs in a balanced factorial: Box, Hunter and Hunter's effect, doubled.

    Doubled to have the scale of ``interaction``: the gain of both beyond the sum of their gains.
    """
    return _halves(runs, lambda run: (first in run) == (second in run), 2)


def subsets(rungs: Iterable[str]) -> Iterator[Subset]:
    """All 2^K subsets, from the empty one to the full one."""
    names = sorted(rungs)
    return map(frozenset, chain.from_iterable(combinations(names, size) for size in range(len(names) + 1)))


def _step(rung: str, onto: Subset) -> _Exact:
    if rung in onto:
        raise ValueError(f"{rung!r} is among the rungs that it is added to")
    return _interplay(frozenset({rung}), onto)


def _midpoint(rung: str, rungs: Subset) -> _Exact:
    half = Fraction(1, 2)
    return _combined([(half, _step(rung, frozenset())), (half, _step(rung, rungs - {rung}))])


def _total(rungs: Subset) -> _Exact:
    return _combined([(Fraction(1), {rungs: Fraction(1)}), (Fraction(-1), {frozenset(): Fraction(1)})])


def _interplay(together: Subset, onto: Subset) -> _Exact:
    """The discrete derivative: an alternating sum over the subsets of the added rungs."""
    return {onto | part: Fraction((-1) ** (len(together) - len(part))) for part in subsets(together)}


def _index(together: Collection[str], rungs: Collection[str], share: Callable[[int, int], Fraction]) -> LinearContrast:
    """Interplay of some rungs over all subsets of the others, weighted by (number of others, number present)."""
    others = frozenset(rungs) - frozenset(together)
    parts = [(share(len(others), len(onto)), _interplay(frozenset(together), onto)) for onto in subsets(others)]
    return _rounded(_combined(parts))


def _halves(runs: Collection[Subset], high: Callable[[Subset], bool], scale: int) -> LinearContrast:
    """Mean of the runs on the high side less the mean of the others, scaled; both halves have one size."""
    if 2 * sum(map(high, runs)) != len(runs):
        raise ValueError("the runs are not balanced: half of them must be on either side")
    return {run: (scale if high(run) else -scale) / (len(runs) / 2) for run in runs}


def _combined(parts: Iterable[tuple[Fraction, _Exact]]) -> _Exact:
    """The weighted sum of some contrasts."""
    weights: dict[Subset, Fraction] = {}
    for factor, contrast in parts:
        for subset, weight in contrast.items():
            weights[subset] = weights.get(subset, Fraction(0)) + factor * weight
    return weights


def _rounded(contrast: _Exact) -> LinearContrast:
    """The weights as floats, without those that are exactly 0."""
    return {subset: float(weight) for subset, weight in contrast.items() if weight}
