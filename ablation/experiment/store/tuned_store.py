"""The best settings of finished studies, on disk."""

import functools
import os
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from ablation.errors import UserError
from ablation.experiment.planning.tuned import Tuned
from ablation.experiment.store.content_store import ContentStore


def store_tuned(tuned: Tuned, store: ContentStore) -> None:
    """Store the best of a study, unless a study of the same definition with more trials is stored."""
    stored = load_tuned(tuned.definition, tuned.each, store)
    if stored is not None and stored.trials > tuned.trials:
        return
    path = store.root / "studies" / _file(tuned.definition, tuned.each)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    draft.write_bytes(to_json(tuned, indent=1))
    draft.replace(path)


def load_tuned(definition: str, each: bool, store: ContentStore) -> Tuned | None:
    """The best of the study of this definition, if it was frozen."""
    path = store.root / "studies" / _file(definition, each)
    return _read(path) if path.exists() else None


def load_all_tuned(store: ContentStore) -> tuple[Tuned, ...]:
    """The best of every study that was frozen, whatever experiment it is of."""
    files = sorted((store.root / "studies").glob("*.json"))
    return tuple(map(_read, files))


def _read(path: Path) -> Tuned:
    try:
        return _adapter().validate_json(path.read_bytes())
    except ValidationError as error:
        raise UserError(
            "the best of a study is kept here, and cannot be read",
            place=str(path),
            remedy="remove the file and repeat its ablation tune, which trains nothing that is there",
        ) from error


@functools.cache
def _adapter() -> TypeAdapter[Tuned]:
    return TypeAdapter(Tuned)


def _file(definition: str, each: bool) -> str:
    return f"{definition}{'.each' if each else ''}.json"
