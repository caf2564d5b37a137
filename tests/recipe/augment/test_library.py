"""The library Albumentations: imported late, and every transform of it repeatable."""

from __future__ import annotations

import ast
import random
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import Tensor

from ablation.errors import UserError
from ablation.recipe import augment
from ablation.recipe.augment import AugmentSettings, Frame
from ablation.recipe.augment.library import transforms

FRAME = Frame(image_size=32, mean=(120, 110, 100))
IMAGE = torch.randint(0, 256, (3, 32, 32), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def listed(*transforms: Any) -> AugmentSettings:
    return AugmentSettings.choose({"name": "albumentations", "transforms": list(transforms)})


def seeded(change: Any, seed: int, image: Tensor = IMAGE) -> Tensor:
    torch.manual_seed(seed)
    return change(image)


SLOW = {"Superpixels", "GlassBlur", "RandomRain", "RandomFog", "PiecewiseAffine", "Spatter", "RandomSunFlare"}


def usable() -> list[str]:
    """Every transform that is accepted without parameters and keeps the size."""
    found = []
    for name in sorted(set(transforms()) - SLOW):
        try:
            listed({name: {"p": 1}}).build(FRAME)
        except (ValidationError, UserError):
            continue
        found.append(name)
    return found


@pytest.mark.slow
def test_every_transform_of_the_library_repeats_itself_whatever_the_threads() -> None:
    names = usable()
    assert len(names) > 70
    threads = cv2.getNumThreads()
    others = random.getstate(), np.random.get_state()[1].tolist()
    for name in names:
        change = listed({name: {"p": 1}}).build(FRAME)
        cv2.setNumThreads(0)
        alone = seeded(change, 3)
        cv2.setNumThreads(2)
        assert torch.equal(seeded(change, 3), alone), name
    cv2.setNumThreads(threads)
    assert (random.getstate(), np.random.get_state()[1].tolist()) == others


def test_the_library_is_imported_by_no_module_of_the_section_itself() -> None:
    for file in Path(augment.__file__).parent.glob("*.py"):
        top = [node for node in ast.parse(file.read_text()).body if isinstance(node, ast.Import | ast.ImportFrom)]
        assert not [node for node in top if "import albumentations" in ast.unparse(node)], file.name
