"""Converts a parameter's values to what Optuna stores and back: numbers as they are, choices by a label."""

import math
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import optuna

from ablation.experiment.config.yaml_text import yaml_flow
from ablation.experiment.search.space import Parameter

StoredValue = None | bool | int | float | str
"""The types that Optuna can store as a choice."""


def suggested_value(parameter: Parameter, trial: optuna.Trial) -> Any:
    """A parameter's value in a trial, as the experiment file would write it; the sampler chooses a new one."""
    if parameter.kind == "categorical":
        labels = labels_of(parameter)
        return labels[trial.suggest_categorical(parameter.path, list(labels))]
    if parameter.kind == "int":
        low, high, step = int(parameter.low), int(parameter.high), int(parameter.step or 1)
        return trial.suggest_int(parameter.path, low, high, step=step, log=parameter.log)
    return trial.suggest_float(parameter.path, parameter.low, parameter.high, step=parameter.step, log=parameter.log)


def labels_of(parameter: Parameter) -> dict[StoredValue, Any]:
    """The choices by their label in the storage: the choices themselves, or their YAML on one line."""
    choices = parameter.choices
    plain = all(isinstance(choice, StoredValue) for choice in choices) and len(set(choices)) == len(choices)
    return {choice if plain else yaml_flow(choice): choice for choice in choices}


def _stored(parameter: Parameter, value: Any) -> StoredValue:
    if parameter.kind != "categorical":
        return int(value) if parameter.kind == "int" else float(value)
    text = yaml_flow(value)  # which differs for 1, 1.0 and true
    return next(label for label, choice in labels_of(parameter).items() if yaml_flow(choice) == text)


def stored_values(parameters: Mapping[str, Parameter], values: Mapping[str, Any]) -> dict[str, StoredValue]:
    """Values by dotted setting, as Optuna stores them."""
    return {path: _stored(parameters[path], value) for path, value in values.items()}


def grid_values(parameter: Parameter) -> tuple[Any, ...]:
    """Every value that a grid tries, in order."""
    if parameter.kind == "categorical":
        return parameter.choices
    low, high, step = (Decimal(str(number)) for number in (parameter.low, parameter.high, parameter.step or 1))
    values = (low + place * step for place in range(math.floor((high - low) / step) + 1))
    return tuple(int(value) if parameter.kind == "int" else float(value) for value in values)
