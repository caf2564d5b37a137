from __future__ import annotations

import numpy as np
import pytest

from ablation.errors import UserError
from ablation.recipe.data.classes import ClassSettings, relabel

LABELS = np.array([0, 1, 2, 3, 2, 1])
NAMES = ("anger", "contempt", "fear", "joy")


def relabelled(**settings: object) -> tuple[list[int], tuple[str, ...]]:
    labels, names = relabel(LABELS, NAMES, ClassSettings.model_validate(settings))
    return labels.tolist(), names


def test_no_settings_change_nothing() -> None:
    assert relabelled() == (LABELS.tolist(), NAMES)


def test_a_dropped_class_loses_its_labels() -> None:
    assert relabelled(drop=["contempt"]) == ([0, -1, 1, 2, 1, -1], ("anger", "fear", "joy"))


def test_keeping_is_dropping_the_others_in_the_order_of_the_source() -> None:
    assert relabelled(keep=["joy", "anger", "fear"]) == relabelled(drop=["contempt"])


def test_merged_classes_stand_at_the_place_of_the_first() -> None:
    assert relabelled(merge={"bad": ["contempt", "fear"]}) == ([0, 1, 1, 2, 1, 1], ("anger", "bad", "joy"))


def test_a_class_may_take_others_in_under_its_own_name() -> None:
    assert relabelled(merge={"fear": ["fear", "contempt"]})[1] == ("anger", "fear", "joy")


def test_the_dataset_is_not_edited() -> None:
    before = LABELS.copy()
    relabelled(drop=["joy"])
    assert (before == LABELS).all()


@pytest.mark.parametrize(
    ("settings", "place", "remedy"),
    [
        ({"drop": ["contemt"]}, "data.classes.drop", "did you mean 'contempt'?"),
        ({"keep": ["joy", "zzz"]}, "data.classes.keep", "known: anger"),
        ({"merge": {"bad": ["feer", "anger"]}}, "data.classes.merge.bad", "did you mean 'fear'?"),
        ({"merge": {"bad": ["fear", "anger"]}, "drop": ["fear"]}, "data.classes.merge.bad", "known"),
        ({"merge": {"joy": ["fear", "anger"]}}, "data.classes.merge.joy", "list 'joy' too"),
        ({"keep": ["joy"]}, "data.classes", "two or more"),
    ],
)
def test_mistakes_are_refused_at_their_place(settings: dict[str, object], place: str, remedy: str) -> None:
    with pytest.raises(UserError) as refusal:
        relabelled(**settings)
    assert refusal.value.place == place
    assert remedy in refusal.value.remedy
