"""pydantic's errors as messages about an experiment file: the place, the problem and the invalid value."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ablation.errors import UserError
from ablation.experiment.config.yaml_text import yaml_flow

_MAPPING, _LIST, _WHOLE, _NUMBER = "a mapping of settings", "a list", "a whole number", "a number"

_MUST_BE: Mapping[str, str] = {
    "model_type": _MAPPING,
    "dict_type": _MAPPING,
    "mapping_type": _MAPPING,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "string_type": "text",
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "greater_than": "above {gt:g}",
    "greater_than_equal": "{ge:g} or more",
    "less_than": "below {lt:g}",
    "less_than_equal": "{le:g} or less",
    "literal_error": "{expected}",
    "string_pattern_mismatch": "of the form {pattern} (a regular expression)",
}
"""What was expected, by pydantic's type of error; the message adds the invalid value."""


def as_user_error(error: ValidationError, given: Any, origin: str, inside: str = "") -> UserError:
    """pydantic's errors as one message.

    Args:
        given: what was validated.
        origin: names the file.
        inside: where in the file ``given`` stands.
    """
    found: dict[str, list[ErrorDetails]] = {}
    for each in error.errors():
        place = ".".join(filter(None, (inside, *_steps(each, given))))
        found.setdefault(place, []).append(each)
    # a list with a bad entry is reported as too short too, and a union once for each of its branches
    deepest = [place for place in found if not any(other.startswith((f"{place}.", f"{place}[")) for other in found)]
    lines = [": ".join(filter(None, (place, _problem(found[place])))) for place in deepest]
    return UserError(lines[0], place=origin, remedy="\n  ".join(lines[1:]))


def _steps(error: ErrorDetails, given: Any) -> list[str]:
    """The place as a path; names of union branches, which pydantic puts in between, are left out."""
    steps: list[str] = []
    node = given
    for number, part in enumerate(error["loc"], start=1):
        if isinstance(part, int) and isinstance(node, list | tuple):
            node = node[part] if part < len(node) else None
            steps[-1] = f"{steps[-1]}[{part + 1}]{_called(node)}"
        elif isinstance(node, Mapping) and part in node:
            node = node[part]
            steps.append(str(part))
        elif error["type"] == "missing" and number == len(error["loc"]):
            steps.append(str(part))
    return steps


def _called(node: Any) -> str:
    name = node.get("name") if isinstance(node, Mapping) else None
    return f" ({name})" if isinstance(name, str) else ""


def _problem(errors: Sequence[ErrorDetails]) -> str:
    expected = [_MUST_BE[each["type"]].format_map(each.get("ctx", {})) for each in errors if each["type"] in _MUST_BE]
    if len(expected) == len(errors):
        return f"must be {', or '.join(dict.fromkeys(expected))}, not {_shown(errors[0]['input'])}"
    return "; ".join(dict.fromkeys(_sentence(each) for each in errors))


def _sentence(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    match error["type"]:
        case "missing":
            return "is missing"
        case "too_short" | "string_too_short" if context["min_length"] == 1:
            return "is empty"
        case "too_long":
            return f"has {context['actual_length']} entries, {context['max_length']} at most"
        case "string_too_long":
            return f"is longer than {context['max_length']} characters"
    return error["msg"].removeprefix("Value error, ").removeprefix("Input ")


def _shown(given: Any) -> str:
    """A value as the file has it; what is long is only named."""
    if given is None:
        return "nothing"
    if isinstance(given, Mapping | list | tuple):
        return _MAPPING if isinstance(given, Mapping) else _LIST
    return repr(given) if isinstance(given, str) else yaml_flow(given)
