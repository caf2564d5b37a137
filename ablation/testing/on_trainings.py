"""Tests of the trainings that use a component, and of its effect on others."""

import dataclasses
import functools
import math
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
import torch

from ablation.core.training.setup import Training
from ablation.recipe.component import Component
from ablation.recipe.merge import merged
from ablation.recipe.model import build_model
from ablation.recipe.recipe import Recipe
from ablation.testing import tiny
from ablation.testing.declaration import by_default
from ablation.testing.sections import SECTIONS, section_of
from ablation.testing.uses import CLASSES, smallest_side

_LARGEST_SIDE = 64
_NOISY: Mapping[str, Any] = {"augment": {"name": "basic"}, "mix": {"name": "mixup"}}
"""A baseline that draws from every stream, so that a shift can be seen."""


class TrainingContract:
    """Trainings that stay finite, resume bit for bit, and change neither other streams nor later trainings."""

    most_parameters: ClassVar[int] = 1_000_000
    """Most parameters of a network that is trained here; a larger one is only built, and the test skipped."""

    @pytest.mark.parametrize("precision", ["fp32", "bf16"])
    def test_two_steps_are_finite(self, component: type[Component], precision: str) -> None:
        recipe = tiny.baseline_with(self.patch_of(component), {"train": {"precision": precision}})
        state = tiny.trained(recipe).state
        assert all(torch.isfinite(tensor).all() for tensor in state["model"].values())
        assert all(map(math.isfinite, state["history"][-1].values())), state["history"]

    def test_a_training_touches_no_generator_of_the_process(self, component: type[Component]) -> None:
        assert not tiny.trained(tiny.baseline_with(self.patch_of(component))).drew

    def test_a_training_that_was_stopped_ends_as_one_that_was_not(self, component: type[Component]) -> None:
        recipe = tiny.baseline_with(self.patch_of(component))
        assert tiny.same(tiny.stopped_and_resumed(recipe), tiny.trained(recipe).state)

    def test_switched_off_again_it_leaves_the_baseline_as_it_was(self, component: type[Component]) -> None:
        before, patch = tiny.trained(tiny.baseline_with()), self.patch_of(component)
        tiny.trained(tiny.baseline_with(patch))
        off = tiny.baseline_with(patch, tiny.BASELINE_VALUES)
        assert off == tiny.baseline_with()
        assert tiny.same(tiny.trained_anew(off).state, before.state)

    def test_switching_it_on_shifts_no_other_stream(self, component: type[Component]) -> None:
        on, off = _drawn(tiny.baseline_with(_NOISY, self.patch_of(component))), _drawn(tiny.baseline_with(_NOISY))
        own = section_of(component).stream
        assert [name for name in off if name != own and not tiny.same(on[name], off[name])] == []

    def test_the_order_of_patches_over_different_sections_does_not_matter(self, component: type[Component]) -> None:
        patch = _patch(component)
        for section in (other for other in SECTIONS if other.place and other is not section_of(component)):
            theirs = _patch(section.components[-1])
            assert tiny.baseline_with(patch, theirs) == tiny.baseline_with(theirs, patch), theirs

    def patch_of(self, component: type[Component]) -> dict[str, Any]:
        """The patch for a training with a component; skips the test of a network that is too large."""
        patch = _patch(component)
        side, parameters = _size(tiny.baseline_with(patch))
        if side > _LARGEST_SIDE or parameters > self.most_parameters:
            pytest.skip(f"{parameters:,} parameters at {side} px: only built here, not trained")
        return merged(patch, {"data": {"image_size": side}})


def _patch(component: type[Component]) -> dict[str, Any]:
    return section_of(component).patch(by_default(component))


def _size(recipe: Recipe) -> tuple[int, int]:
    """The smallest side in pixels that a recipe's network takes, and its number of parameters; on the meta device."""
    side = smallest_side(recipe.model.backbone)
    with torch.device("meta"):
        network = build_model(recipe.model, CLASSES, side)
    return side, sum(weight.numel() for weight in network.parameters())


@functools.cache
def _drawn(recipe: Recipe) -> dict[str, object]:
    """What each stream draws at the start of a training: weights, order, changed images, mixed targets."""
    training = Training.prepare(tiny.task_of(recipe), (), tiny.folder())
    order = training.steps_of(0)
    unmixed = dataclasses.replace(training.loader, mix=lambda images, targets: (images, targets))
    images, _ = unmixed.batch(order[0][0], 0, 0, 0)
    _, targets = training.loader.batch(order[0][0], 0, 0, 0)
    return {
        "init": training.fresh().model.state_dict(),
        "order": [ids.tolist() for step in order for ids in step],
        "augment": images,
        "mix": targets,
    }
