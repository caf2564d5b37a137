"""Blocks of a backbone: its layers in forward order, in groups for freezing, unfreezing and gradient norms."""

from __future__ import annotations

from torch import nn

_RUNS = frozenset({"features", "classifier", "trunk_output", "encoder", "layers", "blocks", "stages"})
"""Names of sequences of blocks in torchvision and timm; these are split, a stage such as ``layer1`` is not."""

Parts = list[nn.Module]


class NewLayer(nn.Module):
    """Base of layers that are inserted into a body and belong to the head."""


def new_layers(body: nn.Module) -> list[NewLayer]:
    """The layers that were inserted into ``body``."""
    return [module for module in body.modules() if isinstance(module, NewLayer)]


def blocks_of(body: nn.Module) -> list[tuple[str, nn.Module]]:
    """The blocks with their paths in ``body``; they hold each of its parameters once, except those of new layers.

    A block begins with a child that has weights. Normalisations and children without weights join the block before
    them (those before the first block join the first), so that a convolution is never separated from its BatchNorm. A
    child is split in turn if it is the only one with weights, or has a name such as ``features`` that torchvision and
    timm give to a sequence of blocks. Parameters that belong to no layer, such as a class token, join the block after
    them. A layer that a body uses in two blocks, as in timm's CoaT, is in both.
    """
    return [(path, _joined(parts)) for path, parts in _opened("", body)]


def outside_weights(body: nn.Module) -> set[nn.Module]:
    """The modules of ``body`` that are neither a layer with weights nor within one that is a block."""
    parts = [part for _, block in _opened("", body) for part in block if not _has_weights(part)]
    return {module for part in parts for module in part.modules()}


def _joined(parts: Parts) -> nn.Module:
    return parts[0] if len(parts) == 1 else nn.ModuleList(parts)


def _opened(path: str, module: nn.Module) -> list[tuple[str, Parts]]:
    alone = sum(map(_has_weights, module.children())) == 1
    found: list[tuple[str, Parts]] = []
    own = list(module.parameters(recurse=False))
    waiting: Parts = [nn.ParameterList(own)] if own else []
    for name, child in module.named_children():
        if _has_weights(child):
            inner = f"{path}.{name}".lstrip(".")
            first, *rest = _opened(inner, child) if alone or name in _RUNS else [(inner, _without_new(child))]
            found += [(first[0], [*waiting, *first[1]]), *rest]
            waiting = []
        else:
            (found[-1][1] if found else waiting).extend(_without_new(child))
    return found or [(path or "body", [module])]


def _without_new(module: nn.Module) -> Parts:
    """The module, or, if it contains new layers, its other parts."""
    if isinstance(module, NewLayer):
        return []
    if not new_layers(module):
        return [module]
    return [part for child in module.children() for part in _without_new(child)]


def _has_weights(module: nn.Module) -> bool:
    """Whether it has parameters other than those of normalisations and new layers."""
    new = {part for layer in new_layers(module) for part in layer.modules()}
    layers = (each for each in module.modules() if each not in new and not is_norm(each))
    return any(True for layer in layers for _ in layer.parameters(recurse=False))


def is_norm(module: nn.Module) -> bool:
    """Whether it is a normalisation: by name, since those of torch, torchvision and timm have no base in common."""
    return "Norm" in type(module).__name__
