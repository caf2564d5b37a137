"""How a component of each section is built and put to use, and what it must give then.

Every function here ends with the numbers that came out, for comparing and for looking whether they are finite.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from ablation.errors import UserError
from ablation.recipe.inference.views import ViewSettings
from ablation.recipe.mix import Mix
from ablation.recipe.model.backbones import Backbone, BackboneSettings
from ablation.recipe.optimizer import OptimizerSettings
from ablation.recipe.optimizer.groups import ParameterGroup
from ablation.recipe.schedule import ScheduleSettings
from ablation.testing.randomness import CPU, drawn_by

SIDE, CLASSES, BATCH, FEATURES = 64, 4, 6, 8
"""Of what components are put to use on: pixels, and counts."""

_SIDES = (8, 16, 32, 64, 75, 96, 128, 160, 192, 224, 256, 299, 384, 512)
_STEPS = 4

TINY_IMAGES = torch.randint(
    0, 256, (BATCH, 3, SIDE, SIDE), dtype=torch.uint8, generator=torch.Generator().manual_seed(0)
)
NORMALISED = TINY_IMAGES.float() / 128 - 1
LABELS = torch.arange(BATCH) % CLASSES
TARGETS = torch.eye(CLASSES)[LABELS]


def changed(change: Callable[[Tensor], Tensor]) -> Tensor:
    """Images changed one by one, to ones of the same kind, each as if it were the only one."""
    first, _ = drawn_by(lambda: change(TINY_IMAGES[0].clone()), seed=3)
    results = [change(image.clone()) for image in TINY_IMAGES]
    assert {(each.shape, each.dtype) for each in results} == {(TINY_IMAGES[0].shape, torch.uint8)}
    again, _ = drawn_by(lambda: change(TINY_IMAGES[0].clone()), seed=3)
    assert torch.equal(first, again), "an image is changed otherwise after other images"
    return torch.stack(results).float()


def mixed(mix: Mix) -> Tensor:
    """A batch mixed, to one of the same shape, with targets that are distributions."""
    images, targets = mix(NORMALISED.clone(), TARGETS.clone())
    assert images.shape == NORMALISED.shape
    assert targets.shape == TARGETS.shape
    torch.testing.assert_close(targets.sum(dim=1), torch.ones(BATCH))
    return torch.cat([images.flatten(), targets.flatten()])


def charged(loss: nn.Module) -> Tensor:
    """The loss of each example and its gradient, the same for classes as for distributions that are sure of them."""
    logits = torch.linspace(-2, 2, BATCH * CLASSES).reshape(BATCH, CLASSES).requires_grad_()
    losses: Tensor = loss(logits, TARGETS)
    assert losses.shape == (BATCH,)
    torch.testing.assert_close(loss(logits, LABELS), losses)
    (gradient,) = torch.autograd.grad(losses.sum(), logits)
    return torch.cat([losses.detach(), gradient.flatten()])


def head_used(head: nn.Module) -> Tensor:
    """Logits of a batch of features."""
    return _forwarded(head, torch.linspace(-1, 1, BATCH * FEATURES).reshape(BATCH, FEATURES), CLASSES)


def backbone_built(settings: BackboneSettings) -> tuple[Backbone, int]:
    """The backbone for images of the smallest side that it takes, and that side."""
    side = smallest_side(settings)
    return settings.build(side), side


def backbone_used(made: tuple[Backbone, int]) -> Tensor:
    """Features of a batch of images."""
    backbone, side = made
    return _forwarded(backbone, nn.functional.interpolate(NORMALISED, side), backbone.features)


@functools.cache
def smallest_side(settings: BackboneSettings) -> int:
    """The smallest of the usual image sizes that a backbone takes, pixels; tried without memory or arithmetic."""
    reasons = {}
    for side in _SIDES:
        try:
            with torch.device("meta"):
                backbone = settings.build(side).eval()
                shape = backbone(torch.zeros(BATCH, 3, side, side)).shape
        except (UserError, RuntimeError, ValueError) as error:
            reasons[side] = str(error)
        else:
            assert shape == (BATCH, backbone.features)
            return side
    raise AssertionError(f"takes images of no size: {reasons}")


def _forwarded(network: nn.Module, given: Tensor, width: int) -> Tensor:
    """What a network gives in both modes; in evaluation it draws nothing."""
    with torch.no_grad():
        trained = network.train()(given)
        evaluated, drew = drawn_by(lambda: network.eval()(given), seed=3)
    assert not drew, "draws in evaluation"
    assert trained.shape == evaluated.shape == (len(given), width)
    return torch.cat([trained, evaluated])


def optimizer_built(settings: OptimizerSettings) -> Optimizer:
    """The optimizer of three numbers."""
    groups: list[ParameterGroup] = [{"params": [nn.Parameter(torch.ones(3))]}]
    return settings.build(groups, CPU)


def stepped(optimizer: Optimizer, scale: float = 1.0) -> Tensor:
    """The three numbers after some steps by gradients times ``scale``; a step changes them."""
    (weight,) = optimizer.param_groups[0]["params"]
    before = weight.detach().clone()
    _steps(optimizer, weight, lambda: None, scale)
    assert not torch.equal(weight, before)
    return torch.as_tensor(weight.detach())


def schedule_built(settings: ScheduleSettings) -> tuple[Optimizer, LRScheduler]:
    """A schedule over so many steps, and the optimizer that it moves."""
    optimizer = AdamW([nn.Parameter(torch.ones(3))], lr=0.1)
    schedule = settings.build(optimizer, epochs=2, steps_per_epoch=_STEPS // 2)
    assert (settings.watches is None) != isinstance(schedule, ReduceLROnPlateau)
    return optimizer, schedule


def scheduled(made: tuple[Optimizer, LRScheduler]) -> Tensor:
    """The numbers that it trained, and the learning rate after each step; none is negative."""
    optimizer, schedule = made
    (weight,) = optimizer.param_groups[0]["params"]
    rates: list[float] = []

    def move() -> None:
        schedule.step(1.0) if isinstance(schedule, ReduceLROnPlateau) else schedule.step()
        rates.append(optimizer.param_groups[0]["lr"])

    _steps(optimizer, weight, move)
    assert min(rates) >= 0
    return torch.cat([weight.detach(), torch.tensor(rates)])


def _steps(optimizer: Optimizer, weight: Tensor, after_each: Callable[[], None], scale: float = 1.0) -> None:
    for number in range(_STEPS):
        weight.grad = torch.linspace(-1, 1, 3) * (number + 1) * scale
        optimizer.step()
        after_each()


def seen(view: ViewSettings) -> Tensor:
    """The views of a batch, each of its shape."""
    views = view.views(NORMALISED.clone())
    assert views
    assert {each.shape for each in views} == {NORMALISED.shape}
    return torch.cat(views)
