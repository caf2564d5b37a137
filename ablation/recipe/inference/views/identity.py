"""Identity: the image as it is.

Changes     nothing; alone it is the default, beside other views it gives the plain image its vote.
Helps       nearly always beside other views.
Collides    nothing.
Cost        one pass through the model.
Asked by    every document that asks for test-time augmentation.
Source      none.
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from ablation.recipe.inference.views import ViewSettings


class Identity(ViewSettings):
    """The image itself."""

    name: Literal["identity"] = "identity"

    def views(self, images: Tensor) -> tuple[Tensor, ...]:
        return (images,)
