"""pydantic's errors as messages about an experiment file: the place, the problem and the invalid value."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from ablation.errors import UserError
from ablation.experiment.config.yaml_text import yaml_flow

_MAPPING, _LIST = "a mapping of settings", "a list"

_MUST_BE: Mapping[str, str] = {
    **dict.fromkeys(("model_type", "dict_type", "mapping_type"), _MAPPING),
    **dict.fromkeys(("tuple_type", "list_type"), _LIST),
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "a whole number"),
    **dict.fromkeys(("float_type", "float_parsing"), "a number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "true or false"),
    "string_type": "text",
    "finite_number": "a finite number",
    "greater_than": "above {gt:g}",
    "greater_than_equal": "{ge:g} or more",
    "less_than": "below {lt:g}",
    "less_than_equal": "{le:g} or less",
    "literal_error": "{expected}",
    "string_pattern_mismatch": "of the form {pattern} (a regular expression)",
}
"""What was expected, by pydantic's type of error; the message adds the invalid value."""


def invalid(kind: str, problem: str) -> PydanticCustomError:
    """The error that a validator of a file's settings raises; pydantic adds the place."""
    return PydanticCustomError(kind, "{problem}", {"problem": problem})


def as_user_error(error: ValidationError, settings: Any, origin: str, inside: str = "") -> UserError:
    """pydantic's errors as one message.

    Args:
        settings: what was validated.
        origin: names the file.
        inside: where in the file the settings stand.
    """
    by_place: dict[str, list[ErrorDetails]] = {}
    for details in error.errors():
        place = ".".join(filter(None, (inside, *_steps(details, settings))))
        by_place.setdefault(place, []).append(details)
    # a list with an invalid entry is reported as too short too, and a union once for each of its branches
    deepest = [
        place for place in by_place if not any(other.startswith((f"{place}.", f"{place}[")) for other in by_place)
    ]
    lines = [": ".join(filter(None, (place, _problem(by_place[place])))) for place in deepest]
    return UserError(lines[0], place=origin, remedy="\n  ".join(lines[1:]))


def as_setting_error(error: ValidationError, settings: Any, prefix: str = "") -> UserError:
    """As ``as_user_error``, but the place is ``prefix`` and the path of the first invalid setting."""
    message = as_user_error(error, settings, "")
    setting, _, problem = message.problem.partition(": ")
    return UserError(problem, place=f"{prefix}{setting}", remedy=message.remedy)


def _steps(error: ErrorDetails, settings: Any) -> list[str]:
    """The place as a path; names of union branches, which pydantic puts in between, are left out."""
    steps: list[str] = []
    node = settings
    for number, part in enumerate(error["loc"], start=1):
        if isinstance(part, int) and isinstance(node, list | tuple):
            node = node[part] if part < len(node) else None
            name = node.get("name") if isinstance(node, Mapping) else None
            steps[-1] = f"{steps[-1]}[{part + 1}]{f' ({name})' if isinstance(name, str) else ''}"
        elif isinstance(node, Mapping) and part in node:
            node = node[part]
            steps.append(str(part))
        elif error["type"] == "missing" and number == len(error["loc"]):
            steps.append(str(part))
    return steps


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


def _shown(value: Any) -> str:
    """A value as the file has it; mappings and lists are only named."""
    if value is None:
        return "nothing"
    if isinstance(value, Mapping | list | tuple):
        return _MAPPING if isinstance(value, Mapping) else _LIST
    return repr(value) if isinstance(value, str) else yaml_flow(value)
