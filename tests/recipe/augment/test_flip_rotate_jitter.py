from __future__ import annotations

import pytest
import torch
from batch_images import assert_distributed_alike, pictures, uniform
from torch import Tensor
from torchvision.transforms import AutoAugmentPolicy, InterpolationMode, transforms, v2
from torchvision.transforms.functional import to_pil_image

from ablation.recipe.augment import AugmentSettings, Frame, PerBatch
from ablation.recipe.augment.basic import Basic
from ablation.recipe.augment.enhanced import Enhanced

FRAME = Frame(image_size=24, mean=(120, 110, 100))
IMAGE = torch.randint(0, 256, (3, 24, 24), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))
PICTURE = pictures(4, 24, 24)[3]
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
DOCUMENT_BASELINE = [
    v2.RandomHorizontalFlip(p=0.5),
    v2.RandomRotation(degrees=15),
    v2.ColorJitter(brightness=0.3, contrast=0.3, saturation=0.3, hue=0.1),
]
DOCUMENT_ENHANCED = [
    v2.RandomHorizontalFlip(p=0.5),
    v2.RandomRotation(degrees=15, interpolation=InterpolationMode.BILINEAR),
    v2.ColorJitter(brightness=0.3, contrast=0.3, saturation=0.3, hue=0.1),
    v2.RandomAffine(degrees=0, translate=(0.1, 0.1), scale=(0.9, 1.1)),
    v2.RandomPerspective(distortion_scale=0.2, p=0.3),
    v2.AutoAugment(AutoAugmentPolicy.IMAGENET),
]
PLAIN = {"hflip": 0, "rotation": 0, "brightness": 0, "contrast": 0, "saturation": 0, "hue": 0, "erasing": 0}
DRAWN = 1000


def built(settings: AugmentSettings, frame: Frame = FRAME) -> PerBatch:
    change = settings.build(frame)
    assert isinstance(change, PerBatch)
    return change


def changed(settings: AugmentSettings, images: Tensor = IMAGE[None]) -> Tensor:
    change = built(settings)
    return change(images, uniform(len(images), change.draws))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "document", "erasing"),
    [
        (Basic(), DOCUMENT_BASELINE, transforms.RandomErasing(p=0.25)),
        (Enhanced(), DOCUMENT_ENHANCED, transforms.RandomErasing(p=0.25, scale=(0.02, 0.2), ratio=(0.3, 3.3))),
    ],
    ids=["basic", "enhanced"],
)
def test_it_is_distributed_as_document_000s_pipeline_which_erases_after_normalisation(
    settings: AugmentSettings, document: list[torch.nn.Module], erasing: torch.nn.Module
) -> None:
    change = built(settings, Frame.of(24, MEAN))
    ours = change(PICTURE.expand(4 * DRAWN, -1, -1, -1), uniform(4 * DRAWN, change.draws))
    back = transforms.Normalize([-m / s for m, s in zip(MEAN, STD, strict=True)], [1 / s for s in STD])
    theirs = transforms.Compose(
        [to_pil_image, *document, transforms.ToTensor(), transforms.Normalize(MEAN, STD), erasing, back]
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        assert_distributed_alike(ours, 255 * torch.stack([theirs(PICTURE) for _ in range(DRAWN)]))


@pytest.mark.parametrize("settings", [Basic(), Enhanced()], ids=["basic", "enhanced"])
def test_images_keep_shape_and_type_and_the_original_is_untouched(settings: AugmentSettings) -> None:
    images = IMAGE.expand(20, -1, -1, -1)
    for size in (1, 2, 5, 24):
        made = changed(settings, images[:, :, :size, :size])
        assert (made.shape, made.dtype) == ((20, 3, size, size), torch.uint8)
    original = IMAGE.clone()
    assert len({tuple(image.flatten().tolist()) for image in changed(settings, images)}) == 20
    assert torch.equal(IMAGE, original)


@pytest.mark.parametrize(
    "settings",
    [
        Basic.model_validate(PLAIN),
        Enhanced.model_validate(PLAIN | {"translate": 0, "scale": (1, 1), "perspective": 0, "autoaugment": None}),
    ],
    ids=["basic", "enhanced"],
)
def test_with_every_magnitude_at_0_nothing_changes_and_nothing_is_drawn(settings: AugmentSettings) -> None:
    assert built(settings).draws == 0
    assert torch.equal(changed(settings)[0], IMAGE)


def test_numbers_in_the_middle_change_nothing_but_by_chance_of_a_half() -> None:
    change = built(Basic(rotation=90, hflip=0.5))
    assert torch.equal(change(IMAGE[None], torch.full((1, change.draws), 0.5))[0], IMAGE)


def test_a_flip_with_certainty_mirrors_each_image() -> None:
    assert torch.equal(changed(Basic.model_validate(PLAIN | {"hflip": 1}))[0], IMAGE.flip(2))


def test_erasing_paints_the_mean_colour_over_a_share_of_the_area() -> None:
    settings = PLAIN | {"erasing": 1, "erasing_scale": (0.2, 0.2), "erasing_ratio": (1, 1)}
    erased = changed(Basic.model_validate(settings))[0]
    mean = torch.tensor(FRAME.mean, dtype=torch.uint8)[:, None, None]
    painted = (erased == mean).all(dim=0)
    assert painted.float().mean().item() == pytest.approx(0.2, abs=0.02)
    assert torch.equal(erased[:, ~painted], IMAGE[:, ~painted])
