"""The studies of an experiment, read from its storage alone."""

from __future__ import annotations

from pathlib import Path

import optuna

from ablation.errors import UserError
from ablation.experiment.search.study_plan import StudyOutline
from ablation.experiment.search.study_state import StudyState
from ablation.tuning.storage import OpenedStorage, storage_exists
from ablation.tuning.study import OUTLINE_ATTRIBUTE
from ablation.tuning.summary import state_of


def states_of(opened: OpenedStorage, experiment: str, file: str = "FILE") -> tuple[StudyState, ...]:
    """The state of each study of an experiment, in order of name.

    Args:
        file: the experiment file, for the command in the message.

    Raises:
        UserError: the experiment has no study.
    """
    names = sorted(optuna.get_all_study_names(opened.storage))
    studies = [optuna.load_study(study_name=name, storage=opened.storage) for name in names]
    own = [study for study in studies if study.user_attrs.get(OUTLINE_ATTRIBUTE, {}).get("experiment") == experiment]
    if not own:
        raise _no_study(experiment, opened.shown, file)
    return tuple(_state(study) for study in own)


def require_storage(root: Path, url: str | None, experiment: str, file: str = "FILE") -> None:
    """Refuse to create the local storage for a reader.

    Raises:
        UserError: the local storage does not exist.
    """
    if not storage_exists(root, url):
        raise _no_study(experiment, str(root), file)


def _no_study(experiment: str, place: str, file: str) -> UserError:
    return UserError(f"no study of {experiment!r} yet", place=place, remedy=f"begin one with: ablation tune {file}")


def _state(study: optuna.Study) -> StudyState:
    outline = study.user_attrs[OUTLINE_ATTRIBUTE]
    return state_of(study, StudyOutline(study.study_name, outline["row"], outline["metric"], outline["trials"]))
