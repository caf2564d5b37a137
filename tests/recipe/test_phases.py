"""Single phases: when they begin, what they may change, how they ramp."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ablation.recipe.merge import flattened
from ablation.recipe.phases import PATCHABLE, RAMPABLE, Phase, Ramp, Start, entered, nested
from ablation.recipe.recipe import Recipe

SMOOTHER = {"loss": {"label_smoothing": 0.1}}


def history(*accuracies: float) -> list[dict[str, float]]:
    return [{"val/accuracy": each, "val/loss": 1 - each} for each in accuracies]


def test_a_bare_number_is_an_epoch() -> None:
    assert Phase.model_validate({"start": 7, "patch": SMOOTHER}).start == Start(epoch=7)


@pytest.mark.parametrize(
    ("start", "message"),
    [
        (0, "epoch 0"),
        ({}, "epoch 0"),
        ({"metric": "loss"}, "epoch 0"),
        (-1, "greater than or equal to 0"),
        (True, "no meaning|valid"),
        ({"epoch": 2.5}, "integer"),
        ({"above": 0}, "greater than 0"),
        ({"above": 100}, "less than 100"),
        ({"plateau": 0}, "greater than or equal to 1"),
        ({"metric": "loss", "above": 50}, "loss is not"),
        ({"metric": "brier", "above": 50}, "brier is not"),
        ({"epoch": 2, "metric": "f1"}, "accuracy"),
        ({"epochs": 2}, "'epoch'"),
    ],
)
def test_a_start_that_means_nothing_is_refused(start: Any, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Phase.model_validate({"start": start, "patch": SMOOTHER})


def test_above_looks_at_the_last_epoch_in_points() -> None:
    start = Start(above=50)
    assert start.is_conditional
    assert [start.holds(history(*each)) for each in ((0.49,), (0.5,), (0.9, 0.4), (0.4, 0.51))] == [
        False,
        True,
        False,
        True,
    ]
    assert not start.holds([])


def test_plateau_counts_the_epochs_since_the_best() -> None:
    start = Start(plateau=2)
    assert not start.holds(history(0.5))
    assert not start.holds(history(0.5, 0.5))
    assert start.holds(history(0.5, 0.5, 0.4))
    assert not start.holds(history(0.5, 0.4, 0.6))
    assert Start(plateau=2, metric="loss").holds(history(0.5, 0.5, 0.4))


@given(accuracies=st.lists(st.floats(0, 1), max_size=10), above=st.floats(1, 99), plateau=st.integers(1, 5))
def test_conditions_hold_together_as_one_by_one(accuracies: list[float], above: float, plateau: int) -> None:
    records = history(*accuracies)
    each = Start(above=above).holds(records), Start(plateau=plateau).holds(records)
    assert Start(above=above, plateau=plateau).holds(records) == all(each)
    waited = len(accuracies) - 1 - accuracies.index(max(accuracies)) if accuracies else -1
    assert each == (bool(accuracies) and accuracies[-1] * 100 >= above, bool(accuracies) and waited >= plateau)


def test_an_epoch_alone_is_no_condition() -> None:
    assert not Start(epoch=3).is_conditional
    assert Start(epoch=3).holds([])


@given(start=st.floats(0, 1), end=st.floats(0, 1), epochs=st.integers(1, 30))
def test_a_ramp_is_numpys_even_spacing_and_stays_at_its_end(start: float, end: float, epochs: int) -> None:
    ramp = Ramp(to=end, epochs=epochs)
    expected = np.linspace(start, end, epochs + 1)[1:]
    found = [ramp.value(start, number) for number in range(epochs + 3)]
    np.testing.assert_allclose(found, [*expected, end, end, end], atol=1e-12)


@given(start=st.floats(0, 1), end=st.floats(0, 1), epochs=st.integers(1, 30))
def test_a_ramp_ends_at_its_number_to_the_bit(start: float, end: float, epochs: int) -> None:
    assert Ramp(to=end, epochs=epochs).value(start, epochs - 1) == end


@pytest.mark.parametrize("section", sorted(set(Recipe.model_fields) - set(PATCHABLE)))
def test_a_section_that_no_phase_may_change_is_refused(section: str) -> None:
    with pytest.raises(ValidationError, match=f"cannot change {section}"):
        Phase.model_validate({"start": 1, "patch": {section: {"anything": 1}}})


@pytest.mark.parametrize(
    "patch",
    [
        {"los": {"label_smoothing": 0.1}},
        {"data": {"label_noise": 0.1}},
        {"data": {"image_size": 16, "limit": 3}},
        {"data": "digits"},
        {"train": {"epochs": 3}},
        {"train": {"ema": {"decay": 0.9}}},
        {"model": {"weights": "DEFAULT"}},
    ],
    ids=str,
)
def test_a_setting_that_no_phase_may_change_is_refused(patch: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="a phase cannot change"):
        Phase.model_validate({"start": 1, "patch": patch})


@pytest.mark.parametrize("path", ["optimizer.lr", "schedule.end", "data.image_size", "train.clip_norm"])
def test_what_is_no_ramps_matter_is_refused(path: str) -> None:
    with pytest.raises(ValidationError, match=f"a ramp cannot move {path}"):
        Phase.model_validate({"start": 1, "ramp": {path: {"to": 1, "epochs": 2}}})


def test_a_phase_that_changes_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="changes nothing"):
        Phase.model_validate({"start": 1})


def test_everything_that_may_be_ramped_may_be_patched() -> None:
    assert set(RAMPABLE) <= set(PATCHABLE) <= set(Recipe.model_fields)


def test_entering_merges_the_patch_and_then_ramps_from_what_holds() -> None:
    recipe = {"loss": {"name": "cross_entropy", "label_smoothing": 0.0}, "mix": {"name": "none"}}
    phase = Phase.model_validate(
        {
            "start": 1,
            "patch": {"loss": {"label_smoothing": 0.1}, "mix": {"name": "mixup"}},
            "ramp": {"loss.label_smoothing": {"to": 0.3, "epochs": 2}},
        }
    )
    smoothings = [entered(recipe, phase, number)["loss"]["label_smoothing"] for number in range(3)]
    assert smoothings == pytest.approx([0.2, 0.3, 0.3])
    assert entered(recipe, phase, 0)["mix"] == {"name": "mixup"}
    assert recipe["loss"]["label_smoothing"] == 0.0


@pytest.mark.parametrize("path", ["loss.name", "loss.missing", "train_", "loss", "loss.flag"])
def test_what_is_no_number_cannot_be_ramped(path: str) -> None:
    recipe = {"loss": {"name": "cross_entropy", "flag": True}}
    phase = Phase.model_construct(ramp={path: Ramp(to=1, epochs=2)})
    with pytest.raises(ValueError, match=f"{path} is no number"):
        entered(recipe, phase, 0)


words = st.text("abc", min_size=1, max_size=3)


@given(keys=st.lists(words, min_size=1, max_size=4), value=st.floats(0, 1))
def test_a_nested_setting_is_the_dotted_one_again(keys: list[str], value: float) -> None:
    assert flattened(nested(".".join(keys), value)) == {".".join(keys): value}
