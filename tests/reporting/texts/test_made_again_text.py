from __future__ import annotations

import pytest

from ablation.experiment.planning.made_again import AddressChange, MadeAgain
from ablation.reporting.texts.made_again_text import made_again_text

CODE = [AddressChange("code", f"ablation.recipe.loss.{name}") for name in "abcde"]
TORCH = AddressChange("version", "torch", "2.14", "2.15")


@pytest.mark.parametrize(
    ("trainings", "changes", "text"),
    [
        (32, CODE[:1], "32 trainings of the last run are made again: the code of loss.a changed"),
        (1, [AddressChange("code", "my_losses")], "1 training of the last run is made again: the code of my_losses ch"),
        (2, [TORCH, *CODE], "2 trainings of the last run are made again: torch 2.14 is now 2.15; the code of loss.a, "),
        (2, CODE, "2 trainings of the last run are made again: the code of loss.a, loss.b, loss.c and 2 other modules"),
        (3, [AddressChange("data")], "3 trainings of the last run are made again: the data changed"),
        (3, [AddressChange("earlier")], "3 trainings of the last run are made again: made by an earlier version of a"),
        (3, [], "3 trainings of the last run are made again: the experiment's seed, protocol or split changed"),
    ],
)
def test_the_line_says_how_many_and_why(trainings: int, changes: list[AddressChange], text: str) -> None:
    assert made_again_text(MadeAgain(trainings, tuple(changes))).startswith(text)
