"""A study in its storage: made once, told apart by its definition, with the recipe's own values in front."""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Mapping
from typing import Any, TypeAlias

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.study import StudyDirection

from ablation.errors import UserError
from ablation.experiment.search.study_plan import StudyPlan
from ablation.tuning.distributions import stored_values
from ablation.tuning.lock import study_lock
from ablation.tuning.pruning import pruner_of
from ablation.tuning.sampling import check_sampler, sampler_of
from ablation.tuning.storage import OpenedStorage
from ablation.tuning.trials import OWN_ATTRIBUTE

OptunaStudy: TypeAlias = optuna.Study
"""For those who pass studies around and do not import optuna."""

DEFINITION_ATTRIBUTE, CONDITIONS_ATTRIBUTE = "definition", "told"
"""Attributes of a study: the hash that makes its trials comparable, and what is hashed, as JSON."""

OUTLINE_ATTRIBUTE = "asked"
"""Attribute of a study: experiment, row, metric and number of trials, as last asked for."""

_SHOWN = 12
"""Differences that a refusal lists."""


def open_study(opened: OpenedStorage, plan: StudyPlan, own: Mapping[str, Any]) -> optuna.Study:
    """The study of a plan, made when it is missing; trial 0 has the recipe's own values and waits to be taken.

    Any number of processes may do so at once. Optuna's notices about trials are switched off in this process, as they
    would run through the live display; its warnings stay.

    Args:
        opened: where it lies.
        plan: of the study.
        own: the recipe's own values, by dotted setting.

    Raises:
        UserError: the sampler or the pruner cannot work in this study, or the storage has one of this name with
            another definition; the message lists what differs.
    """
    logging.getLogger("optuna").setLevel(logging.WARNING)
    check_sampler(plan.sampler, plan.space)
    sampler, pruner = sampler_of(plan), pruner_of(plan)
    with study_lock(opened.storage, opened.root, plan.name):
        study = optuna.create_study(
            storage=opened.storage,
            sampler=sampler,
            pruner=pruner,
            study_name=plan.name,
            direction=StudyDirection.MAXIMIZE if plan.maximize else StudyDirection.MINIMIZE,
            load_if_exists=True,
        )
        _begin(study, plan, own, opened.shown)
        _tell_what_is_asked(study, plan)
    return study


def _tell_what_is_asked(study: optuna.Study, plan: StudyPlan) -> None:
    """Keep what a reader of the storage alone needs; the number of trials may be another each time."""
    asked = {"experiment": plan.experiment, "row": plan.row, "metric": plan.metric, "trials": plan.trials}
    if study.user_attrs.get(OUTLINE_ATTRIBUTE) != asked:
        study.set_user_attr(OUTLINE_ATTRIBUTE, asked)


def _begin(study: optuna.Study, plan: StudyPlan, own: Mapping[str, Any], shown: str) -> None:
    """Fill in what a new study lacks, whatever its creator came to; the caller holds the study's lock."""
    found, trials = study.user_attrs, study.get_trials(deepcopy=False)
    if DEFINITION_ATTRIBUTE in found or trials:
        _check_definition(found, plan, shown)
    else:
        study.set_user_attr(CONDITIONS_ATTRIBUTE, json.dumps(dict(plan.told)))
        study.set_user_attr(DEFINITION_ATTRIBUTE, plan.definition)
    if not trials:
        _name_metric(study, plan.metric)
        parameters = {parameter.path: parameter for parameter in plan.space.parameters}
        study.enqueue_trial(stored_values(parameters, own), user_attrs={OWN_ATTRIBUTE: True})


def _name_metric(study: optuna.Study, metric: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        study.set_metric_names([metric])


def _check_definition(found: Mapping[str, Any], plan: StudyPlan, shown: str) -> None:
    if found.get(DEFINITION_ATTRIBUTE) == plan.definition:
        return
    lines = definition_differences(json.loads(found.get(CONDITIONS_ATTRIBUTE, "{}")), plan.told)
    more = [f"... ({len(lines)} in all)"] if len(lines) > _SHOWN else []
    raise UserError(
        f"the study {plan.name!r} was made with other settings, so its trials cannot be compared with new ones:\n    "
        + "\n    ".join(lines[:_SHOWN] + more),
        place=shown,
        remedy="go back to those settings, or begin a study of another name: --study NAME; the old one stays",
    )


def definition_differences(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """What differs between two definitions, a line each, old value first."""
    keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    return [f"{key}: {old.get(key, '(none)')} -> {new.get(key, '(none)')}" for key in keys]
