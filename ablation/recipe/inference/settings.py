"""The section ``inference``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from ablation.recipe.inference.views import ViewSettings
from ablation.recipe.settings import Settings

Calibration = Literal["none", "temperature"]
Threshold = Literal["argmax", "best_f1"]


class InferenceSettings(Settings):
    """How probabilities are made and decided by: views, then members, then other variants, then temperature, then
    threshold."""

    tta: tuple[ViewSettings, ...] = Field(default_factory=lambda: (ViewSettings.choose("identity"),), min_length=1)
    """Test-time augmentation: views of each image, at least one; bare strings are their names."""
    batch_size: int = Field(256, ge=1)
    """Images that go through the model at a time, >= 1; a matter of memory and speed."""
    ensemble_with: tuple[Annotated[str, Field(min_length=1)], ...] = ()
    """Names of earlier rungs, or ``baseline``, whose probabilities are averaged with this variant's own, each with one
    vote; a rung that sets only this trains nothing. Document 001's model ensembling (see ``averaging``)."""
    members: int = Field(1, ge=1)
    """Trainings of this very recipe whose probabilities are averaged, >= 1, each with streams of its own: a deep
    ensemble, which costs as many trainings (see ``averaging``)."""
    calibration: Calibration = "none"
    """``temperature``: probabilities made as sure as they are right on validation (see ``calibration``)."""
    threshold: Threshold = "argmax"
    """What decides the class: the largest probability, or, of two classes, the threshold with the best F1 of
    ``data.positive_class`` on validation: document 002's F1-score optimization (see ``threshold``)."""

    @property
    def adjusts(self) -> bool:
        """Whether predictions are changed by what validation says of them."""
        return self.calibration != "none" or self.threshold != "argmax"

    @field_validator("tta", "ensemble_with")
    @classmethod
    def _differ(cls, listed: tuple[ViewSettings | str, ...]) -> tuple[ViewSettings | str, ...]:
        for number, each in enumerate(listed):
            if each in listed[:number]:
                raise ValueError(f"{(each if isinstance(each, str) else each.name)!r} is listed twice")
        return listed
