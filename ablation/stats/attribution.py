"""Attribution of the gain: effects of rungs as weights on the variants' scores.

Every effect is linear in the scores of the variants, so it is returned as a contrast. Its weighted sum for each
replicate (or each replicate and example) gets the same interval as any difference. Weights of 0 are left out: a
contrast names only the variants it needs.

The "game" of the sources is the score as a function of the subset of rungs that is switched on.
Source: Shapley 1953; Banzhaf 1965; Harsanyi 1963 (dividends); Grabisch and Roubens 1999 (interaction indices).
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain, combinations
from math import factorial

Subset = frozenset[str]
LinearContrast = Mapping[Subset, float]
"""Weights that sum to 0, by the rungs of the variant that is weighted."""

_Exact = Mapping[Subset, Fraction]
_HALF = Fraction(1, 2)
_NOTHING: Subset = frozenset()


def ladder_step(rung: str, onto: Collection[str]) -> LinearContrast:
    """Gain of adding the rung to the rungs before it."""
    return _summed([(1, _step(rung, frozenset(onto)))])


def midpoint(rung: str, rungs: Collection[str]) -> LinearContrast:
    """Mean of the rung's gain on the baseline and its gain on top of all others.

    Equals the Shapley value where interactions are at most pairwise, from four variants instead of 2^K.
    """
    return _summed((_HALF, end) for end in _ends(rung, rungs))


def interaction_share(rung: str, rungs: Collection[str]) -> LinearContrast:
    """The part of the midpoint that comes from interactions with the others.

    Half of the rung's gain on top of all others less half of its gain on the baseline.
    """
    alone, left_out = _ends(rung, rungs)
    return _summed([(_HALF, left_out), (-_HALF, alone)])


def total_gain(rungs: Collection[str]) -> LinearContrast:
    """Gain of the full recipe over the baseline."""
    return _summed([(1, _total(rungs))])


def residual(rungs: Collection[str]) -> LinearContrast:
    """Total gain less the sum of midpoints; other than 0 only where three or more rungs interact."""
    ends = [(-_HALF, end) for rung in sorted(rungs) for end in _ends(rung, rungs)]
    return _summed([(1, _total(rungs)), *ends])


def factorial_residual(rungs: Collection[str], runs: Collection[Subset]) -> LinearContrast:
    """Total gain less the sum of the main effects in a balanced factorial."""
    return _summed([(1, _total(rungs)), *((-1, _main_effect(rung, runs)) for rung in rungs)])


def shapley(rung: str, rungs: Collection[str]) -> LinearContrast:
    """Mean gain of the rung over all orders of the rungs; needs all 2^K variants. The values sum to the total gain."""
    return interaction({rung}, rungs)


def interaction(together: Collection[str], rungs: Collection[str]) -> LinearContrast:
    """Shapley interaction index: what some rungs gain together beyond their parts, averaged over the other rungs.

    Of a pair it is the difference of differences; of a single rung its Shapley value.
    """
    joined = frozenset(together)
    others = frozenset(rungs) - joined

    def share(present: int) -> Fraction:
        return Fraction(factorial(len(others) - present) * factorial(present), factorial(len(others) + 1))

    return _summed((share(len(onto)), _interplay(joined, onto)) for onto in subsets(others))


def dividend(together: Collection[str]) -> LinearContrast:
    """Harsanyi dividend (Moebius transform) of some rungs: their interaction on the bare baseline."""
    return _summed([(1, _interplay(frozenset(together), _NOTHING))])


def main_effect(rung: str, runs: Collection[Subset]) -> LinearContrast:
    """Mean score of the runs of a balanced factorial with the rung, less that of the runs without it."""
    return _summed([(1, _main_effect(rung, runs))])


def two_factor(first: str, second: str, runs: Collection[Subset]) -> LinearContrast:
    """Difference of differences of two rungs in a balanced factorial: Box, Hunter and Hunter's effect, doubled.

    Doubled to have the scale of ``interaction``: the gain of both beyond the sum of their gains.
    """
    return _summed([(2, _halves(runs, lambda run: (first in run) == (second in run)))])


def aliases(rungs: Sequence[str], runs: Collection[Subset]) -> tuple[tuple[str, ...], ...]:
    """Groups of main effects and two-factor interactions (``A × B``) that these runs cannot tell apart."""
    groups: dict[tuple[bool, ...], list[str]] = {}
    for effect in chain(combinations(rungs, 1), combinations(rungs, 2)):
        column = [len(run.intersection(effect)) % 2 == 0 for run in runs]
        up_to_sign = tuple(entry == column[0] for entry in column)
        groups.setdefault(up_to_sign, []).append(" × ".join(effect))
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def subsets(rungs: Iterable[str]) -> Iterator[Subset]:
    """All 2^K subsets, from the empty one to the full one."""
    names = sorted(rungs)
    return map(frozenset, chain.from_iterable(combinations(names, size) for size in range(len(names) + 1)))


def _step(rung: str, onto: Subset) -> _Exact:
    if rung in onto:
        raise ValueError(f"{rung!r} is among the rungs that it is added to")
    return _interplay(frozenset({rung}), onto)


def _ends(rung: str, rungs: Collection[str]) -> tuple[_Exact, _Exact]:
    """The rung's gain on the baseline, and on top of all others."""
    return _step(rung, _NOTHING), _step(rung, frozenset(rungs) - {rung})


def _total(rungs: Collection[str]) -> _Exact:
    return {frozenset(rungs): Fraction(1), _NOTHING: Fraction(-1)} if rungs else {}


def _interplay(together: Subset, onto: Subset) -> _Exact:
    """The discrete derivative: an alternating sum over the subsets of the added rungs."""
    return {onto | part: Fraction((-1) ** (len(together) - len(part))) for part in subsets(together)}


def _main_effect(rung: str, runs: Collection[Subset]) -> _Exact:
    return _halves(runs, lambda run: rung in run)


def _halves(runs: Collection[Subset], high: Callable[[Subset], bool]) -> _Exact:
    """Mean of the runs on the high side less the mean of the others; both halves have one size."""
    if 2 * sum(map(high, runs)) != len(runs):
        raise ValueError("the runs are not balanced: half of them must be on either side")
    in_order = sorted(runs, key=sorted)  # a set's own order, and so the last digit of a sum, differs between processes
    return {run: Fraction(2 if high(run) else -2, len(runs)) for run in in_order}


def _summed(parts: Iterable[tuple[Fraction | int, _Exact]]) -> LinearContrast:
    """The weighted sum of some contrasts in floats, without weights that are exactly 0."""
    weights: dict[Subset, Fraction] = {}
    for factor, contrast in parts:
        for subset, weight in contrast.items():
            weights[subset] = weights.get(subset, Fraction(0)) + factor * weight
    return {subset: float(weight) for subset, weight in weights.items() if weight}
