"""Linear head: dropout and one linear layer.

Changes     the head: each feature is dropped with the given probability in training, then weighed for each class.
Helps       the usual head; dropout helps where the model fits the training set much better than new images.
Collides    other regularisation: few epochs with much of it leave the model underfitted.
Cost        none that can be measured.
Asked by    000_b6ad96d08f4dca3a.txt (baseline, dropout 0.2).
Source      Srivastava et al. 2014, Journal of Machine Learning Research 15 (dropout).
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from torch import nn

from ablation.recipe.model.heads import HeadSettings


class Linear(HeadSettings):
    """Dropout and one linear layer."""

    name: Literal["linear"] = "linear"
    dropout: float = Field(0.0, ge=0, lt=1)
    """Probability that a feature is dropped in training, in [0, 1)."""

    def build(self, features: int, classes: int) -> nn.Module:
        return nn.Sequential(nn.Dropout(self.dropout), nn.Linear(features, classes))
