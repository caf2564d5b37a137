"""Creates or opens a study, checks its definition, and enqueues the recipe's own values as trial 0."""

import json
import logging
import warnings
from collections.abc import Mapping
from typing import Any, TypeAlias

import optuna
from optuna.exceptions import ExperimentalWarning

from ablation.errors import UserError
from ablation.experiment.search.study_plan import StudyPlan
from ablation.tuning.distributions import stored_values
from ablation.tuning.lock import study_lock
from ablation.tuning.pruning import pruner_of
from ablation.tuning.sampling import check_sampler, sampler_of
from ablation.tuning.storage import OpenedStorage
from ablation.tuning.trials import OWN_ATTRIBUTE

OptunaStudy: TypeAlias = optuna.Study
"""The type of a study, for modules that do not import optuna."""

_DEFINITION_ATTRIBUTE, _CONDITIONS_ATTRIBUTE = "definition", "told"
"""User attributes of a study: its definition, and the hashed conditions as JSON; see ``StudyPlan``."""

OUTLINE_ATTRIBUTE = "asked"
"""User attribute of a study, for readers of the storage alone: experiment, row, metric and number of trials; the last
may change with each command."""

_SHOWN = 12
"""Most differences that an error message lists."""


def open_study(opened: OpenedStorage, plan: StudyPlan, own: Mapping[str, Any]) -> optuna.Study:
    """Open the study of a plan, or create it with the recipe's own values enqueued as trial 0.

    Several processes may do so at the same time. Optuna's log messages below warnings are switched off in this
    process, as they would disturb the live display.

    Args:
        own: the recipe's own values, by dotted setting.

    Raises:
        UserError: the sampler or the pruner cannot work in this study, or the storage has a study of this name
            with another definition; the message lists the differences.
    """
    logging.getLogger("optuna").setLevel(logging.WARNING)
    check_sampler(plan.sampler, plan.space)
    sampler, pruner = sampler_of(plan), pruner_of(plan)
    outline = {"experiment": plan.experiment, "row": plan.row, "metric": plan.metric, "trials": plan.trials}
    with study_lock(opened.storage, opened.root, plan.name):
        study = optuna.create_study(
            storage=opened.storage,
            sampler=sampler,
            pruner=pruner,
            study_name=plan.name,
            direction="maximize" if plan.maximize else "minimize",
            load_if_exists=True,
        )
        _initialise(study, plan, own, opened.shown)
        if study.user_attrs.get(OUTLINE_ATTRIBUTE) != outline:
            study.set_user_attr(OUTLINE_ATTRIBUTE, outline)
    return study


def _initialise(study: optuna.Study, plan: StudyPlan, own: Mapping[str, Any], shown: str) -> None:
    """Complete a new study, even if its creator died halfway; the caller holds the study's lock."""
    attributes, trials = study.user_attrs, study.get_trials(deepcopy=False)
    if _DEFINITION_ATTRIBUTE in attributes or trials:
        _check_definition(attributes, plan, shown)
    else:
        study.set_user_attr(_CONDITIONS_ATTRIBUTE, json.dumps(dict(plan.conditions)))
        study.set_user_attr(_DEFINITION_ATTRIBUTE, plan.definition)
    if not trials:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ExperimentalWarning)
            study.set_metric_names([plan.metric])
        parameters = {parameter.path: parameter for parameter in plan.space.parameters}
        study.enqueue_trial(stored_values(parameters, own), user_attrs={OWN_ATTRIBUTE: True})


def _check_definition(attributes: Mapping[str, Any], plan: StudyPlan, shown: str) -> None:
    if attributes.get(_DEFINITION_ATTRIBUTE) == plan.definition:
        return
    lines = definition_differences(json.loads(attributes.get(_CONDITIONS_ATTRIBUTE, "{}")), plan.conditions)
    more = [f"... ({len(lines)} in all)"] if len(lines) > _SHOWN else []
    raise UserError(
        f"the study {plan.name!r} was made with other settings, so its trials cannot be compared with new ones:\n    "
        + "\n    ".join(lines[:_SHOWN] + more),
        place=shown,
        remedy="go back to those settings, or begin a study of another name: --study NAME; the old one stays",
    )


def definition_differences(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """The differences between the conditions of two definitions, a line each, old value first."""
    keys = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    return [f"{key}: {old.get(key, '(none)')} -> {new.get(key, '(none)')}" for key in keys]
