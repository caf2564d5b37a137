"""Two-level fractional factorials: which variants to run so that every run speaks about every rung.

Some rungs, the basic ones, take all combinations; each further rung is switched on where an odd number of the
letters of its word are. Words of odd length keep every main effect clear of every two-factor interaction
(resolution IV): a product of an odd number of odd words is never empty. Five rungs do with one word of four letters,
which keeps two-factor interactions clear of each other too (resolution V), at the price of not holding the full recipe.

Source: Box and Hunter 1961; Montgomery, Design and Analysis of Experiments.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations, product

from ablation.stats.attribution import Subset

MOST = 16
"""More rungs than this have no fraction here."""


def fraction(rungs: Sequence[str]) -> tuple[Subset, ...]:
    """Variants of a two-level factorial of resolution IV or better, the empty one first.

    All 2^K up to 3 rungs; 8 of 4 rungs; 16 of 5 (resolution V) to 8; 32 of 9 to 16.

    Raises:
        ValueError: no rung, a name that stands twice, or more than 16.
    """
    if not 0 < len(set(rungs)) == len(rungs) <= MOST:
        raise ValueError(f"expected 1 to {MOST} different rungs, got {list(rungs)}")
    words = _words(len(rungs))
    basic = sum(len(word) == 1 for word in words)
    return tuple(
        frozenset(rung for rung, word in zip(rungs, words, strict=True) if sum(switches[each] for each in word) % 2)
        for switches in product((False, True), repeat=basic)
    )


def aliases(rungs: Sequence[str], runs: Collection[Subset]) -> tuple[tuple[str, ...], ...]:
    """Groups of main effects and two-factor interactions (``A × B``) that these runs cannot tell apart."""
    effects = [(rung,) for rung in rungs] + list(combinations(rungs, 2))
    groups: dict[tuple[bool, ...], list[str]] = {}
    for effect in effects:
        column = [len(run.intersection(effect)) % 2 == 0 for run in runs]
        up_to_sign = tuple(entry == column[0] for entry in column)
        groups.setdefault(up_to_sign, []).append(" × ".join(effect))
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)


def _words(count: int) -> list[tuple[int, ...]]:
    """For each rung the basic rungs whose parity switches it: itself, or a word of them."""
    if count == 5:
        return [(0,), (1,), (2,), (3,), (0, 1, 2, 3)]
    basic = (count - 1).bit_length() + 1  # b letters have 2^(b - 1) words of odd length, the single letters included
    return [word for length in (1, 3, 5) for word in combinations(range(basic), length)][:count]
