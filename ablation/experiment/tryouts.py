"""Tryouts: what a trial of a study trains and predicts, by the same stages as the row that is tuned."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ablation.errors import placed
from ablation.experiment.checks import check_fit
from ablation.experiment.dotted import applied
from ablation.experiment.graph import Graph
from ablation.experiment.site import Site
from ablation.experiment.study_plan import Tryout
from ablation.experiment.variants import ResolvedVariant


@dataclass(frozen=True)
class RowTryouts:
    """Makes the tryouts of one row: its own recipe with other values, the members that an ensemble names as they are.

    Args:
        row: that is tuned.
        site: its data and splits, which all trials share.
    """

    row: ResolvedVariant
    site: Site

    def __call__(self, values: Mapping[str, Any], replicate: int) -> Tryout:
        """See ``ablation.experiment.study_plan.Tryouts``."""
        with placed(f"{self.site.origin}: {self.row.name}"):
            variant = dataclasses.replace(self.row, recipe=applied(self.row.recipe, values))
            check_fit(variant.recipe, self.site)
            return Graph(self.site).of(variant).tryout(replicate)
