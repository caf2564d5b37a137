"""Stored plans: what ``run`` resolved, kept under the experiment file's content for ``status`` and ``report``."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

from ablation.errors import UserError
from ablation.experiment.config.yaml_text import parse_yaml
from ablation.experiment.planning.plan import Plan
from ablation.experiment.planning.plan_format import NewerFormatError, dump_plan, load_plan
from ablation.experiment.store.content_store import ContentStore
from ablation.import_path import look_in
from ablation.invocation import Invocation


def store_plan(plan: Plan, path: Path, store: ContentStore) -> None:
    """Keep a plan as its file's latest for its purpose; comments and order of keys in the file do not count."""
    target = _path(path, store, plan.purpose)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.{plan.key[:8]}.draft")
    draft.write_bytes(dump_plan(plan))
    draft.replace(target)


def load_stored_plan(path: Path, store: ContentStore, purpose: str = "ladder") -> Plan:
    """The plan of the latest run of an experiment file, as run from this path and store.

    The user's own metrics are imported from the file's folder from then on.

    Args:
        purpose: the ladder, or ``confirm`` or ``calibrate``.

    Raises:
        UserError: the file, as it is now, was never run on this store for this purpose, or its stored plan cannot be
            read.
    """
    look_in(path.parent)
    target = _path(path, store, purpose)
    here = Invocation(str(path), purpose, store=str(store.root))
    if not target.exists():
        raise UserError("was not run yet, as it is now", place=str(path), remedy=f"start it with: {here.again()}")
    try:
        plan = load_plan(target.read_bytes())
    except NewerFormatError as error:
        raise UserError(
            f"a newer version of ablation stored its plan, in {error}",
            place=f"{path}: {target}",
            remedy=f"update ablation, or plan it again with this version and the options that it had: {here.again()}",
        ) from error
    except ValueError as error:
        raise UserError(
            "its stored plan is damaged, or of a version of ablation that this one cannot read",
            place=f"{path}: {target}",
            remedy=f"make it again with the options that it had, which trains nothing that is there: {here.again()}",
        ) from error
    asked_by = dataclasses.replace(plan.invocation, file=here.file, store=here.store)
    return dataclasses.replace(plan, asked_by=asked_by)


def _path(path: Path, store: ContentStore, purpose: str) -> Path:
    content = json.dumps(_with_text_keys(parse_yaml(path)), sort_keys=True, default=str)
    suffix = "" if purpose == "ladder" else f".{purpose}"
    return store.root / "plans" / f"{hashlib.sha256(content.encode()).hexdigest()}{suffix}.json"


def _with_text_keys(node: Any) -> Any:
    """Numbers and texts as keys of one mapping (classes to merge) cannot be sorted."""
    if isinstance(node, dict):
        return {str(key): _with_text_keys(value) for key, value in node.items()}
    return [_with_text_keys(each) for each in node] if isinstance(node, list) else node
