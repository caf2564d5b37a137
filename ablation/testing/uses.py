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
from ablation.recipe.schedule import ScheduleSettings
from ablation.testing.randomness import drawn_by

SIDE, CLASSES, BATCH, FEATURES = 64, 4, 6, 8
"""Of what components are put to use on: pixels, and counts."""

_SIDES = (8, 16, 32, 64, 75, 96, 128, 160, 192, 224, 256, 299, 384, 512)
_STEPS = 4

IMAGES = torch.randint(0, 256, (BATCH, 3, SIDE, SIDE), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
NORMAL = IMAGES.float() / 128 - 1
LABELS = torch.arange(BATCH) % CLASSES
TARGETS = torch.eye(CLASSES)[LABELS]


def changed(change: Callable[[Tensor], Tensor]) -> Tensor:
    """Images changed one by one, to ones of the same kind, each as if it were the only one."""
    first, _ = drawn_by(lambda: change(IMAGES[0].clone()), seed=3)
    results = [change(image.clone()) for image in IMAGES]
    assert {(each.shape, each.dtype) for each in results} == {(IMAGES[0].shape, torch.uint8)}
    again, _ = drawn_by(lambda: change(IMAGES[0].clone()), seed=3)
    assert torch.equal(first, again), "an image is changed otherwise after other images"
    return torch.stack(results).float()


def mixed(mix: Mix) -> Tensor:
    """A batch mixed, to one of the same shape, with targets that are distributions."""
    images, targets = mix(NORMAL.clone(), TARGETS.clone())
    assert images.shape == NORMAL.shape
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


def backbone_used(backbone: Backbone) -> Tensor:
    """Features of a batch of images, of the smallest size that it takes."""
    images = nn.functional.interpolate(NORMAL, _side_of(backbone))
    return _forwarded(backbone, images, backbone.features)


def _forwarded(network: nn.Module, given: Tensor, width: int) -> Tensor:
    """What a network gives in both modes; in evaluation it draws nothing."""
    with torch.no_grad():
        trained = network.train()(given)
        evaluated, drew = drawn_by(lambda: network.eval()(given), seed=3)
    assert not drew, "draws in evaluation"
    assert trained.shape == evaluated.shape == (len(given), width)
    return torch.cat([trained, evaluated])
