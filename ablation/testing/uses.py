"""How a component of each section is built and used, and checks of what it returns.

Every function returns the resulting numbers, to be compared and checked for being finite.
"""

import functools
from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer
from torch.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau

from ablation.errors import UserError
from ablation.recipe.augment import Frame, PerBatch, PerImage
from ablation.recipe.inference.views import ViewSettings
from ablation.recipe.mix import Mix
from ablation.recipe.model.backbones import Backbone, BackboneSettings
from ablation.recipe.optimizer import OptimizerSettings
from ablation.recipe.optimizer.groups import ParameterGroup
from ablation.recipe.schedule import ScheduleSettings
from ablation.testing.randomness import CPU, drawn_by

SIDE, CLASSES, BATCH, FEATURES = 64, 4, 6, 8
"""Of the inputs of components: side in pixels, numbers of classes, examples and features."""

FRAME = Frame(SIDE, (1, 2, 3))
_SIDES = (8, 16, 32, 64, 75, 96, 128, 160, 192, 224, 256, 299, 384, 512)
_STEPS = 4

_GENERATOR = torch.Generator().manual_seed(0)
TINY_IMAGES = torch.randint(0, 256, (BATCH, 3, SIDE, SIDE), dtype=torch.uint8, generator=_GENERATOR)
NORMALISED = TINY_IMAGES.float() / 128 - 1
LABELS = torch.arange(BATCH) % CLASSES
TARGETS = torch.eye(CLASSES)[LABELS]


def changed(change: Callable[[Tensor], Tensor]) -> Tensor:
    """Images changed one by one; asserts that shape and type stay and that an image does not depend on those before."""
    first, _ = drawn_by(lambda: change(TINY_IMAGES[0].clone()), seed=3)
    results = [change(image.clone()) for image in TINY_IMAGES]
    assert {(result.shape, result.dtype) for result in results} == {(TINY_IMAGES[0].shape, torch.uint8)}
    again, _ = drawn_by(lambda: change(TINY_IMAGES[0].clone()), seed=3)
    assert torch.equal(first, again), "an image is changed otherwise after other images"
    return torch.stack(results).float()


def augmented(change: PerImage | PerBatch) -> Tensor:
    """The changed images, float32; asserts that each has the same shape and type and does not depend on the others."""
    return changed_together(change) if isinstance(change, PerBatch) else changed(change)


def changed_together(change: PerBatch) -> Tensor:
    """The changed batch, float32; asserts that it depends on the images and numbers alone, and changes neither."""
    images = TINY_IMAGES.clone()
    draws = torch.rand(BATCH, change.draws, generator=torch.Generator().manual_seed(4))
    numbers = draws.clone()
    results, drew = drawn_by(lambda: change(images, draws), seed=3)
    assert not drew, "draws more numbers than those that it gets"
    kind, expected = (results.shape, results.dtype), (TINY_IMAGES.shape, torch.uint8)
    assert kind == expected, f"returns images of another kind: {kind}"
    assert torch.equal(images, TINY_IMAGES), "changes the images that it gets"
    assert torch.equal(draws, numbers), "changes the numbers that it gets"
    assert torch.equal(change(images, draws), results), "the same numbers give other images"
    channels_last = images.contiguous(memory_format=torch.channels_last)
    assert torch.equal(change(channels_last, draws), results), "depends on the memory format of the images"
    alone = [change(image[None], own[None])[0] for image, own in zip(images, draws, strict=True)]
    assert torch.equal(torch.stack(alone), results), "an image alone is changed otherwise than in its batch"
    return results.float()


def mixed(mix: Mix) -> Tensor:
    """A mixed batch; asserts that its shape stays and that its targets are distributions."""
    images, targets = mix(NORMALISED.clone(), TARGETS.clone())
    assert images.shape == NORMALISED.shape
    assert targets.shape == TARGETS.shape
    torch.testing.assert_close(targets.sum(dim=1), torch.ones(BATCH))
    return torch.cat([images.flatten(), targets.flatten()])


def charged(loss: nn.Module) -> Tensor:
    """The loss of each example and its gradient; asserts that class indices and one-hot targets give the same loss."""
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
    """The smallest of the usual image sizes that a backbone takes, pixels; tried on the meta device."""
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
    raise AssertionError(f"takes none of the usual image sizes: {reasons}")


def _forwarded(network: nn.Module, inputs: Tensor, width: int) -> Tensor:
    """The outputs of a network in both modes; asserts that it draws nothing in evaluation."""
    with torch.no_grad():
        trained = network.train()(inputs)
        evaluated, drew = drawn_by(lambda: network.eval()(inputs), seed=3)
    assert not drew, "draws in evaluation"
    assert trained.shape == evaluated.shape == (len(inputs), width)
    return torch.cat([trained, evaluated])


def optimizer_built(settings: OptimizerSettings) -> Optimizer:
    """An optimizer of three weights."""
    groups: list[ParameterGroup] = [{"params": [nn.Parameter(torch.ones(3))]}]
    return settings.build(groups, CPU)


def stepped(optimizer: Optimizer, scale: float = 1.0) -> Tensor:
    """The three weights after some steps with gradients times ``scale``; asserts that the steps change them."""
    *_, weights = _steps(optimizer, scale)
    assert not torch.equal(weights, torch.ones(3))
    return weights


def schedule_built(settings: ScheduleSettings) -> tuple[Optimizer, LRScheduler]:
    """An optimizer of three weights and a schedule of its learning rate over a few steps."""
    optimizer = AdamW([nn.Parameter(torch.ones(3))], lr=0.1)
    schedule = settings.build(optimizer, epochs=2, steps_per_epoch=_STEPS // 2)
    assert (settings.watches is None) != isinstance(schedule, ReduceLROnPlateau)
    return optimizer, schedule


def scheduled(made: tuple[Optimizer, LRScheduler]) -> Tensor:
    """The trained weights and the learning rate after each step; asserts that none is negative."""
    optimizer, schedule = made
    rates: list[float] = []
    for _ in _steps(optimizer):
        schedule.step(1.0) if isinstance(schedule, ReduceLROnPlateau) else schedule.step()
        rates.append(optimizer.param_groups[0]["lr"])
    assert min(rates) >= 0
    (weights,) = optimizer.param_groups[0]["params"]
    return torch.cat([weights.detach(), torch.tensor(rates)])


def _steps(optimizer: Optimizer, scale: float = 1.0) -> Iterator[Tensor]:
    """The three weights after each of some steps with gradients times ``scale``."""
    (weight,) = optimizer.param_groups[0]["params"]
    for number in range(_STEPS):
        weight.grad = torch.linspace(-1, 1, 3) * (number + 1) * scale
        optimizer.step()
        yield weight.detach().clone()


def seen(view: ViewSettings) -> Tensor:
    """The views of a batch; asserts that each has the shape of the batch."""
    views = view.views(NORMALISED.clone())
    assert views
    assert {images.shape for images in views} == {NORMALISED.shape}
    return torch.cat(views)
