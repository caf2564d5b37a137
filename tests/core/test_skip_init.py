"""A network filled from a file is the same whether its weights were drawn before or not."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from bench import Bench
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from ablation.core.network import network_of
from ablation.core.prediction import ready, trained_model
from ablation.core.skip_init import skip_init
from ablation.core.task import Task

CLASSES = 5

QUICK: list[tuple[Any, int]] = [
    ("small_cnn", 16),
    ({"name": "resnet18", "block_dropout": 0.1}, 32),
    ("mobilenet_v3_small", 32),
    ("regnet_y_400mf", 32),
    ("timm:test_vit", 160),
    ("timm:test_convnext", 32),
]
SLOW: list[tuple[Any, int]] = [
    ("densenet121", 32),
    ("vgg11_bn", 32),
    ("efficientnet_b0", 32),
    ("efficientnet_v2_s", 32),
    ("convnext_tiny", 32),
    ("shufflenet_v2_x0_5", 32),
    ("squeezenet1_1", 32),
    ("googlenet", 32),
    ("vit_b_32", 64),
    ("swin_t", 32),
    ("swin_v2_t", 64),
    ("maxvit_t", 224),
    ("timm:resnet10t", 32),
    ("timm:convnext_atto", 64),
    ("timm:vit_tiny_patch16_224", 64),
    ("timm:swin_tiny_patch4_window7_224", 224),
    ("timm:levit_128", 64),
    ("timm:beit_base_patch16_224", 64),
    ("timm:vit_small_patch16_rope_224", 64),
    ("timm:eva02_tiny_patch14_224", 56),
]


def normal(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def task_with(bench: Bench, size: int, **model: Any) -> Task:
    return Task.from_json(bench.task({"model": {"head": "linear", **model}, "data": {"image_size": size}}))


def kept(model: nn.Module, file: Path) -> Path:
    """Weights such as a training leaves: statistics of BatchNorm that are not those of a start."""
    state = {
        name: value + normal(1, *value.shape).abs() / 100 if value.is_floating_point() else value
        for name, value in model.state_dict().items()
    }
    save_file({name: value.contiguous() for name, value in state.items()}, file)
    return file


def assert_the_same(bench: Bench, task: Task, size: int) -> None:
    """Filled from a file, the network is what it is when drawn before: every parameter, every buffer, every logit."""
    plain = network_of(task.recipe, CLASSES)
    file = kept(plain, bench.folder / "weights.safetensors")
    plain.load_state_dict(load_file(file))
    plain, found = ready(plain, task.device), trained_model(task, file, CLASSES)
    for tensors in (nn.Module.named_parameters, nn.Module.named_buffers):
        ours, theirs = dict(tensors(found)), dict(tensors(plain))
        assert ours.keys() == theirs.keys()
        for name, value in theirs.items():
            assert torch.equal(ours[name], value), name
            assert ours[name].stride() == value.stride()
            assert ours[name].requires_grad == value.requires_grad
    with torch.inference_mode():
        images = normal(2, 3, 3, size, size)
        logits = plain(images)
        assert logits.isfinite().all()
        assert torch.equal(found(images), logits)


@pytest.mark.parametrize(
    ("backbone", "size"), [*QUICK, *(pytest.param(*each, marks=pytest.mark.slow) for each in SLOW)], ids=str
)
def test_a_network_filled_from_a_file_is_the_one_that_was_drawn_before(bench: Bench, backbone: Any, size: int) -> None:
    if str(backbone).startswith("timm:") and not importlib.util.find_spec("timm"):
        pytest.skip("timm is not installed")
    assert_the_same(bench, task_with(bench, size, backbone=backbone), size)


@pytest.mark.parametrize(
    "model",
    [{"head": "mlp"}, {"head": "bn_mlp"}, {"init": "xavier_uniform"}, {"attention": "spatial"}, {"trainable": 1}],
    ids=str,
)
def test_so_is_one_with_other_settings(bench: Bench, model: dict[str, Any]) -> None:
    assert_the_same(bench, task_with(bench, 16, backbone={"name": "small_cnn", "width": 4}, **model), 16)


def test_weights_that_lack_a_parameter_are_refused(bench: Bench) -> None:
    task = task_with(bench, 16, backbone="small_cnn")
    file = kept(network_of(task.recipe, CLASSES), bench.folder / "weights.safetensors")
    state = load_file(file)
    del state[next(name for name in state if name.startswith("head"))]
    save_file(state, file)
    with pytest.raises(RuntimeError, match="Missing key"):
        trained_model(task, file, CLASSES)


INITIALISERS: list[Callable[[Tensor], Tensor]] = [
    nn.init.uniform_,
    nn.init.normal_,
    nn.init.trunc_normal_,
    nn.init.xavier_uniform_,
    nn.init.xavier_normal_,
    nn.init.kaiming_uniform_,
    nn.init.kaiming_normal_,
]


@pytest.mark.parametrize("initialise", INITIALISERS)
def test_no_initialiser_of_torch_draws_a_parameter_but_each_still_draws_other_tensors(
    initialise: Callable[[Tensor], Tensor],
) -> None:
    before = torch.random.get_rng_state()
    with skip_init():
        parameter, buffer = initialise(nn.Parameter(torch.ones(4, 3))), initialise(torch.full((4, 3), 7.0))
    assert not parameter.any()
    assert len(buffer.unique()) == 12
    assert torch.equal(before, torch.random.get_rng_state())


@pytest.mark.parametrize("bounds", [(0.5, 1.5), (3.0, 4.0)], ids=str)
def test_an_initialiser_that_draws_again_until_it_has_no_0_comes_to_an_end(bounds: tuple[float, float]) -> None:
    with skip_init():
        parameter = nn.init.trunc_normal_(nn.Parameter(torch.ones(20)), mean=1.0, a=bounds[0], b=bounds[1])
    assert not parameter.isnan().any()


class Varied(nn.Module):
    """Makes its buffers, none of them kept, in all the ways that do not need torch's generator."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 3)
        own = torch.Generator().manual_seed(3)
        self.rates = torch.linspace(0, 1, 4).tolist()
        self.drawn = nn.Parameter(nn.init.normal_(torch.empty(4), generator=own))
        nn.init.uniform_(self.drawn, generator=own)
        self.register_buffer("projection", torch.randn(3, 3, generator=own), persistent=False)
        self.register_buffer("grid", torch.arange(4).outer(torch.ones(2)), persistent=False)


def test_what_needs_no_generator_of_torchs_is_as_ever() -> None:
    plain = Varied()
    with skip_init():
        blank = Varied()
    assert blank.rates == plain.rates
    assert torch.equal(blank.drawn, plain.drawn)
    assert torch.equal(blank.projection, plain.projection)
    assert torch.equal(blank.grid, plain.grid)
    assert not blank.layer.weight.any()
    assert plain.layer.weight.all()


@pytest.mark.parametrize(
    "parametrize",
    [
        nn.utils.parametrizations.weight_norm,
        nn.utils.parametrizations.spectral_norm,
        nn.utils.parametrizations.orthogonal,
    ],
)
def test_parametrized_layers_come_out_of_their_state_dict(parametrize: Callable[[nn.Module], nn.Module]) -> None:
    plain, images = parametrize(nn.Linear(4, 4)).eval(), normal(4, 2, 4)
    with skip_init():
        blank = parametrize(nn.Linear(4, 4)).eval()
    blank.load_state_dict(plain.state_dict())
    assert torch.equal(blank(images), plain(images))


def test_random_tensors_that_are_no_parameters_are_the_same_in_each_block() -> None:
    found = []
    for seed in (1, 2):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            with skip_init():
                found.append(torch.randn(5))
    assert torch.equal(*found)
