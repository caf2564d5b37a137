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
                continue  # refused below, with its line
            if key in seen:
                raise yaml.MarkedYAMLError(problem=f"the key {key!r} is given twice", problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


class _Dumper(yaml.SafeDumper):
    """The safe dumper; it quotes texts that the loader would read as numbers."""


for _each in (_Loader, _Dumper):
    _each.add_implicit_resolver(
        "tag:yaml.org,2002:float",
        re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+$"),
        list("-+0123456789."),
    )


def parse_value(text: str, place: str) -> Any:
    """The value that a ``--set`` text stands for.

    Raises:
        UserError: it is no YAML; ``place`` names it.
    """
    try:
        return yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise UserError(
            f"{text!r} is no YAML value", place=place, remedy="write it as in an experiment file: 3, none, [1, 2]"
        ) from error


def yaml_flow(value: Any) -> str:
    """A setting on one line, as it would be written into a file; a component that is only a name as that name."""
    text = yaml.dump(_short(value), Dumper=_Dumper, default_flow_style=True, width=math.inf, sort_keys=False)
    return text.removesuffix("\n").removesuffix("\n...")


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        given = {key: _short(each) for key, each in value.items() if each is not None}
        return given["name"] if given.keys() == {"name"} else given
    return [_short(each) for each in value] if isinstance(value, list | tuple) else value


def parse_yaml(path: Path) -> dict[str, Any]:
    """The mapping in a YAML file.

    Raises:
        UserError: for a missing file, a syntax error (with its line), or a file that is no mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise UserError(
            f"cannot be read: {reason}", place=str(path), remedy="give the path of an experiment file"
        ) from error
    try:
        content = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        raise _misread(error, path) from error
    except yaml.YAMLError as error:
        raise UserError(str(error).partition("\n")[0], place=str(path), remedy="mend the YAML there") from error
    if not isinstance(content, dict):
        raise UserError(
            "is empty"
            if content is None
            else f"holds {'a list' if isinstance(content, list) else 'text'}, not a mapping",
            place=str(path),
            remedy="an experiment file is a mapping with the keys name, metric, margin, protocol, baseline and rungs",
        )
    return content


def _misread(error: yaml.MarkedYAMLError, path: Path) -> UserError:
    """A syntax error with its line and, where that is another one, the line where the construct starts."""
    mark, began = error.problem_mark or error.context_mark, error.context_mark
    context = f"{error.context} that starts in line {began.line + 1}: " if error.context and began else ""
    place = f"{path}, line {mark.line + 1}, column {mark.column + 1}" if mark else str(path)
    tab = error.problem is not None and "\\t" in error.problem
    remedy = "indent with blanks, not with a tab" if tab else "mend the YAML there"
    return UserError(f"{context}{error.problem or error.context}", place=place, remedy=remedy)
