"""What a paired t test at n replicates can see."""

from __future__ import annotations


def smallest_detectable(n: int, power: float = 0.8, alpha: float = 0.05) -> float:
    """The mean difference that a two-sided paired t finds with this power, in SDs of the paired difference.

    Args:
        n: number of replicates, >= 2.
        power, alpha: 0..1.

    Assumes normal differences. Source: noncentral t, by statsmodels.
    """
    from statsmodels.stats.power import TTestPower

    return float(TTestPower().solve_power(nobs=n, power=power, alpha=alpha))
