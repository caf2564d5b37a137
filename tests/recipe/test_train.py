from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from ablation.recipe.train import TrainSettings


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"cuda_graph": True, "precision": "fp16"}, "with precision: fp16"),
        ({"cuda_graph": True, "compile": True}, "leave out compile"),
        ({"keep_by": "accuracy"}, "no effect without keep: best"),
    ],
)
def test_settings_that_cannot_go_together_are_refused(given: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        TrainSettings.model_validate(given)


def test_a_graph_goes_with_bf16_and_clipping() -> None:
    assert TrainSettings(cuda_graph=True, precision="bf16", clip_norm=1.0).cuda_graph
