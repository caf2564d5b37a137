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
from ablation.experiment.store.content_store import ContentStore
from ablation.invocation import Invocation


def remember(plan: Plan, path: Path, store: ContentStore) -> None:
    """Keep a plan as its file's latest for its purpose; comments and order of keys in the file do not count."""
    target = _path(path, store, plan.purpose)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = target.with_name(f"{target.name}.{plan.key[:8]}.draft")
    draft.write_text(plan.to_json())
    draft.replace(target)


def recall(path: Path, store: ContentStore, purpose: str = "ladder") -> Plan:
    """The plan of the latest run of an experiment file, asked for by this path and store.

    Args:
        purpose: the ladder, or ``confirm`` or ``calibrate``.

    Raises:
        UserError: the file, as it is now, was never run on this store for this purpose.
    """
    target, at_hand = _path(path, store, purpose), Invocation(str(path), purpose, store=str(store.root))
    if not target.exists():
        remedy = f"start it with: {at_hand.again()}"
        raise UserError("was not run yet, as it is now", place=str(path), remedy=remedy)
    try:
        plan = Plan.from_json(target.read_text())
    except (KeyError, TypeError) as error:
        raise UserError(
            "was run by another version of ablation, whose plan this one cannot read",
            place=str(path),
            remedy=f"run it again with the options that it had, which trains nothing that is there: {at_hand.again()}",
        ) from error
    same = dataclasses.replace(plan.invocation, file=at_hand.file, store=at_hand.store)
    return dataclasses.replace(plan, asked_by=same)


def _path(path: Path, store: ContentStore, purpose: str) -> Path:
    content = json.dumps(_with_text_keys(parse_yaml(path)), sort_keys=True, default=str)
    suffix = "" if purpose == "ladder" else f".{purpose}"
    return store.root / "plans" / f"{hashlib.sha256(content.encode()).hexdigest()}{suffix}.json"


def _with_text_keys(node: Any) -> Any:
    """Numbers and texts as keys of one mapping (classes to merge) cannot be sorted."""
    if isinstance(node, dict):
        return {str(key): _with_text_keys(value) for key, value in node.items()}
    return [_with_text_keys(each) for each in node] if isinstance(node, list) else node
