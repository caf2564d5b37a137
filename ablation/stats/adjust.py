"""P-values adjusted for how many were looked at."""

from __future__ import annotations

from typing import Literal

from numpy.typing import ArrayLike

from ablation.stats.summary import finite_vector


def holm(p: ArrayLike) -> tuple[float, ...]:
    """Holm-adjusted p-values (n,), in the order given: controls the chance of any false positive, under any dependence.

    Source: Holm 1979.
    """
    return _adjusted(p, "holm")


def benjamini_hochberg(p: ArrayLike) -> tuple[float, ...]:
    """Benjamini-Hochberg-adjusted p-values (n,), in the order given: controls the share of false discoveries.

    Assumes independent or positively dependent tests; for exploring, not for claims. Source: Benjamini, Hochberg 1995.
    """
    return _adjusted(p, "fdr_bh")


def _adjusted(p: ArrayLike, method: Literal["holm", "fdr_bh"]) -> tuple[float, ...]:
    from statsmodels.stats.multitest import multipletests

    adjusted = multipletests(finite_vector(p), method=method)[1]
    return tuple(float(each) for each in adjusted)
