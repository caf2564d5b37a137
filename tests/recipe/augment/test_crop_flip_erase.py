"""torchvision's policies: the paper's scale of RandAugment, and crop, flip and erasing around a policy."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from batch_images import assert_distributed_alike, pictures, uniform
from pydantic import ValidationError
from torch import Tensor
from torchvision.transforms import AutoAugmentPolicy, InterpolationMode, v2
from torchvision.transforms.functional import to_pil_image

from ablation.recipe.augment import AugmentSettings, Frame, PerBatch
from ablation.recipe.augment.crop_flip_erase import CropFlipErase

FRAME = Frame(image_size=24, mean=(120, 110, 100))
IMAGE = torch.randint(0, 256, (3, 24, 24), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
POLICIES = ["crop_flip", "autoaugment", "randaugment", "trivialaugment"]
BILINEAR = InterpolationMode.BILINEAR


def chosen(name: str, **settings: Any) -> CropFlipErase:
    found = AugmentSettings.choose({"name": name, **settings})
    assert isinstance(found, CropFlipErase)
    return found


def built(settings: CropFlipErase) -> PerBatch:
    change = settings.build(FRAME)
    assert isinstance(change, PerBatch)
    return change


def changed(settings: CropFlipErase, count: int, image: Tensor = IMAGE) -> Tensor:
    """Versions of one image, (count, 3, 24, 24)."""
    change = built(settings)
    return change(image.expand(count, -1, -1, -1), uniform(count, change.draws))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "policy"),
    [
        (chosen("crop_flip"), None),
        (chosen("autoaugment"), v2.AutoAugment(interpolation=BILINEAR)),
        (chosen("autoaugment", policy="svhn"), v2.AutoAugment(AutoAugmentPolicy.SVHN, interpolation=BILINEAR)),
        (chosen("randaugment", m=3), v2.RandAugment(interpolation=BILINEAR)),
        (chosen("trivialaugment"), v2.TrivialAugmentWide(interpolation=BILINEAR)),
    ],
    ids=["crop_flip", "autoaugment", "svhn", "randaugment", "trivialaugment"],
)
def test_it_is_distributed_as_the_pipeline_of_torchvisions_reference(settings: CropFlipErase, policy: Any) -> None:
    steps = [v2.RandomResizedCrop(24), v2.RandomHorizontalFlip(0.5), *([policy] if policy else []), v2.PILToTensor()]
    reference, picture = v2.Compose([to_pil_image, *steps]), pictures(4, 24, 24)[3]
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = torch.stack([reference(picture) for _ in range(1000)])
    assert_distributed_alike(changed(settings, 4000, picture), theirs)


@pytest.mark.parametrize("name", POLICIES)
def test_erasing_comes_last_and_leaves_all_before_it_as_it_was(name: str) -> None:
    plain, erased = built(chosen(name)), built(chosen(name, erasing=1))
    images, draws = IMAGE.expand(10, -1, -1, -1), uniform(10, erased.draws)
    mean = torch.tensor(FRAME.mean, dtype=torch.uint8)[:, None]
    for before, after in zip(plain(images, draws[:, : plain.draws]), erased(images, draws), strict=True):
        kept = (after == before).all(dim=0)
        assert 0 < (~kept).float().mean() < 0.45
        assert (after[:, ~kept] == mean).all()


@pytest.mark.parametrize("erasing", [0, 1])
def test_without_crop_flip_and_erasing_nothing_changes(erasing: int) -> None:
    settings = chosen("crop_flip", crop_scale=None, hflip=0, erasing=erasing)
    assert torch.equal(changed(settings, 1)[0], IMAGE) is (erasing == 0)


@pytest.mark.parametrize("name", POLICIES)
def test_images_keep_shape_and_type_and_the_original_is_untouched(name: str) -> None:
    original = IMAGE.clone()
    made = changed(chosen(name, erasing=0.5), 20)
    assert (made.shape, made.dtype) == ((20, *IMAGE.shape), torch.uint8)
    assert torch.equal(IMAGE, original)


@pytest.mark.parametrize("scale", [(0.5, 0.1), (0, 1), (0.5, 1.5)])
def test_an_impossible_crop_is_refused(scale: tuple[float, float]) -> None:
    with pytest.raises(ValidationError, match="crop_scale"):
        chosen("crop_flip", crop_scale=scale)
