"""A parameter on its way into Optuna's storage and back: numbers as they are, choices by a label."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import optuna

from ablation.experiment.config.yaml_text import yaml_flow
from ablation.experiment.search.space import Parameter

StoredValue = None | bool | int | float | str
"""What Optuna can store as a choice."""


def suggested_value(parameter: Parameter, trial: optuna.Trial) -> Any:
    """A parameter's value in a trial, as the experiment file would write it; chosen by the sampler when it is new."""
    if parameter.kind == "categorical":
        labels = labels_of(parameter)
        return labels[trial.suggest_categorical(parameter.path, list(labels))]
    if parameter.kind == "int":
        low, high, step = int(parameter.low), int(parameter.high), int(parameter.step or 1)
        return trial.suggest_int(parameter.path, low, high, step=step, log=parameter.log)
    return trial.suggest_float(parameter.path, parameter.low, parameter.high, step=parameter.step, log=parameter.log)


def labels_of(parameter: Parameter) -> dict[StoredValue, Any]:
    """The choices by what stands for them in the storage: themselves, or their YAML on one line."""
    choices = parameter.choices
    plain = all(isinstance(each, StoredValue) for each in choices) and len(set(choices)) == len(choices)
    return {each if plain else yaml_flow(each): each for each in choices}


def stored_value(parameter: Parameter, value: Any) -> StoredValue:
    """What stands for a value in the storage."""
    if parameter.kind != "categorical":
        return int(value) if parameter.kind == "int" else float(value)
    return next(label for label, each in labels_of(parameter).items() if _same(each, value))


def stored_values(parameters: Mapping[str, Parameter], values: Mapping[str, Any]) -> dict[str, StoredValue]:
    """Values by dotted setting as the storage has them."""
    return {path: stored_value(parameters[path], value) for path, value in values.items()}


def grid_values(parameter: Parameter) -> tuple[Any, ...]:
    """Every value that a grid tries, in order."""
    if parameter.kind == "categorical":
        return parameter.choices
    low, high, step = (Decimal(str(each)) for each in (parameter.low, parameter.high, parameter.step or 1))
    found = [low + number * step for number in range(math.floor((high - low) / step) + 1)]
    return tuple(int(each) if parameter.kind == "int" else float(each) for each in found)


def _same(one: Any, other: Any) -> bool:
    """Whether two settings are written alike; ``1``, ``1.0`` and ``true`` are not."""
    return yaml_flow(one) == yaml_flow(other)
