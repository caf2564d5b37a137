from __future__ import annotations

import pytest
from search_spaces import refusal, resolved, span


@pytest.mark.parametrize(
    "path",
    [
        *(
            "data",
            "data.source",
            "data.val_size",
            "data.train_fraction",
            "data.confirm_size",
            "phases",
            "phases.a.start",
        ),
        *("train", "train.keep", "train.keep_by", "inference", "inference.ensemble_with", "inference.threshold"),
        "inference.calibration",
    ],
)
def test_rules_of_the_experiment_are_not_searched(path: str) -> None:
    assert refusal({path: span(0, 1)}).startswith(f".{path}: cannot be searched: ")


def test_what_of_the_data_keeps_the_images_is_searched() -> None:
    assert resolved({"data.image_size": span(8, 32)}).parameters[0].kind == "int"


@pytest.mark.parametrize("pruner", ["median", "hyperband"])
def test_epochs_are_not_searched_where_they_are_compared(pruner: str) -> None:
    assert refusal({"train.epochs": span(1, 4)}, pruner=pruner).startswith(
        f".train.epochs: cannot be searched: {pruner}"
    )
    assert resolved({"train.epochs": span(1, 4)}).parameters[0].own == 4
