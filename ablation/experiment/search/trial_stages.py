"""The stages of a study's trials, made like those of the row that is tuned."""

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
    """Makes the tryouts of a row: its recipe with a trial's values; other members of an ensemble stay as they are.

    Args:
        row: the row that is tuned.
        context: data and splits, which all trials share.
    """

    row: ResolvedVariant
    context: PlanningContext

    def __call__(self, values: Mapping[str, Any], replicate: int) -> Tryout:
        """See ``ablation.experiment.search.study_plan.Tryouts``."""
        with placed(f"{self.context.origin}: {self.row.name}"):
            variant = dataclasses.replace(self.row, recipe=with_values(self.row.recipe, values))
            check_fit(variant.recipe, self.context)
            return StageGraph(self.context).of(variant).tryout(replicate)
