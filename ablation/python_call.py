"""What a command does, as a call from Python: for an experiment that has no file which a command could name."""

from collections.abc import Mapping
from typing import Any

EXPERIMENT = "experiment"
"""What the experiment is called in a call."""

_OPTIONS = {"store": "root", "device": "device", "tracking_uri": "tracking_uri", "track": "track"}
"""Arguments of ``ablation.Options``, by the option of the command line."""
_SEARCH = ("trials", "minutes", "each", "study", "storage")
"""Arguments of ``ablation.Search``."""


def python_call(name: str, options: Mapping[str, Any]) -> str:
    """The call of a function of the package that does what a command does under some options.

    Args:
        name: of the function, which is that of the command.
        options: values by the option's name without its dashes, ``_`` for ``-``.
    """
    arguments = {key: repr(value) for key, value in options.items() if key not in (*_OPTIONS, *_SEARCH, "confirmed")}
    if options.get("confirmed"):
        arguments["purpose"] = repr("confirm")
    search = {key: repr(options[key]) for key in _SEARCH if key in options}
    if search:
        arguments["search"] = f"ablation.Search({_listed(search)})"
    how = {_OPTIONS[key]: _option(key, options[key]) for key in _OPTIONS if key in options}
    if how:
        arguments["options"] = f"ablation.Options({_listed(how)})"
    return f"ablation.{name}({', '.join((EXPERIMENT, *([_listed(arguments)] if arguments else [])))})"


def _option(key: str, value: Any) -> str:
    return f"Path({value!r})" if key == "store" else repr(value)


def _listed(arguments: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in arguments.items())
