"""Models: a backbone that turns images into features, its starting weights, and a head that turns them into logits."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import torch
from pydantic import Field, ValidationInfo, field_validator
from torch import nn

from ablation.errors import UserError, nearest
from ablation.recipe.model.attention import attend
from ablation.recipe.model.backbones import Backbone, BackboneSettings
from ablation.recipe.model.blocks import new_layers
from ablation.recipe.model.classifier import Classifier, Trainable
from ablation.recipe.model.heads import HeadSettings
from ablation.recipe.model.initialisation import xavier_uniform
from ablation.recipe.model.weights import load_weights, names_a_file
from ablation.recipe.settings import Settings

__all__ = ["Classifier", "ModelSettings", "build_model"]


class ModelSettings(Settings):
    """Backbone, starting weights, head, and which of them is trained."""

    backbone: BackboneSettings = Field(default_factory=lambda: BackboneSettings.choose("resnet18"))
    """What turns an image into features; a bare string is its name."""
    weights: str = "none"
    """The backbone's starting weights: ``none``, a published name such as ``IMAGENET1K_V1`` or ``DEFAULT``, or the
    path of a local file: safetensors, or a state dict saved by torch. The head always starts fresh."""
    head: HeadSettings = Field(default_factory=lambda: HeadSettings.choose("linear"))
    """What turns features into one logit a class; a bare string is its name."""
    trainable: Trainable = "all"
    """What is trained: ``all``, ``head``, or a number N >= 1, the head and the last N blocks of the backbone. The rest
    is frozen: no gradients, its BatchNorm keeps its running statistics and its dropout is off."""
    attention: Literal["none", "spatial"] = "none"
    """What stands before the last pooling: nothing, or CBAM's spatial attention, which counts with the head."""
    init: Literal["torch", "xavier_uniform"] = "torch"
    """How linear and convolution layers that do not start from ``weights`` begin: as torch or the architecture has it,
    or Xavier uniform with biases 0."""
    bn_momentum: float | None = Field(None, gt=0, le=1)
    """Share of the newest batch in the running statistics of every BatchNorm, in (0, 1]; none leaves them as the
    architecture has it, usually 0.1."""

    @field_validator("weights")
    @classmethod
    def _are_known(cls, weights: str, info: ValidationInfo) -> str:
        backbone = info.data.get("backbone")
        if backbone is None or weights == "none" or names_a_file(weights):
            return weights
        known = ("none", *backbone.published())
        if weights not in known:
            hint = nearest(weights, known)
            raise ValueError(f"{backbone.name} has no weights {weights!r}; {hint} (a file needs its suffix)")
        return weights


def build_model(settings: ModelSettings, classes: int, image_size: int, base: Path = Path()) -> Classifier:
    """A classifier with its starting weights, in training mode; random weights are drawn from torch's CPU generator.

    Under ``torch.device("meta")`` and with weights ``none`` it takes almost no time and still finds every mismatch.
    The keys and shapes of its state dict do not depend on what is trained, on any dropout, on ``init`` or on
    ``bn_momentum``.

    Args:
        settings: the section ``model``.
        classes: number of classes.
        image_size: side of the images, pixels.
        base: folder that a relative path of weights starts from.

    Raises:
        UserError: the backbone cannot take images of this size, has no place for attention or fewer blocks than are
            to be trained, or the weights are missing, unreadable or another architecture's.
    """
    backbone = settings.backbone.build(image_size)
    _check(backbone, settings.backbone.name, image_size)
    if settings.weights != "none":
        load_weights(backbone, settings.backbone, settings.weights, image_size, base)
    if settings.attention == "spatial":
        attend(backbone, settings.backbone.name)
    head = settings.head.build(backbone.features, classes)
    if settings.init == "xavier_uniform":
        for fresh in (*([backbone] if settings.weights == "none" else new_layers(backbone)), head):
            xavier_uniform(fresh)
    model = Classifier(backbone, head, settings.trainable)
    if settings.bn_momentum is not None:
        _set_momentum(model, settings.bn_momentum)
    return model


def _set_momentum(model: nn.Module, momentum: float) -> None:
    for module in model.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.momentum = momentum


def _check(backbone: Backbone, name: str, image_size: int) -> None:
    """Refuse a backbone with a wrong number of features; random numbers and running means do not change."""
    was_training = backbone.training
    with torch.no_grad():
        shape = tuple(backbone.eval()(torch.zeros(1, 3, image_size, image_size)).shape)
    backbone.train(was_training)
    if shape != (1, backbone.features):
        raise UserError(
            f"{name} gives features of shape {shape} for one image, but says {backbone.features}",
            place="model.backbone",
            remedy="a backbone maps images (batch, 3, H, W) to (batch, features)",
        )
