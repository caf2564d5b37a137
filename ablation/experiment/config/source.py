"""What an experiment is made from: a file, or an ``Experiment`` built in Python; both as plain data.

All later steps take the source, so a file is read once and other processes get its content.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from ablation.errors import UserError
from ablation.experiment.config.yaml_text import parse_yaml

if TYPE_CHECKING:
    from ablation.experiment.config.file import Experiment

IN_PYTHON = "experiment"
"""How messages name an experiment that has no file."""


@dataclass(frozen=True)
class Source:
    """The content of an experiment file, or of an ``Experiment``, before it is changed by overrides.

    Args:
        content: mappings, lists, texts and numbers, as YAML reads them.
        folder: relative paths and the user's own components start there; absolute.
        key: names the stored plans; a hash of the content.
        file: the path as the user wrote it; None for an ``Experiment``.
        applied: overrides that the content has already.
    """

    content: Mapping[str, Any]
    folder: Path
    key: str
    file: str | None = None
    applied: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """How messages name it."""
        return IN_PYTHON if self.file is None else self.file

    def origin(self, overrides: Sequence[str] = ()) -> str:
        """How messages name it with overrides."""
        return " ".join((self.name, *(f"--set {override!r}" for override in overrides)))


ExperimentLike: TypeAlias = "str | os.PathLike[str] | Experiment | Source"
"""The path of an experiment file, or an ``Experiment``."""


def source_of(experiment: ExperimentLike) -> Source:
    """The source of an experiment, or the source itself; equal experiments have equal keys.

    Raises:
        UserError: the file cannot be read, or this is neither a path nor an ``Experiment``.
    """
    if isinstance(experiment, Source):
        return experiment
    if isinstance(experiment, str | os.PathLike):
        return _of_file(Path(experiment))
    from ablation.experiment.config.file import Experiment
    from ablation.experiment.config.plain_settings import as_written

    if not isinstance(experiment, Experiment):
        remedy = "give the path of a file, or an ablation.Experiment"
        raise UserError(f"a {type(experiment).__name__} is no experiment", remedy=remedy)
    whole = {"experiment": experiment.model_dump(mode="json"), "overrides": list(experiment.overrides)}
    return Source(as_written(experiment), experiment.folder, _hash(whole), applied=experiment.overrides)


def _of_file(path: Path) -> Source:
    content = parse_yaml(path)
    if "overrides" in content:
        raise UserError("unknown setting 'overrides'", place=str(path), remedy="give them as --set section.key=value")
    return Source(content, path.parent.absolute(), _hash(content), str(path))


def _hash(content: Any) -> str:
    """SHA-256 of plain data, in hexadecimal; the order of keys does not count."""
    return hashlib.sha256(json.dumps(_with_text_keys(content), sort_keys=True, default=str).encode()).hexdigest()


def _with_text_keys(node: Any) -> Any:
    """Numbers and texts as keys of one mapping (classes to merge) cannot be sorted."""
    if isinstance(node, dict):
        return {str(key): _with_text_keys(value) for key, value in node.items()}
    return [_with_text_keys(entry) for entry in node] if isinstance(node, list) else node
