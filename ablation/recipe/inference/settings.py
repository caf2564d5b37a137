"""The section ``inference``."""

from __future__ import annotations

from pydantic import Field, field_validator

from ablation.recipe.inference.views import ViewSettings
from ablation.recipe.settings import Settings


class InferenceSettings(Settings):
    """The views whose probabilities are averaged, and how many images go through the model at a time."""

    tta: tuple[ViewSettings, ...] = Field(default_factory=lambda: (ViewSettings.choose("identity"),), min_length=1)
    """Test-time augmentation: views of each image, at least one; bare strings are their names."""
    batch_size: int = Field(256, ge=1)
    """Images that go through the model at a time, >= 1; a matter of memory and speed."""

    @field_validator("tta")
    @classmethod
    def _differ(cls, tta: tuple[ViewSettings, ...]) -> tuple[ViewSettings, ...]:
        twice = [view.name for number, view in enumerate(tta) if view in tta[:number]]
        if twice:
            raise ValueError(f"the view {twice[0]!r} is listed twice")
        return tta
