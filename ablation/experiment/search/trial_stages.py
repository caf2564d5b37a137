"""Tryouts: what a trial of a study trains and predicts, by the same stages as the row that is tuned."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ablation.errors import placed
from ablation.experiment.config.setting_paths import with_values
from ablation.experiment.planning.checks import check_fit
from ablation.experiment.planning.context import PlanningContext
from ablation.experiment.planning.stage_graph import StageGraph
from ablation.experiment.planning.variants import ResolvedVariant
from ablation.experiment.search.study_plan import Tryout


@dataclass(frozen=True)
class RowTryouts:
    """Makes the tryouts of one row: its own recipe with other values, the members that an ensemble names as they are.

    Args:
        row: that is tuned.
        context: its data and splits, which all trials share.
    """

    row: ResolvedVariant
    context: PlanningContext

    def __call__(self, values: Mapping[str, Any], replicate: int) -> Tryout:
        """See ``ablation.experiment.search.study_plan.Tryouts``."""
        with placed(f"{self.context.origin}: {self.row.name}"):
            variant = dataclasses.replace(self.row, recipe=with_values(self.row.recipe, values))
            check_fit(variant.recipe, self.context)
            return StageGraph(self.context).of(variant).tryout(replicate)
