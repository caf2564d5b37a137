from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from pydantic import ValidationError
from torch import Tensor, nn
from torchvision import models
from torchvision.models.resnet import BasicBlock, Bottleneck

from ablation.recipe.model.backbones.torchvision import TorchvisionClassifier
from ablation.recipe.model.block_dropout import drop_branches


def document_003s(block: Bottleneck, dropout: float, images: Tensor) -> Tensor:
    """A bottleneck with its ``nn.Dropout2d`` at the end of the branch, written out."""
    out = block.relu(F.batch_norm(block.conv1(images), None, None, block.bn1.weight, block.bn1.bias, training=True))
    out = block.relu(F.batch_norm(block.conv2(out), None, None, block.bn2.weight, block.bn2.bias, training=True))
    out = F.batch_norm(block.conv3(out), None, None, block.bn3.weight, block.bn3.bias, training=True)
    return (nn.Dropout2d(dropout)(out) + images).relu()


def test_a_bottleneck_drops_channels_of_its_branch_before_the_addition() -> None:
    torch.manual_seed(0)
    block, images = Bottleneck(64, 16), torch.randn(4, 64, 5, 5)
    drop_branches(block, 0.5)
    torch.manual_seed(1)
    found = block(images)
    torch.manual_seed(1)
    torch.testing.assert_close(found, document_003s(block, 0.5, images))


def test_a_basic_block_leaves_the_shortcut_alone() -> None:
    torch.manual_seed(0)
    block, images = BasicBlock(8, 8), torch.rand(4, 8, 5, 5)
    drop_branches(block, 0.999)
    dropped = block(images) == images
    assert dropped.flatten(2).all(2).float().mean() > 0.9


@pytest.mark.parametrize("name", ["resnet18", "resnet50", "resnext50_32x4d", "wide_resnet50_2"])
def test_the_keys_are_torchvisions_for_every_value(name: str) -> None:
    with torch.device("meta"):
        expected = models.get_model(name).state_dict()
        for dropout in (0.0, 0.02):
            found = TorchvisionClassifier(name=name, block_dropout=dropout).build(64).body.state_dict()
            assert {key: value.shape for key, value in found.items()} == {
                key: value.shape for key, value in expected.items() if not key.startswith("fc.")
            }


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_building_draws_what_torchvision_draws(dropout: float) -> None:
    torch.manual_seed(0)
    plain = models.resnet18()
    torch.manual_seed(0)
    found = TorchvisionClassifier(name="resnet18", block_dropout=dropout).build(32).body.state_dict()
    assert all(torch.equal(value, plain.state_dict()[key]) for key, value in found.items())


def test_it_is_off_in_evaluation() -> None:
    torch.manual_seed(0)
    dropping = TorchvisionClassifier(name="resnet18", block_dropout=0.9).build(32).eval()
    plain = TorchvisionClassifier(name="resnet18").build(32).eval()
    plain.load_state_dict(dropping.state_dict())
    images = torch.randn(2, 3, 32, 32)
    assert torch.equal(dropping(images), plain(images))


@pytest.mark.parametrize("name", ["vgg16", "densenet121", "efficientnet_b3", "vit_b_16"])
def test_other_architectures_refuse_it(name: str) -> None:
    assert TorchvisionClassifier(name=name, block_dropout=0).block_dropout == 0
    with pytest.raises(ValidationError, match=f"{name} takes no block_dropout but 0") as caught:
        TorchvisionClassifier(name=name, block_dropout=0.02)
    assert caught.value.errors()[0]["loc"] == ("block_dropout",)


def test_torch_exports_a_block() -> None:
    block, images = BasicBlock(8, 8).eval(), torch.randn(5, 8, 4, 4)
    drop_branches(block, 0.5)
    batch = torch.export.Dim("batch")
    exported = torch.export.export(block.eval(), (images[:2],), dynamic_shapes=({0: batch},)).module()
    torch.testing.assert_close(exported(images), block(images))
