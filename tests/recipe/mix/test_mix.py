from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from ablation.recipe.loss import LossSettings
from ablation.recipe.loss.cross_entropy import CrossEntropy
from ablation.recipe.loss.focal import Focal
from ablation.recipe.mix import MixSettings
from ablation.recipe.mix.cutmix import CutMix
from ablation.recipe.mix.mixup import MixUp
from ablation.recipe.mix.mixup_or_cutmix import MixUpOrCutMix
from ablation.recipe.mix.none import NoMix

BATCH, CLASSES, HEIGHT, WIDTH = 6, 6, 20, 30
TARGETS = F.one_hot(torch.arange(BATCH), CLASSES).float()
IMAGES = torch.arange(BATCH).float()[:, None, None, None].expand(BATCH, 3, HEIGHT, WIDTH).contiguous()
"""Image i is all i, so each pixel tells which image it came from."""

MIXES = [MixUp(), CutMix(), MixUpOrCutMix()]


def names(settings: MixSettings) -> str:
    return settings.name


@given(seed=st.integers(0, 2**31), alpha=st.floats(0.05, 5))
def test_cutmix_labels_share_out_as_the_pasted_area_does(seed: int, alpha: float) -> None:
    torch.manual_seed(seed)
    images, targets = CutMix(alpha=alpha).build(CLASSES)(IMAGES, TARGETS)
    for own in range(BATCH):
        other = (own - 1) % BATCH
        assert set(images[own].unique().tolist()) <= {float(own), float(other)}
        area = (images[own] == own).float().mean()
        torch.testing.assert_close(targets[own, own], area)
        torch.testing.assert_close(targets[own, other], 1 - area)


@given(seed=st.integers(0, 2**31))
def test_cutmix_pastes_one_rectangle(seed: int) -> None:
    torch.manual_seed(seed)
    images, _ = CutMix().build(CLASSES)(IMAGES, TARGETS)
    pasted = images[3, 0] != 3
    rows, columns = pasted.any(dim=1), pasted.any(dim=0)
    assert torch.equal(pasted, rows[:, None] & columns[None, :])


@given(seed=st.integers(0, 2**31), alpha=st.floats(0.05, 5))
def test_mixup_blends_images_and_targets_by_one_share(seed: int, alpha: float) -> None:
    torch.manual_seed(seed)
    images, targets = MixUp(alpha=alpha).build(CLASSES)(IMAGES, TARGETS)
    share = targets[0, 0]
    assert 0 <= share <= 1
    torch.testing.assert_close(images, share * IMAGES + (1 - share) * IMAGES.roll(1, 0), atol=1e-5, rtol=0)
    torch.testing.assert_close(targets, share * TARGETS + (1 - share) * TARGETS.roll(1, 0))


def test_mixups_share_follows_the_beta_distribution() -> None:
    torch.manual_seed(0)
    mix = MixUp(alpha=0.5).build(CLASSES)
    shares = torch.stack([mix(IMAGES, TARGETS)[1][0, 0] for _ in range(2000)])
    assert shares.mean().item() == pytest.approx(0.5, abs=0.03)
    assert shares.var().item() == pytest.approx(1 / (4 * (2 * 0.5 + 1)), abs=0.01)


@pytest.mark.parametrize("settings", MIXES, ids=names)
def test_soft_targets_stay_distributions_and_the_batch_is_not_changed_in_place(settings: MixSettings) -> None:
    soft = torch.softmax(torch.randn(BATCH, CLASSES, generator=torch.Generator().manual_seed(0)), dim=1)
    images, kept = IMAGES.clone(), soft.clone()
    mixed, targets = settings.build(CLASSES)(images, soft)
    assert mixed.shape == images.shape
    torch.testing.assert_close(targets.sum(dim=1), torch.ones(BATCH))
    assert torch.equal(images, IMAGES)
    assert torch.equal(soft, kept)


@pytest.mark.parametrize("settings", MIXES, ids=names)
def test_a_batch_of_one_mixes_with_itself(settings: MixSettings) -> None:
    images, targets = settings.build(CLASSES)(IMAGES[:1], TARGETS[:1])
    torch.testing.assert_close(images, IMAGES[:1])
    torch.testing.assert_close(targets, TARGETS[:1])


@pytest.mark.parametrize("kind", [MixUp, CutMix, MixUpOrCutMix])
def test_the_probability_is_the_share_of_batches_that_are_mixed(kind: type[MixSettings]) -> None:
    torch.manual_seed(0)
    mix = kind.model_validate({"probability": 0.3}).build(CLASSES)
    mixed = sum(not torch.equal(mix(IMAGES, TARGETS)[1], TARGETS) for _ in range(1000))
    assert mixed / 1000 == pytest.approx(0.3, abs=0.05)


def test_the_switch_is_the_share_of_batches_that_cutmix_gets() -> None:
    torch.manual_seed(0)
    mix = MixUpOrCutMix(switch=0.25, mixup_alpha=1.0).build(CLASSES)
    blended = sum(len(mix(IMAGES, TARGETS)[0][1].unique()) == 1 for _ in range(1000))
    assert blended / 1000 == pytest.approx(0.75, abs=0.05)


def test_no_mixing_gives_the_batch_itself_and_draws_nothing() -> None:
    before = torch.random.get_rng_state()
    images, targets = NoMix().build(CLASSES)(IMAGES, TARGETS)
    assert images is IMAGES
    assert targets is TARGETS
    assert torch.equal(before, torch.random.get_rng_state())


def own_shares(mixed: torch.Tensor, originals: torch.Tensor) -> torch.Tensor:
    """How much of each mixed image is its own, told from the pixels alone where each is of one colour; (batch,)."""
    own, other = originals, originals.roll(1, 0)
    return ((mixed - other) / (own - other)).mean(dim=(1, 2, 3))


def charged_by_hand(logits: torch.Tensor, label: int, settings: LossSettings, weights: list[float]) -> float:
    """Weighted cross-entropy or focal loss of one example with a hard label, term by term."""
    p = math.exp(logits[label]) / sum(math.exp(logit) for logit in logits.tolist())
    focus = (1 - p) ** settings.gamma if isinstance(settings, Focal) else 1.0
    return weights[label] * focus * -math.log(p)


@pytest.mark.parametrize("loss", [CrossEntropy(), Focal(gamma=2.0)], ids=lambda settings: settings.name)
@pytest.mark.parametrize("settings", [*MIXES, MixUp(alpha=2.0)], ids=names)
@given(seed=st.integers(0, 2**31))
def test_weighted_losses_charge_both_labels_by_what_is_seen_of_them(
    settings: MixSettings, loss: LossSettings, seed: int
) -> None:
    torch.manual_seed(seed)
    images, targets = settings.build(CLASSES)(IMAGES, TARGETS)
    logits, weights = torch.randn(BATCH, CLASSES), [0.5, 1.0, 2.0, 0.8, 1.2, 3.0]
    found = loss.build(torch.tensor(weights))(logits, targets)
    for own, share in enumerate(own_shares(images, IMAGES).tolist()):
        hard = [charged_by_hand(logits[own], label, loss, weights) for label in (own, (own - 1) % BATCH)]
        assert found[own].item() == pytest.approx(share * hard[0] + (1 - share) * hard[1], rel=2e-3)


@given(seed=st.integers(0, 2**31), alpha=st.floats(0.1, 5))
def test_mixups_share_in_the_pixels_is_that_in_the_targets(seed: int, alpha: float) -> None:
    torch.manual_seed(seed)
    originals = torch.randn(BATCH, 3, HEIGHT, WIDTH)
    images, targets = MixUp(alpha=alpha).build(CLASSES)(originals, TARGETS)
    apart, seen = (originals - originals.roll(1, 0)).flatten(1), (images - originals.roll(1, 0)).flatten(1)
    shares = (apart * seen).sum(dim=1) / apart.square().sum(dim=1)  # least squares of seen = share * apart
    torch.testing.assert_close(shares, targets.diagonal(), atol=1e-4, rtol=0)


@given(seed=st.integers(0, 2**31))
def test_cutmixs_share_is_the_area_of_pixels_that_are_its_own(seed: int) -> None:
    torch.manual_seed(seed)
    originals = torch.randn(BATCH, 3, HEIGHT, WIDTH)
    images, targets = CutMix().build(CLASSES)(originals, TARGETS)
    kept = (images == originals).all(dim=1)
    pasted = (images == originals.roll(1, 0)).all(dim=1)
    assert torch.equal(kept, ~pasted)
    torch.testing.assert_close(targets.diagonal(), kept.sum(dim=(1, 2)) / (HEIGHT * WIDTH))
