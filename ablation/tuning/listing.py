"""The studies of an experiment, read from its storage alone."""

from pathlib import Path

import optuna

from ablation.errors import UserError
from ablation.experiment.search.study_plan import StudyOutline
from ablation.experiment.search.study_state import StudyState
from ablation.invocation import TUNE, Invocation
from ablation.tuning.storage import open_storage, storage_exists
from ablation.tuning.study import OUTLINE_ATTRIBUTE
from ablation.tuning.summary import state_of


def states_of(root: Path, url: str | None, experiment: str, invocation: Invocation) -> tuple[StudyState, ...]:
    """The state of each study of an experiment, in order of name; a missing local storage is not created.

    Args:
        root, url: as in ``open_storage``.
        invocation: for the command that begins a study.

    Raises:
        UserError: the experiment has no study, or as ``open_storage``.
    """
    place, studies = str(root), list[optuna.Study]()
    if storage_exists(root, url):
        opened = open_storage(root, url)
        names = sorted(optuna.get_all_study_names(opened.storage))
        place, studies = opened.shown, [optuna.load_study(study_name=name, storage=opened.storage) for name in names]
    own = [study for study in studies if study.user_attrs.get(OUTLINE_ATTRIBUTE, {}).get("experiment") == experiment]
    if not own:
        remedy = f"begin one with: {invocation.mending(TUNE)}"
        raise UserError(f"no study of {experiment!r} yet", place=place, remedy=remedy)
    return tuple(map(_state, own))


def _state(study: optuna.Study) -> StudyState:
    outline = study.user_attrs[OUTLINE_ATTRIBUTE]
    return state_of(study, StudyOutline(study.study_name, outline["row"], outline["metric"], outline["trials"]))
