"""The studies of an experiment, read from its storage alone."""

from pathlib import Path

import optuna

from ablation.errors import UserError
from ablation.experiment.search.study_plan import StudyOutline
from ablation.experiment.search.study_state import StudyState
from ablation.invocation import TUNE, Invocation
from ablation.tuning.storage import OpenedStorage, storage_exists
from ablation.tuning.study import OUTLINE_ATTRIBUTE
from ablation.tuning.summary import state_of


def states_of(opened: OpenedStorage, experiment: str, invocation: Invocation) -> tuple[StudyState, ...]:
    """The state of each study of an experiment, in order of name.

    Args:
        invocation: for the command that begins a study.

    Raises:
        UserError: the experiment has no study.
    """
    names = sorted(optuna.get_all_study_names(opened.storage))
    studies = [optuna.load_study(study_name=name, storage=opened.storage) for name in names]
    own = [study for study in studies if study.user_attrs.get(OUTLINE_ATTRIBUTE, {}).get("experiment") == experiment]
    if not own:
        raise _no_study(experiment, opened.shown, invocation)
    return tuple(_state(study) for study in own)


def require_storage(root: Path, url: str | None, experiment: str, invocation: Invocation) -> None:
    """Refuse to create the local storage for a reader.

    Raises:
        UserError: the local storage does not exist.
    """
    if not storage_exists(root, url):
        raise _no_study(experiment, str(root), invocation)


def _no_study(experiment: str, place: str, invocation: Invocation) -> UserError:
    remedy = f"begin one with: {invocation.mending(TUNE)}"
    return UserError(f"no study of {experiment!r} yet", place=place, remedy=remedy)


def _state(study: optuna.Study) -> StudyState:
    outline = study.user_attrs[OUTLINE_ATTRIBUTE]
    return state_of(study, StudyOutline(study.study_name, outline["row"], outline["metric"], outline["trials"]))
