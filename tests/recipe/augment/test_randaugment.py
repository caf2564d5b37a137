"""RandAugment: the paper's scale, and torchvision's own default on it."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torchvision.transforms import v2

from ablation.recipe.augment import AugmentSettings, Frame, PerBatch
from ablation.recipe.augment.batch.policy import Policy, Strength
from ablation.recipe.augment.crop_flip_erase import CropFlipErase

FRAME = Frame(image_size=24, mean=(120, 110, 100))
IMAGE = torch.randint(0, 256, (3, 24, 24), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
# Cubuk et al. 2018, table 6: the largest value of each change, at magnitude 10
LARGEST = {
    "ShearX": 0.3,
    "ShearY": 0.3,
    "Rotate": 30,
    "Brightness": 0.9,
    "Color": 0.9,
    "Contrast": 0.9,
    "Sharpness": 0.9,
}
LARGEST |= {"TranslateX": 150 / 331 * 24, "TranslateY": 150 / 331 * 24}


def chosen(name: str, **settings: Any) -> CropFlipErase:
    found = AugmentSettings.choose({"name": name, **settings})
    assert isinstance(found, CropFlipErase)
    return found


def built(settings: CropFlipErase) -> PerBatch:
    change = settings.build(FRAME)
    assert isinstance(change, PerBatch)
    return change


def strengths(m: int, monkeypatch: pytest.MonkeyPatch) -> dict[str, set[float]]:
    """The strengths at which a policy of this m applies each change."""
    tables: list[list[Strength]] = []
    monkeypatch.setattr(Policy, "__init__", lambda self, table, interpolation: tables.append(table))
    built(chosen("randaugment", n=14, m=m))
    found: dict[str, set[float]] = {}
    for each in tables[0]:
        found[each.name] = {each.value, -each.value} if each.signed else {each.value}
    return found


@pytest.mark.parametrize("m", range(11))
def test_m_runs_over_the_papers_scale(m: int, monkeypatch: pytest.MonkeyPatch) -> None:
    found = strengths(m, monkeypatch)
    assert len(found) == 14
    for kind, largest in LARGEST.items():
        for strength in found[kind]:
            assert abs(strength) == pytest.approx(largest * m / 10, abs=1e-5), kind
    assert list(found["Solarize"]) == pytest.approx([1 - m / 10])  # share of 256 above which pixels are inverted
    assert found["Posterize"] == {round(8 - 4 * m / 10)}  # bits, 8 to 4


def test_torchvisions_own_default_is_three_on_that_scale(monkeypatch: pytest.MonkeyPatch) -> None:
    ours = strengths(3, monkeypatch)
    theirs: dict[str, set[float]] = {}
    monkeypatch.setattr(
        v2.RandAugment,
        "_apply_image_or_video_transform",
        lambda _, image, kind, strength, **others: theirs.setdefault(kind, set()).add(strength) or image,
    )
    default = v2.RandAugment(num_ops=14)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        for _ in range(30):
            default(IMAGE)
    for kind in ours:
        assert sorted(ours[kind]) == pytest.approx(sorted(theirs[kind]), abs=1e-5)
