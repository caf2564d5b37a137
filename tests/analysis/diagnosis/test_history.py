"""The chance level, the length of a condition and the factor of the learning rate."""

from __future__ import annotations

import pytest
from histories import STUCK, kinds, one_class, only, record

from ablation.analysis.diagnosis.diagnose import diagnose


def test_what_has_passed_is_not_reported():
    assert kinds([one_class(epoch) for epoch in (1, 2, 3, 4, 5)] + [record(6)]) == []


@pytest.mark.parametrize(("classes", "score", "images", "stuck"), [
    (2, 0.54, None, True), (2, 0.56, None, False), (10, 0.149, None, True), (10, 0.16, None, False),
    (1000, 0.0014, None, True), (1000, 0.01, None, False), (10, 0.16, 80, True), (2, 0.54, 10_000, True),
])  # fmt: skip
def test_chance_depends_on_the_number_of_classes_and_of_images(classes, score, images, stuck):
    shares = {f"val/predicted_share/{each}": 1 / classes for each in range(classes)}
    history = [{"epoch": e, "val/balanced_accuracy": score, "train/loss": 0.9**e, **shares} for e in range(1, 7)]
    assert [each.kind for each in diagnose(history, STUCK, images)] == ["not_learning"] * stuck


@pytest.mark.parametrize("losses", [lambda e: 1.4 + 0.2 * e, lambda e: 50.0 - e])
def test_a_loss_that_rises_or_is_far_over_guessing_calls_for_a_lower_rate(losses):
    history = [record(e, **{"val/balanced_accuracy": 0.25, "train/loss": losses(e)}) for e in range(1, 6)]
    assert only(history).patch == {"optimizer": {"lr": 5e-05}}
