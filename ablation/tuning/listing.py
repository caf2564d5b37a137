"""The studies of an experiment, as its storage alone tells of them."""

from __future__ import annotations

import optuna

from ablation.errors import UserError
from ablation.experiment.study_plan import StudyOutline
from ablation.experiment.study_state import StudyState
from ablation.tuning.storage import OpenedStorage
from ablation.tuning.study import ASKED
from ablation.tuning.summary import state_of


def states_of(opened: OpenedStorage, experiment: str, file: str = "FILE") -> tuple[StudyState, ...]:
    """Where each study of an experiment stands, in order of name.

    Args:
        file: the experiment file, for the command that begins one.

    Raises:
        UserError: there is none.
    """
    names = sorted(optuna.get_all_study_names(opened.storage))
    studies = [optuna.load_study(study_name=name, storage=opened.storage) for name in names]
    found = [study for study in studies if study.user_attrs.get(ASKED, {}).get("experiment") == experiment]
    if not found:
        raise UserError(
            f"no study of {experiment!r} yet", place=opened.shown, remedy=f"begin one with: ablation tune {file}"
        )
    return tuple(_state(study) for study in found)


def _state(study: optuna.Study) -> StudyState:
    asked = study.user_attrs[ASKED]
    return state_of(study, StudyOutline(study.study_name, asked["row"], asked["metric"], asked["trials"]))
