"""The best settings of finished studies, on disk."""

from pathlib import Path

from pydantic_core import to_json

from ablation.experiment.planning.tuned import Tuned
from ablation.experiment.store.content_store import ContentStore
from ablation.experiment.store.json_file import read_file, replace_file


def store_tuned(tuned: Tuned, store: ContentStore) -> None:
    """Store the best of a study, unless a study of the same definition with more trials is stored."""
    stored = load_tuned(tuned.definition, tuned.each, store)
    if stored is None or stored.trials <= tuned.trials:
        replace_file(_path(tuned.definition, tuned.each, store), to_json(tuned, indent=1))


def load_tuned(definition: str, each: bool, store: ContentStore) -> Tuned | None:
    """The best of the study of this definition, if it was stored."""
    path = _path(definition, each, store)
    return _read(path) if path.exists() else None


def load_all_tuned(store: ContentStore) -> tuple[Tuned, ...]:
    """The best of every study that was stored, whatever experiment it is of."""
    return tuple(map(_read, sorted((store.root / "studies").glob("*.json"))))


def _read(path: Path) -> Tuned:
    problem = "the best of a study is kept here, and cannot be read"
    remedy = "remove the file and repeat its ablation tune, which trains nothing that is there"
    return read_file(path, Tuned, problem, remedy)


def _path(definition: str, each: bool, store: ContentStore) -> Path:
    return store.root / "studies" / f"{definition}{'.each' if each else ''}.json"
