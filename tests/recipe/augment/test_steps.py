"""Steps of Albumentations: what is refused, and what a file keeps of them."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from ablation.recipe.augment import AugmentSettings
from ablation.recipe.augment.albumentations import Albumentations

BUSY = (
    {"Affine": {"rotate": [-20, 20], "p": 0.5}},
    {"OneOf": {"transforms": ["GaussNoise", {"GaussianBlur": {"p": 0.2}}, "ISONoise"], "p": 0.7}},
    {"SomeOf": {"transforms": ["RGBShift", "CLAHE", "CoarseDropout"], "n": 2}},
)


def listed(*transforms: Any) -> AugmentSettings:
    return AugmentSettings.choose({"name": "albumentations", "transforms": list(transforms)})


@pytest.mark.parametrize(
    ("step", "place", "text"),
    [
        (
            "HorizontalFlop",
            (),
            r"no transform 'HorizontalFlop' in .* 2\.0\.8; did you mean 'HorizontalFlip'",
        ),
        (
            {"GaussNoise": {"var_limit": [10, 50]}},
            ("GaussNoise", "var_limit"),
            "no parameter 'var_limit'; today: std",
        ),
        ({"CoarseDropout": {"max_holes": 8}}, ("CoarseDropout", "max_holes"), "today: num_holes_range"),
        ({"HorizontalFlip": {"prob": 1}}, ("HorizontalFlip", "prob"), "no parameter 'prob'; known: p"),
        ({"CLAHE": {"clip_limits": 2}}, ("CLAHE", "clip_limits"), "did you mean 'clip_limit'"),
        ({"MedianBlur": {"blur_limits": 3}}, ("MedianBlur", "blur_limits"), "did you mean 'blur_limit'"),
        ({"GaussNoise": {"std_range": [10, 50]}}, ("GaussNoise", "std_range"), "must be >= 0 and <= 1"),
        ({"HorizontalFlip": {"p": 2}}, ("HorizontalFlip", "p"), "less than or equal to 1"),
        ({"HorizontalFlip": {"p": True}}, ("HorizontalFlip", "p"), "true has no meaning here"),
        ({"Rotate": {"border_mode": "reflect"}}, ("Rotate", "border_mode"), "should be 0, 1, 2, 3 or 4"),
        ({"Blur": {"blur_limit": 4}}, ("Blur",), "must be odd"),
        ("RandomCrop", ("RandomCrop",), "needs the parameter 'height'"),
        ("Normalize", ("Normalize",), r"turns an image into float32 .* must stay \(height, width, 3\) uint8"),
        ("ToTensorV2", ("ToTensorV2",), r"of shape \(3, 64, 64\)"),
        ({"ToGray": {"num_output_channels": 1}}, ("ToGray",), r"of shape \(64, 64\)"),
        ("MaskDropout", ("MaskDropout",), "cannot act on an image alone"),
        ("ToRGB", ("ToRGB",), "already an RGB"),
        ("Compose", (), "no transform 'Compose'"),
        ("Lambda", (), "no transform 'Lambda'"),
        (3, (), "must be a transform's name, or a mapping"),
        ({"HorizontalFlip": {}, "VerticalFlip": {}}, (), "must be a transform's name, or a mapping"),
        ({"HorizontalFlip": {"p": float("nan")}}, ("HorizontalFlip",), "holds what no file can hold"),
        ("OneOf", ("OneOf", "transforms"), "OneOf needs the parameter 'transforms'"),
        ({"OneOf": {"transforms": ["Sharpen"], "q": 1}}, ("OneOf",), "unknown setting 'q'"),
        ({"OneOf": {"transforms": [{"Sharpen": {"p": 0}}]}}, ("OneOf",), "all are 0"),
        ({"SomeOf": {"transforms": ["Sharpen"], "n": 2}}, ("SomeOf", "replace"), "n = 2 of 1 steps needs replace"),
        ({"OneOrOther": {"transforms": ["Sharpen"]}}, ("OneOrOther", "transforms"), "at least 2"),
        (
            {"OneOf": {"transforms": ["Sharpen", {"Sequential": {"transforms": [{"GaussNoise": {"p": -1}}]}}]}},
            ("OneOf", "transforms", 1, "Sequential", "transforms", 0, "GaussNoise", "p"),
            "greater than or equal to 0",
        ),
    ],
    ids=str,
)
def test_a_mistake_is_refused_at_its_place(step: Any, place: tuple[str | int, ...], text: str) -> None:
    with pytest.raises(ValidationError, match=text) as caught:
        listed("HorizontalFlip", step)
    assert caught.value.errors()[0]["loc"] == ("transforms", 1, *place)


def test_an_empty_list_is_refused() -> None:
    with pytest.raises(ValidationError, match="at least 1 item"):
        listed()


def test_settings_survive_yaml_and_json_and_keep_what_was_written() -> None:
    chosen = listed("HorizontalFlip", *BUSY)
    plain = chosen.model_dump(mode="json")
    assert plain["transforms"] == ["HorizontalFlip", *BUSY]
    assert AugmentSettings.choose(yaml.safe_load(yaml.safe_dump(plain))) == chosen
    assert Albumentations.model_validate_json(chosen.model_dump_json()) == chosen
    assert hash(chosen) == hash(listed("HorizontalFlip", *BUSY))


def test_the_schema_lets_names_and_mappings_pass() -> None:
    kinds = Albumentations.model_json_schema()["properties"]["transforms"]["items"]["anyOf"]
    assert [kind["type"] for kind in kinds] == ["string", "object"]
