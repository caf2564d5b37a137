"""Parameter groups: which weights share a learning rate and a weight decay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import nn

from ablation.recipe.model.blocks import is_norm, new_layers

ParameterGroup = dict[str, Any]
"""A parameter group of torch's optimizers: ``params``, their ``lr`` and ``weight_decay``, a ``name`` for reports."""

NO_DECAY = "/no_decay"
"""Suffix of the names of groups without weight decay."""

_BACKBONE = "backbone.body."


def parameter_groups(
    model: nn.Module, lr: float, backbone_lr: float | None, weight_decay: float, decay_norm_and_bias: bool
) -> list[ParameterGroup]:
    """The trainable parameters by learning rate and decay, each group in the model's order, without empty groups.

    Without a ``backbone_lr`` and with decay for all there is one group, ``all``; otherwise ``backbone`` comes before
    ``head`` (what does not start from published weights), and weights with decay before those without.

    Args:
        model: parameters that need no gradient are in no group.
        lr, backbone_lr: learning rate, and the backbone's where it has its own, > 0.
        weight_decay: of everything that decays, >= 0.
        decay_norm_and_bias: whether norm layers and biases decay too.

    Source: torchvision's training references (``set_weight_decay``).
    """
    spared = set() if decay_norm_and_bias else set(_norms_and_biases(model))
    groups: dict[str, ParameterGroup] = {}
    new = {parameter for layer in new_layers(model) for parameter in layer.parameters()}
    for name, parameter in _trainable(model):
        starts_trained = name.startswith(_BACKBONE) and parameter not in new
        part = "all" if backbone_lr is None else "backbone" if starts_trained else "head"
        rate = backbone_lr if part == "backbone" else lr
        label, decay = (part + NO_DECAY, 0.0) if parameter in spared else (part, weight_decay)
        group = groups.setdefault(label, {"name": label, "params": [], "lr": rate, "weight_decay": decay})
        group["params"].append(parameter)
    return [groups[label] for label in sorted(groups)]


def _trainable(model: nn.Module) -> Iterator[tuple[str, nn.Parameter]]:
    return ((name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad)


def _norms_and_biases(model: nn.Module) -> Iterator[nn.Parameter]:
    """Parameters of norm layers, and biases of all layers."""
    for module in model.modules():
        for name, parameter in module.named_parameters(recurse=False):
            if is_norm(module) or name.endswith("bias"):
                yield parameter
