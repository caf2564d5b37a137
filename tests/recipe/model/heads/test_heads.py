from __future__ import annotations

import torch
from torch import nn

from ablation.recipe.model.heads.bn_mlp import BatchNormMLP
from ablation.recipe.model.heads.linear import Linear


def document_000(feature_dim: int, num_classes: int) -> nn.Module:
    """The document's enhanced head, word for word."""
    return nn.Sequential(
        nn.BatchNorm1d(feature_dim),
        nn.Dropout(0.5),
        nn.Linear(feature_dim, feature_dim // 2),
        nn.ReLU(inplace=True),
        nn.BatchNorm1d(feature_dim // 2),
        nn.Dropout(0.25),
        nn.Linear(feature_dim // 2, num_classes),
    )


def test_bn_mlp_is_document_000s_head() -> None:
    found = []
    for build in (lambda: BatchNormMLP().build(64, 8), lambda: document_000(64, 8)):
        torch.manual_seed(0)
        head = build()
        found.append(head(torch.randn(16, 64)))
    assert torch.equal(found[0], found[1])


def test_linear_is_document_000s_baseline_head() -> None:
    found = []
    for build in (lambda: Linear(dropout=0.2).build(64, 8), lambda: nn.Sequential(nn.Dropout(0.2), nn.Linear(64, 8))):
        torch.manual_seed(0)
        head = build()
        found.append(head(torch.randn(16, 64)))
    assert torch.equal(found[0], found[1])


def test_dropout_0_draws_nothing() -> None:
    head = Linear().build(64, 8)
    before = torch.random.get_rng_state()
    head(torch.ones(4, 64))
    assert torch.equal(before, torch.random.get_rng_state())
