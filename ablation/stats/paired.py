"""Student's paired t: the interval of a mean difference over replicates.

Assumes independent, roughly normal differences; robust to departures from normality, not from independence. Replicates
that share one test set are independent only in their training: the interval then is about new trainings on this same
test set, not about new test images.

Source: Student 1908; why not a bootstrap at n = 3 to 10: its percentile interval misses a true mean of 0 up to a
quarter of the time.
"""

import math

from numpy.typing import ArrayLike

from ablation.stats.interval import LEVEL, Interval, t_interval
from ablation.stats.summary import summary


def paired_t(differences: ArrayLike, level: float = LEVEL) -> Interval:
    """Interval of the mean of paired differences, df n - 1.

    Args:
        differences: (n,), one per replicate, new minus old.
        level: two-sided confidence, 0..1.

    One difference gives a mean without interval or p. Equal differences give an interval of no width, the limit of the
    formula: at 0 (p = 1) the two arms are identical; at another value (p = 0) read it as "the spread is too small to be
    seen with this many replicates", since the accuracy on n images moves in steps of 1/n.

    Raises:
        ValueError: no difference, or one that is not finite.
    """
    gains = summary(differences)
    return t_interval(gains.mean, gains.sd, gains.n, gains.sd / math.sqrt(gains.n), gains.n - 1, level)
