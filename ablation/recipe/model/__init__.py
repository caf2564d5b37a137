"""Models: a backbone that turns images into features, its starting weights, and a head that turns them into logits."""

from __future__ import annotations

from pathlib import Path

import torch
from pydantic import Field, ValidationInfo, field_validator
from torch import Tensor, nn

from ablation.errors import UserError, nearest
from ablation.recipe.model.backbones import Backbone, BackboneSettings
from ablation.recipe.model.heads import HeadSettings
from ablation.recipe.model.weights import load_weights, names_a_file
from ablation.recipe.settings import Settings


class ModelSettings(Settings):
    """Backbone, starting weights and head."""

    backbone: BackboneSettings = Field(default_factory=lambda: BackboneSettings.choose("resnet18"))
    """What turns an image into features; a bare string is its name."""
    weights: str = "none"
    """The backbone's starting weights: ``none``, a published name such as ``IMAGENET1K_V1`` or ``DEFAULT``, or the
    path of a local file: safetensors, or a state dict saved by torch. The head always starts fresh."""
    head: HeadSettings = Field(default_factory=lambda: HeadSettings.choose("linear"))
    """What turns features into one logit a class; a bare string is its name."""

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


class Classifier(nn.Module):
    """Normalised images (batch, 3, H, W) float to logits (batch, classes)."""

    def __init__(self, backbone: Backbone, head: nn.Module) -> None:
        super().__init__()
        self.backbone, self.head = backbone, head

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.backbone(images))
        return logits


def build_model(settings: ModelSettings, classes: int, image_size: int, base: Path = Path()) -> Classifier:
    """A classifier with its starting weights, in training mode; what is random is drawn from torch's CPU generator.

    Under ``torch.device("meta")`` and with weights ``none`` it costs next to nothing and still finds every misfit.

    Args:
        settings: the section ``model``.
        classes: number of classes.
        image_size: side of the images, pixels.
        base: folder that a relative path of weights starts from.

    Raises:
        UserError: the backbone cannot take images of this size, or the weights are missing, unreadable or another
            architecture's.
    """
    backbone = settings.backbone.build(image_size)
    _check(backbone, settings.backbone.name, image_size)
    if settings.weights != "none":
        load_weights(backbone, settings.backbone, settings.weights, image_size, base)
    return Classifier(backbone, settings.head.build(backbone.features, classes))


def _check(backbone: Backbone, name: str, image_size: int) -> None:
    """Refuse a backbone whose features are not what it says; random numbers and running means stay untouched."""
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
