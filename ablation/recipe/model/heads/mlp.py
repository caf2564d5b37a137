"""MLP head: hidden layers of given widths, each behind its own dropout.

Changes     the head: dropout, linear, BatchNorm and ReLU for each hidden layer, then dropout and a linear layer.
Helps       promised against overfitting, by a dropout that falls towards the output; the layers add capacity that
            pretrained features seldom need.
Collides    batches of one image, on which BatchNorm has no variance (the core joins such a batch to the one before);
            gradient accumulation, since BatchNorm sees one batch at a time.
Cost        by default 1.2 M more parameters behind a resnet50.
Asked by    002_111c0abedfd045f2.txt (dropout 0.5, 0.3, 0.2; widths 512 and 256: the defaults).
Source      the snippet of document 002; BatchNorm from Ioffe and Szegedy 2015, arXiv:1502.03167.

The other order, BatchNorm before dropout and behind the ReLU, is document 000's: ``bn_mlp``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator
from torch import nn

from ablation.recipe.model.heads import HeadSettings

Probability = Annotated[float, Field(ge=0, lt=1)]
Width = Annotated[int, Field(ge=1)]


class MLP(HeadSettings):
    """Hidden layers with dropout and, by default, BatchNorm."""

    name: Literal["mlp"] = "mlp"
    hidden: tuple[Width, ...] = (512, 256)
    """Widths of the hidden layers, each >= 1; empty for a linear head."""
    dropout: Probability | tuple[Probability, ...] = (0.5, 0.3, 0.2)
    """Probability that an input of a linear layer is dropped in training, in [0, 1): one number for all layers, or one
    for each hidden layer and one for the last."""
    norm: Literal["batch", "none"] = "batch"
    """What follows each hidden linear layer: BatchNorm or nothing."""

    @field_validator("dropout")
    @classmethod
    def _one_for_each_layer(cls, dropout: float | tuple[float, ...], info: ValidationInfo) -> float | tuple[float, ...]:
        hidden = info.data.get("hidden")
        if hidden is not None and isinstance(dropout, tuple) and len(dropout) != len(hidden) + 1:
            raise ValueError(
                f"{len(dropout)} numbers for {len(hidden) + 1} linear layers ({len(hidden)} hidden and the last); "
                "give one for each, or one number for all"
            )
        return dropout

    def build(self, features: int, classes: int) -> nn.Module:
        drops = self.dropout if isinstance(self.dropout, tuple) else (self.dropout,) * (len(self.hidden) + 1)
        layers: list[nn.Module] = []
        for drop, (before, after) in zip(drops, pairwise((features, *self.hidden)), strict=False):
            norm = [nn.BatchNorm1d(after)] if self.norm == "batch" else []
            layers += [nn.Dropout(drop), nn.Linear(before, after), *norm, nn.ReLU(inplace=True)]
        return nn.Sequential(*layers, nn.Dropout(drops[-1]), nn.Linear((features, *self.hidden)[-1], classes))
