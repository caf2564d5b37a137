"""The frozen bests of studies on disk."""

from __future__ import annotations

import dataclasses
import json
import os

from ablation.experiment.planning.tuned import Tuned
from ablation.experiment.store.content_store import ContentStore


def keep(tuned: Tuned, store: ContentStore) -> None:
    """Freeze the best of a study, unless one of the same definition had more trials: another process's, or name's."""
    known = kept(tuned.definition, tuned.each, store)
    if known is not None and known.trials > tuned.trials:
        return
    path = store.root / "studies" / _file(tuned.definition, tuned.each)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    draft.write_text(json.dumps(dataclasses.asdict(tuned), indent=1))
    draft.replace(path)


def kept(definition: str, each: bool, store: ContentStore) -> Tuned | None:
    """The best of the study of this definition, if it was frozen."""
    path = store.root / "studies" / _file(definition, each)
    return Tuned.of(json.loads(path.read_text())) if path.exists() else None


def all_kept(store: ContentStore) -> tuple[Tuned, ...]:
    """The best of every study that was frozen, whatever experiment it is of."""
    files = sorted((store.root / "studies").glob("*.json"))
    return tuple(Tuned.of(json.loads(path.read_text())) for path in files)


def _file(definition: str, each: bool) -> str:
    return f"{definition}{'.each' if each else ''}.json"
