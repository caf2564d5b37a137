from __future__ import annotations

import copy

import pytest
import torch
import torchvision
from bench import Bench
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from ablation.core.network import CroppedConv2d, crop_convolutions, network_of
from ablation.core.streams import drawing
from ablation.recipe.model import build_model

SIDES = st.integers(1, 5)


@settings(deadline=None, max_examples=60)
@given(
    kernel=st.tuples(SIDES, SIDES),
    padding=st.tuples(st.integers(0, 3), st.integers(0, 3)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    side=st.tuples(SIDES, SIDES),
    bias=st.booleans(),
)
def test_it_is_torchs_convolution_forward_and_backward(
    kernel: tuple[int, int], padding: tuple[int, int], stride: tuple[int, int], side: tuple[int, int], bias: bool
) -> None:
    if any(s + 2 * p < k for s, p, k in zip(side, padding, kernel, strict=True)):
        return
    torch.manual_seed(0)
    theirs = nn.Conv2d(2, 3, kernel, stride, padding, bias=bias).double()
    ours = copy.deepcopy(theirs)
    crop_convolutions(nn.Sequential(ours))
    images = torch.randn(4, 2, *side, dtype=torch.double)
    for one, other in zip(_out_and_gradients(ours, images), _out_and_gradients(theirs, images), strict=True):
        torch.testing.assert_close(one, other)


def _out_and_gradients(conv: nn.Module, images: Tensor) -> list[Tensor]:
    images = images.clone().requires_grad_()
    out = conv(images)
    (out**2).sum().backward()
    return [out, images.grad, *(weight.grad for weight in conv.parameters())]


def test_a_map_that_is_smaller_than_the_kernel_needs_is_refused_as_torch_refuses_it() -> None:
    conv = nn.Conv2d(1, 1, 5, padding=1)
    crop_convolutions(nn.Sequential(conv))
    with pytest.raises(RuntimeError, match="Kernel size"):
        conv(torch.zeros(1, 1, 2, 2))


def test_at_32_pixels_a_resnet_multiplies_less_and_gives_the_same() -> None:
    torch.manual_seed(0)
    theirs = torchvision.models.resnet18(num_classes=10).eval()
    ours = copy.deepcopy(theirs)
    crop_convolutions(ours)
    assert list(ours.state_dict()) == list(theirs.state_dict())
    images = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        torch.testing.assert_close(ours(images), theirs(images), rtol=1e-4, atol=1e-5)
        ours_now, theirs_now = (_flops(model, images) for model in (ours, theirs))
    # 3 of the 4 convolutions of the last stage keep 1 tap of 9, the first of them 4
    spared = 2 * 2 * (3 * 512 * 512 * 8 + 256 * 512 * 5)
    assert theirs_now - ours_now == spared


def _flops(model: nn.Module, images: Tensor) -> int:
    with FlopCounterMode(display=False) as counter:
        model(images)
    return counter.get_total_flops()


@pytest.mark.parametrize(
    "conv",
    [
        nn.Conv2d(4, 4, 3, padding=1, groups=2),
        nn.Conv2d(4, 4, 3, padding=2, dilation=2),
        nn.Conv2d(4, 4, 3, padding=1, padding_mode="reflect"),
        nn.Conv2d(4, 4, 3, padding="same"),
        nn.Conv2d(4, 4, 3),
    ],
    ids=str,
)
def test_what_it_cannot_do_or_would_not_speed_up_stays_as_it_is(conv: nn.Conv2d) -> None:
    crop_convolutions(nn.Sequential(conv))
    assert type(conv) is nn.Conv2d


def test_hooks_weights_and_mode_stay() -> None:
    conv, seen = nn.Conv2d(1, 1, 3, padding=1).eval(), []
    conv.register_forward_hook(lambda *_: seen.append(1))
    weight = conv.weight
    crop_convolutions(nn.Sequential(conv))
    conv(torch.zeros(1, 1, 1, 1))
    assert isinstance(conv, CroppedConv2d)
    assert (conv.weight is weight, conv.training, seen) == (True, False, [1])


CPU = torch.device("cpu")


def test_the_network_is_the_recipes_model_with_cropped_convolutions(bench: Bench) -> None:
    recipe = bench.training({"model": {"backbone": "resnet18", "weights": "none"}}).task.recipe
    with drawing(1, CPU):
        network = network_of(recipe, 10).eval()
    with drawing(1, CPU):
        model = build_model(recipe.model, 10, recipe.data.image_size).eval()
    assert all(torch.equal(network.state_dict()[name], tensor) for name, tensor in model.state_dict().items())
    assert any(isinstance(module, CroppedConv2d) for module in network.modules())
    assert not any(type(module) is nn.Conv2d and max(module.padding) > 0 for module in network.modules())
    images = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        torch.testing.assert_close(network(images), model(images), atol=1e-5, rtol=1e-4)


def test_the_head_has_an_output_for_each_class(bench: Bench) -> None:
    assert network_of(bench.training().task.recipe, 3)(torch.zeros(2, 3, 8, 8)).shape == (2, 3)
