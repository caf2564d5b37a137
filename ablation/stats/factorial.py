"""Effects that a two-level factorial confounds."""

from collections.abc import Collection, Sequence
from itertools import combinations

from ablation.stats.attribution import Subset


def aliases(rungs: Sequence[str], runs: Collection[Subset]) -> tuple[tuple[str, ...], ...]:
    """Groups of main effects and two-factor interactions (``A × B``) that these runs cannot tell apart."""
    effects = [(rung,) for rung in rungs] + list(combinations(rungs, 2))
    groups: dict[tuple[bool, ...], list[str]] = {}
    for effect in effects:
        column = [len(run.intersection(effect)) % 2 == 0 for run in runs]
        up_to_sign = tuple(entry == column[0] for entry in column)
        groups.setdefault(up_to_sign, []).append(" × ".join(effect))
    return tuple(tuple(group) for group in groups.values() if len(group) > 1)
