"""YAML in which ``1e-3`` is a number and a duplicate key is an error."""

import math
import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from ablation.errors import UserError


class _Loader(yaml.SafeLoader):
    """The safe loader with YAML 1.2's floats and without silent duplicates."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                continue  # the base class refuses it, with its line
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {key!r} is given twice", problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    """The safe dumper; it quotes texts that the loader would read as numbers."""


_FLOAT = re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$")
for _class in (_Loader, _Dumper):
    _class.add_implicit_resolver("tag:yaml.org,2002:float", _FLOAT, list("-+0123456789."))


def parse_value(text: str, place: str) -> Any:
    """The value that a ``--set`` text stands for; raises ``UserError`` at ``place`` where it is no YAML."""
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        remedy = "write it as in an experiment file: 3, none, [1, 2]"
        raise UserError(f"{text!r} is no YAML value", place=place, remedy=remedy) from error


def yaml_flow(value: Any) -> str:
    """A setting on one line, as a file would have it; a component that is only a name as that name."""
    text = yaml.dump(_short(value), Dumper=_Dumper, default_flow_style=True, width=math.inf, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        settings = {key: _short(entry) for key, entry in value.items() if entry is not None}
        return settings["name"] if settings.keys() == {"name"} else settings
    return [_short(entry) for entry in value] if isinstance(value, list | tuple) else value


def parse_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file.

    Raises:
        UserError: for a missing file, a syntax error (with its line), or a file that is no mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        remedy = "give the path of an experiment file"
        raise UserError(f"cannot be read: {reason}", place=str(path), remedy=remedy) from error
    try:
        content = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise _misread(error, path) from error
    except yaml.YAMLError as error:
        raise UserError(str(error).partition("\n")[0], place=str(path), remedy="mend the YAML there") from error
    if not isinstance(content, dict):
        kind = "a list" if isinstance(content, list) else "text"
        problem = "is empty" if content is None else f"holds {kind}, not a mapping"
        remedy = "an experiment file is a mapping with the keys name, metric, margin, protocol, baseline and rungs"
        raise UserError(problem, place=str(path), remedy=remedy)
    return content


def _misread(error: yaml.MarkedYAMLError, path: Path) -> UserError:
    """A syntax error with its line and, where that is another one, the line where the construct starts."""
    mark, began = error.problem_mark or error.context_mark, error.context_mark
    context = f"{error.context} that starts in line {began.line + 1}: " if error.context and began else ""
    place = f"{path}, line {mark.line + 1}, column {mark.column + 1}" if mark else str(path)
    tab = error.problem is not None and "\\t" in error.problem
    remedy = "indent with blanks, not with a tab" if tab else "mend the YAML there"
    return UserError(f"{context}{error.problem or error.context}", place=place, remedy=remedy)
