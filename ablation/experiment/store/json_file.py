"""JSON files of the store: each is replaced as a whole, and validated when it is read."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from ablation.errors import UserError

Value = TypeVar("Value")

_adapter: Callable[[Any], TypeAdapter[Any]] = functools.cache(TypeAdapter)


def replace_file(path: Path, content: bytes) -> None:
    """Write a file as a whole: a process that is killed leaves the file that was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.draft")
    draft.write_bytes(content)
    draft.replace(path)


def read_file(path: Path, kind: type[Value], problem: str, remedy: str) -> Value:
    """The value of a file; raises a ``UserError`` with ``problem`` and ``remedy`` if the file holds no ``kind``."""
    try:
        value: Value = _adapter(kind).validate_json(path.read_bytes())
    except ValidationError as error:
        raise UserError(problem, place=str(path), remedy=remedy) from error
    return value
