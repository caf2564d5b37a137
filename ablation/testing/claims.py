"""Checks that what settings claim of a component holds for the component that they build."""

import functools

import torch
from torch import Tensor

from ablation.recipe.augment import AugmentSettings, PerBatch
from ablation.recipe.loss import LossSettings
from ablation.recipe.mix import MixSettings
from ablation.recipe.optimizer import OptimizerSettings
from ablation.testing import uses

_SCALE = 4.0
_RTOL, _ATOL = 1e-4, 1e-6
"""Adam's eps is not scaled, so equal steps differ by less than these."""


@functools.singledispatch
def check_claims(settings: object) -> None:
    """Assert what settings claim of the component that they build; most claim nothing."""


@check_claims.register
def check_optimizer(settings: OptimizerSettings) -> None:
    """A scaled loss gives the same steps, or those of a scaled learning rate, where the settings say so."""
    if settings.scale_free:
        torch.testing.assert_close(_moved(settings, _SCALE), _moved(settings, 1.0), rtol=_RTOL, atol=_ATOL)
    if settings.scale_is_rate:
        plain = settings.model_copy(update={"weight_decay": 0.0})
        faster = plain.model_copy(update={"lr": plain.lr * _SCALE})
        torch.testing.assert_close(_moved(plain, _SCALE), _moved(faster, 1.0), rtol=_RTOL, atol=_ATOL)


def _moved(settings: OptimizerSettings, scale: float) -> Tensor:
    """Three weights after some steps with scaled gradients."""
    return uses.stepped(uses.optimizer_built(settings), scale)


@check_claims.register
def check_loss(settings: LossSettings) -> None:
    """The loss is proportional to each setting in ``scaling``."""
    classes = torch.ones(uses.CLASSES)
    for name in settings.scaling:
        scaled = settings.model_copy(update={name: getattr(settings, name) * _SCALE})
        expected = uses.charged(settings.build(classes)) * _SCALE
        torch.testing.assert_close(uses.charged(scaled.build(classes)), expected)


@check_claims.register
def check_augmentation(settings: AugmentSettings) -> None:
    """Images do not change, where the settings say so."""
    if settings.changes_nothing:
        change = settings.build(uses.FRAME)
        assert torch.equal(uses.augmented(change), uses.TINY_IMAGES.float())
        assert not isinstance(change, PerBatch) or change.draws == 0


@check_claims.register
def check_mix(settings: MixSettings) -> None:
    """Batches do not change, where the settings say so."""
    if settings.changes_nothing:
        images, targets = settings.build(uses.CLASSES)(uses.NORMALISED.clone(), uses.TARGETS.clone())
        assert torch.equal(images, uses.NORMALISED)
        assert torch.equal(targets, uses.TARGETS)
