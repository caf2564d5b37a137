"""What the command line changes in the content of a file: ``--set`` and ``--without``."""

from collections.abc import Mapping, Sequence
from typing import Any

from ablation.errors import UserError, nearest
from ablation.experiment.config.yaml_text import parse_value
from ablation.recipe.recipe import Recipe


def apply_override(raw: dict[str, Any], override: str, file: str) -> None:
    """Set one dotted setting of the baseline or of a rung's patch, as a ``--set`` text says.

    Raises:
        UserError: the text has another form, or names a rung that ``file`` lacks.
    """
    place, equals, text = override.partition("=")
    rung, slash, dotted = place.rpartition("/")
    keys = dotted.strip().split(".")
    is_section = len(keys) == 1 and keys[0] in Recipe.model_fields  # --set augment=enhanced
    if not equals or not (len(keys) > 1 or is_section) or not all(keys):
        remedy = "write section.key=value or 'Rung name/section.key=value'"
        raise UserError(f"cannot read {override!r}", place="--set", remedy=remedy)
    holder, key = (_rung(raw, rung.strip(), file), "patch") if slash else (raw, "baseline")
    holder[key] = _with(holder.get(key), keys, parse_value(text, place=f"--set {override}"))


def _with(node: Any, keys: Sequence[str], value: Any) -> Any:
    """A copy of nested settings with one set; YAML's aliases share nodes, so no node is changed in place."""
    first, *rest = keys
    if node is not None and not isinstance(node, dict):
        return node  # refused by the validation that follows
    settings = node or {}
    inner = settings.get(first)
    if isinstance(inner, str):
        inner = {"source" if first == "data" else "name": inner}
    return settings | {first: _with(inner, rest, value) if rest else value}


def _rung(raw: Mapping[str, Any], name: str, file: str, option: str = "--set") -> dict[str, Any]:
    entries = raw.get("rungs")
    rungs = [rung for rung in entries if isinstance(rung, dict)] if isinstance(entries, list) else []
    for rung in rungs:
        if rung.get("name") == name:
            return rung
    remedy = nearest(name, [str(rung.get("name")) for rung in rungs]) if rungs else "the file has no rungs"
    raise UserError(f"no rung {name!r} in {file}", place=option, remedy=remedy)


def leave_out(raw: dict[str, Any], without: Sequence[str], file: str) -> None:
    """Take rungs out of the file, and out of its promises of several; raises ``UserError`` where one is not in it."""
    for name in without:
        raw["rungs"] = [rung for rung in raw["rungs"] if rung is not _rung(raw, name, file, "--without")]
    promises = []
    for promise in raw.get("promises", ()):
        of = promise["of"]
        rungs = of if isinstance(of, str) else [name for name in of if name not in without]
        promises += [promise | {"of": rungs}] if rungs else []
    raw["promises"] = promises
