"""Torchvision's classifiers: resnet18, vgg16, densenet121, efficientnet_b4, vit_b_16 and all the others by name.

Changes     the backbone: the classifier up to its last layer. A dropout right before that layer goes with it, since
            the head brings its own; auxiliary classifiers are left out.
Helps       deeper networks on larger images and sets; published weights help most where images are few and are
            photographs.
Collides    small images: most architectures halve the size five times, and some refuse it (the error names the
            smallest size they take). A change of architecture confounded with newer weights: give both rungs.
Cost        resnet18 11 M parameters and 3.6 GFLOP an image at 224 px, resnet50 24 M and 8.2, vgg16 134 M and 31.
Asked by    000_b6ad96d08f4dca3a.txt (resnet18 to resnet50, +4-6 %), 001_b04657de1b61805f.txt (vgg16 to resnet50,
            +5-8 %), 002_111c0abedfd045f2.txt (resnet50, +5-8 %).
Source      torchvision.models; each model's page names its paper.

GoogLeNet and Inception map ImageNet-normalised images to the scale of their published weights themselves, whatever
weights they start from. A vision transformer is built for the image size; weights of another size have their embeddings
of positions resized.

``block_dropout`` is document 003_ecebd86cd390f469.txt's ``nn.Dropout2d`` in the bottleneck (0.02; +1-2 %, together with
a dropout of 0.02 before the last layer: ``head: {name: linear, dropout: 0.02}``). The document does not show where in
the bottleneck it stands; here it ends each residual branch, right before the addition.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from pydantic import Field, ValidationInfo, field_validator
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torchvision import models
from torchvision.models import resnet
from torchvision.models.vision_transformer import interpolate_embeddings

from ablation.errors import UserError, nearest
from ablation.recipe.model.backbones import Backbone, BackboneSettings
from ablation.recipe.model.block_dropout import drop_branches

_NAMES = tuple(models.list_models(module=models))
_AUXILIARY = ("aux1.", "aux2.", "AuxLogits.")
_LARGEST_TRIED = 512
_POOLED = {"densenet": "features", "mnasnet": "layers", "mobilenet_v2": "features", "shufflenet": "conv5"}
"""The layers that a function call pools, by the beginning of the architecture's name."""


class TorchvisionClassifier(BackboneSettings):
    """A classifier of torchvision without its last layer."""

    name: str = Field("resnet18", json_schema_extra={"enum": list(_NAMES)})
    """Torchvision's name of the model."""
    block_dropout: float = Field(0.0, ge=0, lt=1)
    """Probability that a channel is dropped at the end of each residual branch in training, in [0, 1); ResNet, ResNeXt
    and Wide ResNet only."""

    @classmethod
    def names(cls) -> tuple[str, ...]:
        return _NAMES

    @field_validator("name")
    @classmethod
    def _is_known(cls, name: str) -> str:
        if name not in _NAMES:
            raise ValueError(f"torchvision has no classifier {name!r}; {nearest(name, _NAMES)}")
        return name

    @field_validator("block_dropout")
    @classmethod
    def _has_branches(cls, block_dropout: float, info: ValidationInfo) -> float:
        name = info.data.get("name")
        if block_dropout > 0 and name is not None and models.get_model_builder(name).__module__ != resnet.__name__:
            raise ValueError(f"{name} takes no block_dropout but 0; it is for resnet, resnext and wide_resnet")
        return block_dropout

    def build(self, image_size: int) -> Backbone:
        if not _fits(self.name, image_size):
            larger = (size for size in range(image_size + 1, _LARGEST_TRIED + 1) if _fits(self.name, size))
            smallest = next(larger, None)
            raise UserError(
                f"{self.name} cannot take images of {image_size} px",
                place="data.image_size",
                remedy=f"the next larger size it takes is {smallest}" if smallest else "choose another backbone",
            )
        backbone = _backbone(self.name, image_size)
        if self.block_dropout > 0:
            drop_branches(backbone.body, self.block_dropout)
        return backbone

    def published(self) -> tuple[str, ...]:
        known = models.get_model_weights(self.name).__members__.items()
        return tuple(
            name for name, weights in known if weights.meta["categories"]
        )  # vgg16's FEATURES are no classifier

    def download(self, weights: str, image_size: int) -> Mapping[str, Tensor]:
        chosen = models.get_model_weights(self.name)[weights]
        file = Path(torch.hub.get_dir(), "checkpoints", Path(chosen.url).name)
        if file.is_file():
            _check_digest(file)
        try:
            state: Mapping[str, Tensor] = chosen.get_state_dict(
                progress=False, check_hash=True, map_location="cpu", weights_only=True
            )
        except (OSError, RuntimeError) as error:
            raise UserError(
                f"cannot download {weights} of {self.name} ({error})",
                place="model.weights",
                remedy=f"place {chosen.url} at {file}",
            ) from error
        return state

    def adapt(self, state: dict[str, Tensor], image_size: int) -> dict[str, Tensor]:
        # densenet's published files still have the keys of torch 0.3: denselayer1.norm.1.weight
        renamed = {re.sub(r"(denselayer\d+\.(?:norm|conv))\.([12]\.)", r"\1\2", key): state[key] for key in state}
        patch = _patch_size(self.name)
        if patch is None or "encoder.pos_embedding" not in renamed:
            return renamed
        resized: dict[str, Tensor] = interpolate_embeddings(image_size, patch, renamed)
        return resized


class _NumbersOnCPU(TorchFunctionMode):
    """Keeps tensors that a constructor reads numbers from off the meta device: RegNet computes its widths with them."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        return func(*args, **({"device": "cpu"} if func in (torch.arange, torch.tensor) else {}) | (kwargs or {}))


def _constructed(name: str, image_size: int) -> nn.Module:
    with _NumbersOnCPU() if name.startswith("regnet") else contextlib.nullcontext():
        model: nn.Module = models.get_model(name, weights=None, **_options(name, image_size))
    return model


def _backbone(name: str, image_size: int) -> Backbone:
    model = _constructed(name, image_size)
    leaves = [(path, module) for path, module in model.named_modules() if not list(module.children())]
    weighted = (number for number, (_, module) in enumerate(leaves) if isinstance(module, nn.Linear | nn.Conv2d))
    last = max(weighted)
    (before, dropout), (path, layer) = leaves[last - 1 : last + 1]
    model.set_submodule(path, nn.Identity())
    if isinstance(dropout, nn.Dropout):
        model.set_submodule(before, nn.Identity())
    features = layer.in_features if isinstance(layer, nn.Linear) else layer.in_channels
    pooled = next((run for beginning, run in _POOLED.items() if name.startswith(beginning)), None)
    return Backbone(model, features, (f"{path}.", *_AUXILIARY), pooled)


def _options(name: str, image_size: int) -> dict[str, Any]:
    """What the constructor must know; without ``init_weights`` the first two warn."""
    if name in ("googlenet", "inception_v3"):
        return {"aux_logits": False, "init_weights": True, "transform_input": True}
    if name.startswith("vit_"):
        return {"image_size": image_size}
    if name.startswith("maxvit_"):
        return {"input_size": (image_size, image_size)}
    return {}


@functools.cache
def _fits(name: str, image_size: int) -> bool:
    """Whether the architecture takes images of this size; tried without memory or arithmetic."""
    with torch.device("meta"):
        try:
            _backbone(name, image_size).eval()(torch.zeros(1, 3, image_size, image_size))
        except (RuntimeError, ValueError, AssertionError):
            return False
    return True


def _patch_size(name: str) -> int | None:
    return int(name.rpartition("_")[2]) if name.startswith("vit_") else None


def _check_digest(file: Path) -> None:
    """Torch checks what it downloads, not what lies in its cache already; the name ends with the digest's beginning."""
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    if not digest.startswith(file.stem.rpartition("-")[2]):
        raise UserError(
            f"{file} is damaged: its content does not have the digest in its name",
            place="model.weights",
            remedy="delete it, so that it is downloaded again",
        )
