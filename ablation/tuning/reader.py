"""Reads a study from its storage, as plain data and figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ablation.experiment.planning.tuned import Importance, Tuned
from ablation.experiment.search.study_plan import StudyPlan
from ablation.experiment.search.study_state import StudyState
from ablation.tuning.study import OptunaStudy
from ablation.tuning.summary import state_of, tuned_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class StudyReader:
    """Reads the storage at each call, as other processes may work on the study.

    Args:
        study: Optuna's study.
        plan: of the study.
    """

    study: OptunaStudy
    plan: StudyPlan

    def state(self) -> StudyState:
        """The state of the study; see ``ablation.tuning.summary.state_of``."""
        return state_of(self.study, self.plan)

    def tuned(self) -> Tuned | None:
        """Its best trial; see ``ablation.tuning.summary.tuned_of``, which takes seconds."""
        return tuned_of(self.study, self.plan)

    def figures(self, importances: tuple[Importance, ...]) -> Iterator[tuple[str, Figure]]:
        """Its figures by path; see ``ablation.tuning.plots.study_figures``."""
        from ablation.tuning.plots import study_figures

        return study_figures(self.study, self.plan, importances)
