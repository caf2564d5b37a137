"""Settings of inference: views, ensembles, calibration, threshold."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from ablation.recipe.inference import InferenceSettings
from ablation.recipe.inference.views import ViewSettings
from ablation.recipe.inference.views.identity import Identity
from ablation.recipe.inference.views.shift import Shift


def test_the_default_is_the_image_itself() -> None:
    assert InferenceSettings().tta == (Identity(),)


@pytest.mark.parametrize(
    ("tta", "message"),
    [
        ([], "at least 1 item"),
        (["identity", "identity"], "'identity' is listed twice"),
        (["shift", {"name": "shift"}], "'shift' is listed twice"),
        (["hflop"], "did you mean 'hflip'"),
    ],
)
def test_views_must_be_known_and_differ(tta: list[object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        InferenceSettings.model_validate({"tta": tta})


def test_two_shifts_of_different_length_are_two_views() -> None:
    settings = InferenceSettings.model_validate(
        {"tta": [{"name": "shift", "pixels": 1}, {"name": "shift", "pixels": 2}]}
    )
    assert settings.tta == (Shift(pixels=1), Shift(pixels=2))


def test_settings_survive_json_and_back() -> None:
    settings = InferenceSettings.model_validate({"tta": ["identity", {"name": "shift", "pixels": 3}]})
    assert InferenceSettings.model_validate_json(settings.model_dump_json()) == settings
    assert all(isinstance(view, ViewSettings) for view in settings.tta)


def test_off_is_the_default() -> None:
    settings = InferenceSettings()
    assert (settings.ensemble_with, settings.members) == ((), 1)
    assert (settings.calibration, settings.threshold) == ("none", "argmax")


def test_ensembles_calibration_and_threshold_are_taken_from_plain_values() -> None:
    given = {
        "ensemble_with": ["baseline", "Focal loss"],
        "members": 3,
        "calibration": "temperature",
        "threshold": "best_f1",
    }
    settings = InferenceSettings.model_validate(given)
    assert settings.ensemble_with == ("baseline", "Focal loss")
    assert InferenceSettings.model_validate_json(settings.model_dump_json()) == settings


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"ensemble_with": ["baseline", "Focal loss", "baseline"]}, "'baseline' is listed twice"),
        ({"ensemble_with": "baseline"}, "valid tuple"),
        ({"ensemble_with": [""]}, "at least 1 character"),
        ({"members": 0}, "greater than or equal to 1"),
        ({"members": True}, "true has no meaning here"),
        ({"calibration": "platt"}, "'none' or 'temperature'"),
        ({"threshold": 0.3}, "'argmax' or 'best_f1'"),
    ],
)
def test_a_wrong_setting_is_refused_under_its_name(given: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message) as caught:
        InferenceSettings.model_validate(given)
    assert caught.value.errors()[0]["loc"][0] in given
