"""A rung of an experiment file says what it changes, or that it changes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ablation.experiment.config.promise_values import Promise
from ablation.experiment.config.rung import RungSettings

PATCH = {"loss": {"name": "focal", "gamma": 2.0}}


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({}, "patch is missing or empty"),
        ({"control": True, "patch": PATCH}, "a control has no patch"),
        ({"control": True, "expect": 3}, "a control has no patch, no promise"),
        ({"control": True, "requires": ("Focal loss",)}, "a control has no patch"),
        ({"tuned": True, "patch": PATCH}, "a tuned rung has no patch"),
        ({"tuned": True, "control": True}, "a tuned rung has no patch and is no control"),
        ({"patch": PATCH, "name": "a/b"}, "one line without '/'"),
        ({"patch": PATCH, "name": "a\nb"}, "one line without '/'"),
    ],
)
def test_a_rung_that_contradicts_itself_is_refused(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        RungSettings(**{"name": "Focal loss"} | settings)


def test_a_promise_carries_the_source_of_its_rung() -> None:
    rung = RungSettings.model_validate({"name": "Focal loss", "patch": PATCH, "expect": [3, 5], "source": "a document"})
    assert rung.promises == (Promise("accuracy", "gain", 3.0, 5.0, "a document"),)


def test_a_component_in_a_patch_stands_there_as_a_mapping() -> None:
    from ablation.recipe.loss.focal import Focal

    rung = RungSettings(name="Focal loss", patch={"loss": Focal(gamma=3.0)})
    assert rung.patch["loss"] == {"name": "focal", "gamma": 3.0}
