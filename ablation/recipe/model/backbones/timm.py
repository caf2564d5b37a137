"""timm's models: ``timm:resnet10t``, ``timm:convnext_tiny.fb_in22k`` and a thousand others by name.

Changes     the backbone: a model of timm without its classifier. A name with a tag says which published weights
            ``weights: pretrained`` means; without one, timm's default.
Helps       architectures and weights that torchvision has not.
Collides    other pixels: weights expect the mean and standard deviation, and do best at the image size, that timm
            publishes with them; give the same under ``data``.
Cost        the model's own; importing timm takes about six seconds a process.
Asked by    no document; for comparing with what the field uses now.
Source      Wightman, PyTorch Image Models, github.com/huggingface/pytorch-image-models; each model's page names its
            paper.

timm is not installed with the package: ``pip install 'ablation[timm]'``. A local file of weights is a state dict of the
timm model at the same image size; its classifier is dropped. ``pretrained`` is fitted to the image size by timm.
"""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Mapping
from typing import Any, ClassVar

import torch
from pydantic import field_validator
from torch import Tensor, nn

from ablation.errors import UserError, nearest
from ablation.recipe.model.backbones import Backbone, BackboneSettings

_DEFAULT = "timm:resnet10t"  # small, and takes images of any size


class TimmClassifier(BackboneSettings):
    """A model of timm without its classifier."""

    prefix: ClassVar[str] = "timm"
    libraries: ClassVar[tuple[str, ...]] = ("timm",)
    name: str = _DEFAULT
    """``timm:`` and timm's name of the model."""

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """One name to show the pattern, where timm is installed; all others are known to timm alone."""
        return (_DEFAULT,) if importlib.util.find_spec("timm") else ()

    @field_validator("name")
    @classmethod
    def _is_known(cls, name: str) -> str:
        known = [f"{cls.prefix}:{each}" for each in _known()]
        if name not in known:
            raise ValueError(f"timm has no model {name!r}; {nearest(name, known)}")
        return name

    @property
    def model(self) -> str:
        """timm's name of the model."""
        return self.name.removeprefix(f"{self.prefix}:")

    def build(self, image_size: int) -> Backbone:
        features = _features(self.model, image_size)
        return Backbone(_created(self.model, image_size), features, _classifier(self.model))

    def published(self) -> tuple[str, ...]:
        import timm.models

        return ("pretrained",) if timm.models.is_model_pretrained(self.model) else ()

    def download(self, weights: str, image_size: int) -> Mapping[str, Tensor]:
        try:
            with torch.random.fork_rng(devices=[]):  # the random weights that the published ones replace
                body = _created(self.model, image_size, pretrained=True)
        except (OSError, RuntimeError) as error:
            raise UserError(
                f"cannot download {weights} of {self.name} ({error})",
                place="model.weights",
                remedy="run once where there is a network, or give the path of a file with the weights",
            ) from error
        state: Mapping[str, Tensor] = body.state_dict()
        return state


@functools.cache
def _known() -> tuple[str, ...]:
    """Every model of timm, without and with the tags of its published weights."""
    if not importlib.util.find_spec("timm"):
        raise ValueError("timm is not installed; pip install 'ablation[timm]'")
    import timm

    return (*timm.list_models(), *timm.list_models(pretrained=True))


def _created(model: str, image_size: int, pretrained: bool = False) -> nn.Module:
    import timm
    from timm.models import get_pretrained_cfg

    published = get_pretrained_cfg(model)
    size: dict[str, Any] = {"img_size": image_size} if published and published.fixed_input_size else {}
    return timm.create_model(model, pretrained=pretrained, num_classes=0, **size)


def _classifier(model: str) -> tuple[str, ...]:
    """Beginnings of the classifier's keys; distilled models have two."""
    from timm.models import get_pretrained_cfg

    published = get_pretrained_cfg(model)
    named = published.classifier if published else None
    return tuple(f"{path}." for path in ((named,) if isinstance(named, str) else named or ()))


@functools.cache
def _features(model: str, image_size: int) -> int:
    """The number of features, found without memory or arithmetic.

    Raises:
        UserError: it cannot take images of this size.
    """
    with torch.device("meta"):
        try:
            found = _created(model, image_size).eval()(torch.zeros(1, 3, image_size, image_size))
        except (RuntimeError, ValueError, AssertionError, TypeError) as error:
            reason = str(error).partition("\n")[0]
            raise UserError(
                f"timm:{model} cannot take images of {image_size} px ({reason})",
                place="data.image_size",
                remedy="choose another size, such as that of its published weights, or another backbone",
            ) from error
    features: int = found.shape[-1]
    return features
