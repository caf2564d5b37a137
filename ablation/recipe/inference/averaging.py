"""Averaging: the predictions of several trainings, averaged into one.

Changes     the prediction: the mean of the probabilities of several variants (``ensemble_with``), of several trainings
            of one recipe (``members``), or of both.
Helps       nearly always, the more the less the models err on the same images; members of one recipe also lessen the
            spread between replicates.
Collides    temperature calibration measured on the members: an average is less sure than they are, so it is calibrated
            anew.
Cost        a training for each member beyond the first, none for a variant that is trained anyway; at prediction one
            pass through each model.
Asked by    001_b04657de1b61805f.txt (model ensembling).
Source      members: Lakshminarayanan et al. 2017, arXiv:1612.01474 (deep ensembles). Variants: Caruana et al. 2004
            (ensemble selection), here with the models named in the file instead of searched for.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def averaged(predictions: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The mean of the probabilities, summed in double precision; a single prediction is returned bit for bit.

    Args:
        predictions: at least one, each (n, classes) float32 with rows summing to 1, of the same examples in the same
            order. All have the same weight: average a variant's members before averaging over variants.
    """
    mean: NDArray[np.float32] = np.stack(predictions).mean(axis=0, dtype=np.float64).astype(np.float32)
    return mean
