"""The section itself: no augmentation, the frame, and a user's own."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import torch

from ablation.recipe.augment import AugmentSettings, Frame, PerBatch
from ablation.recipe.augment.none import NoAugment

FRAME = Frame(image_size=24, mean=(120, 110, 100))
IMAGE = torch.randint(0, 256, (3, 24, 24), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def test_without_augmentation_nothing_changes() -> None:
    change = NoAugment().build(FRAME)
    assert not isinstance(change, PerBatch)
    assert torch.equal(change(IMAGE), IMAGE)


def test_the_means_in_0_to_1_become_a_colour() -> None:
    assert Frame.of(32, MEAN) == Frame(32, (124, 116, 104))


def test_a_users_own_augmentation_is_named_by_import_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = f"own_augment_{tmp_path.name}"
    (tmp_path / f"{module}.py").write_text(
        "from ablation.recipe.augment import AugmentSettings\n\n\n"
        "class Invert(AugmentSettings):\n    def build(self, frame):\n        return lambda image: 255 - image\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    settings = AugmentSettings.choose(f"{module}:Invert")
    assert torch.equal(settings.build(FRAME)(IMAGE), 255 - IMAGE)
    sys.modules.pop(module)
