"""The network of a training: a backbone and a head, of which a part may be frozen."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from torch import Tensor, nn

from ablation.errors import UserError
from ablation.recipe.model.backbones import Backbone
from ablation.recipe.model.blocks import new_layers

Trainable = Literal["all", "head"] | Annotated[int, Field(ge=1)]


class Classifier(nn.Module):
    """Normalised images (batch, 3, H, W) float to logits (batch, classes).

    In training mode, frozen parts stay in evaluation mode.

    Args:
        backbone: its frozen parameters need no gradients.
        head: always trained, as are layers that were inserted into the backbone.
        trainable: as in the settings.

    Raises:
        UserError: the backbone has fewer blocks than are to be trained.
    """

    def __init__(self, backbone: Backbone, head: nn.Module, trainable: Trainable = "all") -> None:
        super().__init__()
        self.backbone, self.head, self.trainable = backbone, head, trainable
        if isinstance(trainable, int):
            _check_number(trainable, backbone)
        if trainable != "all":
            backbone.requires_grad_(False)
            for module in self._trained():
                module.requires_grad_(True)
            self.train()

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.head(self.backbone(images))
        return logits

    def train(self, mode: bool = True) -> Classifier:
        super().train(mode)
        if self.trainable != "all":
            self.backbone.eval()
            for module in self._trained():
                module.train(mode)
        return self

    def groups(self) -> list[tuple[str, nn.Module]]:
        """The layers in forward order, each parameter in one: ``backbone.<block>``, ..., and ``head``.

        Layers that were inserted into the backbone are in ``head``.
        """
        new = new_layers(self.backbone)
        head = nn.ModuleList([*new, self.head]) if new else self.head
        return [*((f"backbone.{path}", block) for path, block in self.backbone.blocks), ("head", head)]

    def _trained(self) -> list[nn.Module]:
        """The part of the backbone that is trained if not all of it is."""
        count = self.trainable if isinstance(self.trainable, int) else 0
        blocks = self.backbone.blocks
        return [*(block for _, block in blocks[len(blocks) - count :]), *new_layers(self.backbone)]


def _check_number(count: int, backbone: Backbone) -> None:
    names = [name for name, _ in backbone.blocks]
    if count > len(names):
        raise UserError(
            f"{count} blocks to train, but the backbone has {len(names)}",
            place="model.trainable",
            remedy=f"at most {len(names)}, from the first to the last: {', '.join(names)}",
        )
