"""Policies choose changes, strengths and signs as often as torchvision's own transforms."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from batch_images import assert_near, nearly, pictures, spread, uniform
from scipy.stats import chi2_contingency
from torch import Tensor
from torchvision.transforms import AutoAugmentPolicy, InterpolationMode, v2

from ablation.recipe.augment.batch.policy import KINDS, MOVES, PairsPolicy, Policy, RandPolicy, TrivialPolicy, moved_by
from ablation.recipe.augment.batch.sampling import Interpolation

MODES: list[Interpolation] = ["nearest", "bilinear"]

SIDE, OURS, THEIRS = 24, 20_000, 800
LEARNT = list(AutoAugmentPolicy)
CASES = [
    (RandPolicy(2, 9, 11, SIDE, "bilinear"), v2.RandAugment(2, 9, 11)),
    (RandPolicy(1, 30, 31, SIDE, "bilinear"), v2.RandAugment(1, 30, 31)),
    (TrivialPolicy(SIDE, "bilinear"), v2.TrivialAugmentWide()),
    *((PairsPolicy(learnt_on, SIDE, "nearest"), v2.AutoAugment(learnt_on)) for learnt_on in LEARNT),
]
IDS = ["randaugment", "of one", "trivialaugment", *(learnt_on.value for learnt_on in LEARNT)]


def chosen(policy: Policy, count: int) -> Counter[tuple[str, float]]:
    """How often each change was chosen at each strength; strengths of changes that have none are 0."""
    kinds = ["Move" if kind.__class__.__name__ == "partial" else _name(kind) for kind in policy._changes]
    found: Counter[tuple[str, float]] = Counter()
    for image in policy.parameters(uniform(count, policy.draws), SIDE, SIDE).tolist():
        for kind, strength, move in image:
            name = None if kind < 0 else kinds[int(kind)]
            found[MOVES[int(move)] if name == "Move" else name or "Nothing", round(strength, 4) if name else 0] += 1
    return found


def _name(change: Any) -> str:
    return next(name for name, known in KINDS.items() if known is change)


def applied(transform: Any, count: int, monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, float]]:
    """The same of torchvision's transform, without what it does not do at all."""
    found: Counter[tuple[str, float]] = Counter()

    def spy(_: Any, image: Any, kind: str, strength: float, **others: Any) -> Any:
        found["Nothing" if kind == "Identity" else kind, round(strength, 4) + 0.0] += 1
        return image

    monkeypatch.setattr(type(transform), "_apply_image_or_video_transform", spy)
    image = torch.zeros(3, SIDE, SIDE, dtype=torch.uint8)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for _ in range(count):
            transform(image)
    return found


@pytest.mark.parametrize(("policy", "transform"), CASES, ids=IDS)
def test_changes_and_strengths_are_as_frequent_as_torchvisions(
    policy: Policy, transform: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = chosen(policy, OURS), applied(transform, THEIRS, monkeypatch)
    if isinstance(policy, PairsPolicy):
        theirs["Nothing", 0] = 2 * THEIRS - theirs.total()
    assert {name for name, _ in theirs} == {name for name, _ in ours}
    names = sorted({name for name, _ in ours})
    counts = [[sum(n for (each, _), n in found.items() if each == name) for name in names] for found in (ours, theirs)]
    assert chi2_contingency(counts).pvalue > 1e-3
    strong = {key for key in ours if key[0] != "Nothing"}
    assert {key for key in theirs if key[0] != "Nothing"} <= strong
    for found in (ours, theirs):
        signs = Counter(strength > 0 for (name, strength) in found.elements() if name in MOVES and strength)
        assert abs(signs[True] - signs[False]) <= 4 * signs.total() ** 0.5


@pytest.mark.parametrize(("policy", "transform"), CASES[2:], ids=IDS[2:])
def test_an_image_is_changed_as_torchvision_changes_it(policy: Policy, transform: Any) -> None:
    """One round with its parameters, against torchvision's function on uint8 tensors."""
    count, bilinear = 60, not isinstance(policy, PairsPolicy)
    images, kinds = pictures(count, SIDE, SIDE), policy._changes
    parameters = policy.parameters(uniform(count, policy.draws), SIDE, SIDE)[:, :1]
    ours, mode = policy.changed(images, parameters), ["nearest", "bilinear"][bilinear]
    apart = []
    for image, mine, (kind, strength, move) in zip(images, ours, parameters[:, 0].tolist(), strict=True):
        name = "Identity"
        if kind >= 0:
            name = MOVES[int(move)] if move >= 0 else _name(kinds[int(kind)])
        theirs = transform._apply_image_or_video_transform(
            image, name, strength, InterpolationMode(mode), transform._fill
        )
        apart.append((theirs.int() - mine.int()).abs())
    assert (torch.stack(apart) <= 1).double().mean() > 0.999


def test_more_changes_than_one_act_one_after_another() -> None:
    images, policy = pictures(30, SIDE, SIDE), RandPolicy(3, 9, 11, SIDE, "bilinear")
    numbers = uniform(30, policy.draws)
    step_by_step = images
    for part in policy.parameters(numbers, SIDE, SIDE).split(1, dim=1):
        step_by_step = policy.changed(step_by_step, part)
    assert torch.equal(policy(images, numbers), step_by_step)


@pytest.mark.parametrize("interpolation", MODES)
@pytest.mark.parametrize(("move", "largest"), list(zip(MOVES, [0.99, 0.99, 12.7, 12.7, 135], strict=True)))
def test_each_move_of_a_policy(images: Tensor, interpolation: Interpolation, move: str, largest: float) -> None:
    strengths = spread(images, -largest, largest)
    transform = v2.RandAugment(interpolation=InterpolationMode(interpolation))
    theirs = [
        transform._apply_image_or_video_transform(image, move, strength, transform.interpolation, transform._fill)
        for image, strength in zip(images, strengths.tolist(), strict=True)
    ]
    numbers = torch.stack([strengths, torch.full_like(strengths, MOVES.index(move))], dim=1)
    assert_near(moved_by(images, numbers, interpolation), theirs, **nearly(interpolation))
