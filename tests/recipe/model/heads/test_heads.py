from __future__ import annotations

import pytest
import torch
from pydantic import ValidationError
from torch import nn
from torchvision import models

from ablation.recipe.model.heads import HeadSettings
from ablation.recipe.model.heads.bn_mlp import BatchNormMLP
from ablation.recipe.model.heads.linear import Linear
from ablation.recipe.model.heads.mlp import MLP


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


def document_002(in_features: int, num_classes: int) -> nn.Module:
    """The document's improved classifier, word for word."""
    return nn.Sequential(
        nn.Dropout(0.5),
        nn.Linear(in_features, 512),
        nn.BatchNorm1d(512),
        nn.ReLU(inplace=True),
        nn.Dropout(0.3),
        nn.Linear(512, 256),
        nn.BatchNorm1d(256),
        nn.ReLU(inplace=True),
        nn.Dropout(0.2),
        nn.Linear(256, num_classes),
    )


def test_mlp_is_document_002s_head_module_by_module() -> None:
    found = []
    for build in (lambda: MLP().build(64, 2), lambda: document_002(64, 2)):
        torch.manual_seed(0)
        head = build()
        found.append((repr(head), head(torch.randn(16, 64))))
    assert found[0][0] == found[1][0]
    assert torch.equal(found[0][1], found[1][1])


def test_bn_mlp_is_document_000s_head_module_by_module() -> None:
    assert repr(BatchNormMLP().build(64, 8)) == repr(document_000(64, 8))


def test_an_mlp_of_no_hidden_layer_is_the_linear_head() -> None:
    assert repr(MLP(hidden=(), dropout=0.2).build(64, 8)) == repr(Linear(dropout=0.2).build(64, 8))


def test_one_dropout_is_for_all_layers_and_the_norm_can_be_left_out() -> None:
    kinds = [type(layer).__name__ for layer in MLP(hidden=(8,), dropout=0.1, norm="none").build(4, 2)]
    assert kinds == ["Dropout", "Linear", "ReLU", "Dropout", "Linear"]
    drops = [layer.p for layer in MLP(hidden=(8, 7, 6), dropout=0.1).build(4, 2) if isinstance(layer, nn.Dropout)]
    assert drops == [0.1] * 4


@pytest.mark.parametrize(
    ("given", "place"),
    [
        ({"hidden": [8], "dropout": [0.5]}, "dropout"),
        ({"hidden": [8]}, "dropout"),
        ({"dropout": [0.5, 0.3, 1.0]}, "dropout"),
        ({"hidden": [0], "dropout": 0.1}, "hidden"),
        ({"hidden": "512"}, "hidden"),
        ({"norm": "layer"}, "norm"),
    ],
)
def test_what_does_not_fit_an_mlp_is_refused_under_its_name(given: dict[str, object], place: str) -> None:
    with pytest.raises(ValidationError) as caught:
        MLP.model_validate(given)
    assert {error["loc"][0] for error in caught.value.errors()} == {place}


@pytest.mark.parametrize(("head", "millions"), [("bn_mlp", 25.6), ("mlp", 24.7)])
def test_the_card_says_the_parameters_behind_a_resnet50(head: str, millions: float) -> None:
    with torch.device("meta"):
        body, layers = models.resnet50(), HeadSettings.choose(head).build(2048, 6)
    count = sum(p.numel() for p in (*body.parameters(), *layers.parameters())) - 2049 * 1000
    assert round(count / 1e6, 1) == millions


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
