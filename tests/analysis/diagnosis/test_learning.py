"""Each problem of learning is found, and no other."""

from __future__ import annotations

import pytest
from histories import NAMES, STUCK, kinds, one_class, only, record

from ablation.analysis.diagnosis.diagnose import diagnose


def test_one_class_only_is_not_learning_too_and_names_the_class_its_share_and_since_when():
    history = [record(epoch) for epoch in (1, 2, 3)] + [one_class(epoch) for epoch in (4, 5, 6, 7)]
    found = {each.kind: each for each in diagnose(history, STUCK)}
    assert set(found) == {"one_class", "not_learning"}
    assert found["one_class"].facts == {"name": "happy", "share": 0.98}
    assert found["one_class"].epoch == found["not_learning"].epoch == 4


def test_one_class_only_holds_though_the_class_changes_from_epoch_to_epoch():
    swapped = {"happy": "sad", "sad": "happy"}
    history = [one_class(epoch) for epoch in range(1, 8)]
    for each in history[::2]:
        for prefix in ("val/predicted_share/", "val/class_accuracy/"):
            values = {name: each[prefix + name] for name in swapped}
            each.update({prefix + name: values[other] for name, other in swapped.items()})
    assert "one_class" in kinds(history)


def test_a_class_that_makes_up_nearly_all_images_may_be_nearly_all_answers():
    history = [one_class(epoch) for epoch in range(1, 8)]
    for each in history:
        each.update({f"val/class_accuracy/{name}": 0.6 for name in NAMES if name != "happy"})
        each.update({"val/balanced_accuracy": 0.7, "train/loss": 0.9 ** each["epoch"]})
    assert kinds(history) == []


def test_a_training_loss_that_does_not_fall_is_not_learning_though_accuracy_is_over_chance():
    history = [record(e, **{"train/loss": 1.2, "val/balanced_accuracy": 0.4, "val/accuracy": 0.4}) for e in range(1, 7)]
    assert only(history).kind == "not_learning"
    assert only(history).facts == {"first": 1.2, "last": 1.2, "epochs": 6}


def test_a_training_loss_that_does_not_fall_is_no_matter_where_validation_improves_or_is_good():
    assert kinds([record(e, **{"train/loss": 2.0}) for e in range(1, 9)]) == []
    assert kinds([record(e, **{"train/loss": 0.5, "val/balanced_accuracy": 0.9}) for e in range(1, 9)]) == []


def test_below_chance_asks_for_the_data_to_be_checked():
    history = [record(e, **{"val/balanced_accuracy": 0.0152, "val/accuracy": 0.0152}) for e in range(1, 7)]
    found = {each.kind: each for each in diagnose(history, STUCK)}
    assert set(found) == {"below_chance", "not_learning"}
    assert found["below_chance"].facts == {"score": 0.0152, "chance": 0.25}
    assert found["below_chance"].patch is None


def test_overfitting_is_a_wide_gap_and_a_rising_validation_loss():
    rising = [record(e, gap=0.153, **{"val/loss": 0.5 + 0.1 * abs(e - 4)}) for e in range(1, 10)]
    found = only(rising)
    assert (found.kind, found.epoch) == ("overfitting", 5)
    assert found.facts == {"gap": 0.153, "least": 0.5, "last": pytest.approx(1.0)}
    assert kinds([record(e, gap=0.153) for e in range(1, 10)]) == []
    assert kinds([each | {"gap": 0.09} for each in rising]) == []


def test_a_plateau_is_a_standstill_at_an_unchanged_rate_with_something_left_to_learn():
    still = {"val/accuracy": 0.7, "val/balanced_accuracy": 0.7, "train/clean_accuracy": 0.72}
    history = [record(e, **(still if e > 5 else {})) for e in range(1, 20)]
    history[:5] = [record(1, **still) for _ in range(5)]
    found = only(history)
    assert (found.kind, found.epoch) == ("plateau", 10)
    assert kinds([each | {"lr": 1e-3 * 0.8**number} for number, each in enumerate(history)]) == []
    assert kinds([each | {"train/clean_accuracy": 0.95} for each in history]) == []
    assert kinds(history[:10]) == []
