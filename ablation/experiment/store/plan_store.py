"""Stored plans: what ``run`` resolved, kept under the experiment's content for ``status`` and ``report``."""

import dataclasses
from pathlib import Path

from ablation.errors import UserError
from ablation.experiment.config.source import ExperimentLike, Source, source_of
from ablation.experiment.planning.plan import Plan
from ablation.experiment.planning.plan_format import NewerFormatError, dump_plan, load_plan
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.json_file import replace_file
from ablation.import_path import look_in
from ablation.invocation import Invocation


def store_plan(plan: Plan, experiment: ExperimentLike, store: ContentStore) -> None:
    """Keep a plan as its experiment's latest for its purpose; comments and order of keys in a file do not count."""
    replace_file(_path(source_of(experiment), store, plan.purpose), dump_plan(plan))


def load_stored_plan(experiment: ExperimentLike, store: ContentStore, purpose: str = "ladder") -> Plan:
    """The plan of the latest run of an experiment, as run from this source and store.

    The user's own metrics are imported from the experiment's folder from then on.

    Args:
        purpose: the ladder, or ``confirm`` or ``calibrate``.

    Raises:
        UserError: the experiment, as it is now, was never run on this store for this purpose, or its stored plan
            cannot be read.
    """
    source = source_of(experiment)
    look_in(source.folder)
    target = _path(source, store, purpose)
    here = Invocation(source.file, purpose, store=str(store.root))
    if not target.exists():
        raise UserError("was not run yet, as it is now", place=source.name, remedy=f"start it with: {here.again()}")
    place = f"{source.name}: {target}"
    try:
        plan = load_plan(target.read_bytes())
    except NewerFormatError as error:
        problem = f"a newer version of ablation stored its plan, in {error}"
        remedy = f"update ablation, or plan it again with this version and the options that it had: {here.again()}"
        raise UserError(problem, place=place, remedy=remedy) from error
    except ValueError as error:
        problem = "its stored plan is damaged, or of a version of ablation that this one cannot read"
        remedy = f"make it again with the options that it had, which trains nothing that is there: {here.again()}"
        raise UserError(problem, place=place, remedy=remedy) from error
    asked_by = dataclasses.replace(plan.invocation, file=here.file, store=here.store)
    return dataclasses.replace(plan, asked_by=asked_by)


def _path(source: Source, store: ContentStore, purpose: str) -> Path:
    suffix = "" if purpose == "ladder" else f".{purpose}"
    return store.root / "plans" / f"{source.key}{suffix}.json"
