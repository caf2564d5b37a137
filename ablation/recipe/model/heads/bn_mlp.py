"""BatchNorm MLP head: two layers with BatchNorm and a dropout that halves from the first to the second.

Changes     the head: BatchNorm, dropout, linear to half the features, ReLU, BatchNorm, dropout, linear.
Helps       promised against overfitting, by its dropout; the extra layer adds capacity that pretrained features seldom
            need.
Collides    batches of one image, on which BatchNorm has no variance (the core joins such a batch to the one before);
            gradient accumulation, since BatchNorm sees one batch at a time.
Cost        features^2 / 2 more parameters: 2.1 M behind a resnet50.
Asked by    000_b6ad96d08f4dca3a.txt (+2-3 %; part of its +4-6 % for architecture), 001_b04657de1b61805f.txt.
Source      the snippet of document 000; BatchNorm from Ioffe and Szegedy 2015, arXiv:1502.03167.

Document 001 shows no code of its "multi-layer classifier with BatchNorm and progressive dropout". This head is taken
for it: one ``dropout_rate`` of 0.5 fits a dropout that halves by itself, and behind a resnet50 it makes 25.6 M
parameters, where the document says 26 M; document 002's (``mlp``) makes 24.7 M.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from torch import nn

from ablation.recipe.model.heads import HeadSettings


class BatchNormMLP(HeadSettings):
    """Two layers with BatchNorm and dropout."""

    name: Literal["bn_mlp"] = "bn_mlp"
    dropout: float = Field(0.5, ge=0, lt=1)
    """Probability that a feature is dropped in training, in [0, 1)."""
    hidden_dropout: float = Field(0.25, ge=0, lt=1)
    """Probability that a unit of the hidden layer is dropped in training, in [0, 1)."""

    def build(self, features: int, classes: int) -> nn.Module:
        hidden = features // 2
        return nn.Sequential(
            nn.BatchNorm1d(features),
            nn.Dropout(self.dropout),
            nn.Linear(features, hidden),
            nn.ReLU(inplace=True),
            nn.BatchNorm1d(hidden),
            nn.Dropout(self.hidden_dropout),
            nn.Linear(hidden, classes),
        )
