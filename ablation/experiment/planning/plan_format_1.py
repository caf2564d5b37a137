"""Plans as versions of ablation wrote them before plans carried a format number.

All fields of a plan stand at the top. ``shared`` is a table of what tasks have in common, to which a task refers by the
position under ``shared``; the earliest plans have no table, and stages with their whole task and their address.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter

from ablation.experiment.planning.plan import Plan

_RENAMED = {"ladder": "parent_key", "asked": "design_points", "declared": "declared_rungs"}
_DROPPED = ("shared", "requested")  # the second was the number of design points
_TABLE = "shared"


def plan_of_format_1(raw: Mapping[str, Any]) -> Plan:
    """The plan of what was stored.

    Raises:
        ValueError: it is no plan.
    """
    fields = {_RENAMED.get(name, name): value for name, value in raw.items() if name not in _DROPPED}
    try:
        stages = {address: _stage(address, stage, raw.get(_TABLE, ())) for address, stage in raw["stages"].items()}
    except (AttributeError, LookupError, TypeError) as error:
        raise ValueError("no stages as plans have them") from error
    return TypeAdapter(Plan).validate_python(fields | {"stages": stages})


def _stage(address: str, raw: Mapping[str, Any], table: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"address": address, **raw, "task": _task(raw["task"], table)}


def _task(raw: Mapping[str, Any], table: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    if _TABLE not in raw:
        return raw
    own = {name: value for name, value in raw.items() if name != _TABLE}
    return {**table[raw[_TABLE]], **own}
