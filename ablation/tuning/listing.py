"""The studies of an experiment, as its storage alone tells of them."""

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
    """Where each study of an experiment stands, in order of name.

    Args:
        file: the experiment file, for the command that begins one.

    Raises:
        UserError: there is none.
    """
    names = sorted(optuna.get_all_study_names(opened.storage))
    studies = [optuna.load_study(study_name=name, storage=opened.storage) for name in names]
    found = [study for study in studies if study.user_attrs.get(OUTLINE_ATTRIBUTE, {}).get("experiment") == experiment]
    if not found:
        raise _none(experiment, opened.shown, file)
    return tuple(_state(study) for study in found)


def require_storage(root: Path, url: str | None, experiment: str, file: str = "FILE") -> None:
    """Who only looks makes no storage.

    Raises:
        UserError: the local storage is asked for and not there.
    """
    if not storage_exists(root, url):
        raise _none(experiment, str(root), file)


def _none(experiment: str, place: str, file: str) -> UserError:
    return UserError(f"no study of {experiment!r} yet", place=place, remedy=f"begin one with: ablation tune {file}")


def _state(study: optuna.Study) -> StudyState:
    asked = study.user_attrs[OUTLINE_ATTRIBUTE]
    return state_of(study, StudyOutline(study.study_name, asked["row"], asked["metric"], asked["trials"]))
