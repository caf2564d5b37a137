"""What the command line changes of a file before it is read: ``--set`` and ``--without``."""

from collections.abc import Mapping, Sequence
from typing import Any

from ablation.errors import UserError, nearest
from ablation.experiment.config.yaml_text import parse_value
from ablation.recipe.recipe import Recipe


def apply_override(raw: dict[str, Any], override: str, file: str) -> None:
    """Set one dotted setting of the baseline or of a rung's patch, as a ``--set`` text says.

    Raises:
        UserError: the text is none, or names a rung that ``file`` lacks.
    """
    place, equals, text = override.partition("=")
    rung, slash, dotted = place.rpartition("/")
    keys = dotted.strip().split(".")
    is_section = len(keys) == 1 and keys[0] in Recipe.model_fields  # --set augment=enhanced
    if not equals or not (len(keys) > 1 or is_section) or not all(keys):
        raise UserError(
            f"cannot read {override!r}",
            place="--set",
            remedy="write section.key=value or 'Rung name/section.key=value'",
        )
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
    given = raw.get("rungs")
    rungs = [rung for rung in given if isinstance(rung, dict)] if isinstance(given, list) else []
    for rung in rungs:
        if rung.get("name") == name:
            return rung
    known = nearest(name, [str(rung.get("name")) for rung in rungs]) if rungs else "the file has no rungs"
    raise UserError(f"no rung {name!r} in {file}", place=option, remedy=known)


def leave_out(raw: dict[str, Any], without: Sequence[str], file: str) -> None:
    """Take rungs out of the file, and out of the promises of several.

    Raises:
        UserError: ``file`` lacks one of them.
    """
    for name in without:
        raw["rungs"] = [rung for rung in raw["rungs"] if rung is not _rung(raw, name, file, "--without")]
    promises = []
    for each in raw.get("promises", ()):
        of = each["of"] if isinstance(each["of"], str) else [name for name in each["of"] if name not in without]
        promises += [each | {"of": of}] if of else []
    raw["promises"] = promises
