"""Diagnoses: each ill history raises its finding and no other, healthy ones raise none, and every patch is valid."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ablation.analysis.diagnosis.diagnose import FINDING_KINDS, diagnose
from ablation.analysis.diagnosis.history import ENOUGH, LASTING
from ablation.recipe.merge import merged
from ablation.recipe.recipe import Recipe

NAMES = ("angry", "happy", "sad", "surprised")

STUCK = {
    "data": {"source": "digits", "image_size": 32},
    "model": {"backbone": {"name": "small_cnn", "conv_dropout": 0.25}, "head": {"name": "linear", "dropout": 0.5}},
    "loss": {"name": "cross_entropy", "label_smoothing": 0.1},
    "balance": {"class_weights": "balanced", "sampling": "weighted", "power": 0.5, "least": 0.5, "most": 1.5},
    "optimizer": {"name": "adamw", "lr": 0.0005},
    "train": {"clip_norm": 1.0},
}
"""Document 004's configuration before it was mended."""


def resolved(given: dict) -> dict:
    return Recipe.model_validate(given).model_dump(mode="json")


def record(epoch: int, **changes: float) -> dict[str, float]:
    """An epoch of a healthy training of four classes."""
    good = 1 - 0.6 * 0.7**epoch
    scores = {"train/accuracy": good - 0.03, "train/clean_accuracy": good, "gap": 0.02, "val/accuracy": good - 0.02}
    losses = {"train/loss": 1.2 * 0.8**epoch + 0.1, "val/loss": 1.2 * 0.8**epoch + 0.15}
    norms = {"grad_norm": 1.5, "grad_norm/backbone.stem": 0.5, "grad_norm/backbone.layer1": 0.7, "grad_norm/head": 1.0}
    by_class = {f"val/class_accuracy/{name}": good - 0.02 for name in NAMES}
    shares = {f"val/predicted_share/{name}": 0.25 for name in NAMES}
    healthy = {"epoch": epoch, "lr": 1e-3, **losses, **scores, "val/balanced_accuracy": good - 0.02, **norms}
    return {**healthy, **by_class, **shares, **changes}


def one_class(epoch: int, share: float = 0.98) -> dict[str, float]:
    rest = (1 - share) / (len(NAMES) - 1)
    shares = {f"val/predicted_share/{name}": share if name == "happy" else rest for name in NAMES}
    found = {f"val/class_accuracy/{name}": 0.99 if name == "happy" else 0.01 for name in NAMES}
    scores = {"val/accuracy": 0.4, "val/balanced_accuracy": 0.255, "train/clean_accuracy": 0.41, "gap": 0.01}
    return record(epoch, **shares, **found, **scores, **{"train/loss": 1.38, "val/loss": 1.4})


def kinds(history, recipe=STUCK) -> list[str]:
    return [each.kind for each in diagnose(history, recipe)]


def only(history, recipe=STUCK):
    found = diagnose(history, recipe)
    assert len(found) == 1, found
    return found[0]


@given(st.integers(0, 60))
def test_a_healthy_history_raises_nothing(epochs):
    assert diagnose([record(epoch) for epoch in range(1, epochs + 1)], STUCK) == ()


@given(
    steps=st.lists(st.floats(0.003, 0.05), min_size=1, max_size=40),
    start=st.floats(0.3, 0.5),
    gap=st.floats(-0.2, 0.09),
    norms=st.lists(st.floats(0.01, 9.0), min_size=40, max_size=40),
    clip=st.sampled_from([None, 1.0, 5.0]),
)
@settings(max_examples=100, deadline=None)
def test_no_monotonely_improving_history_raises_anything(steps, start, gap, norms, clip):
    score, loss, history = start, 1.4, []
    for epoch, step in enumerate(steps, 1):
        score, loss = min(score + step, 1.0), loss * (1 - step)
        scores = {
            "val/accuracy": score,
            "val/balanced_accuracy": score,
            "train/clean_accuracy": score + gap,
            "gap": gap,
        }
        losses = {"train/loss": loss, "val/loss": loss * 1.1, "grad_norm": norms[epoch - 1]}
        history.append(record(epoch, **scores, **losses))
    assert diagnose(history, {**STUCK, "train": {"clip_norm": clip}}) == ()


NUMBERS = st.one_of(st.floats(0, 1e6), st.sampled_from([math.nan, math.inf]))
RECORDS = st.fixed_dictionaries({key: NUMBERS for key in record(1) if key != "epoch"})


@given(st.lists(RECORDS, max_size=12))
@settings(max_examples=40, deadline=None)
def test_any_numbers_are_survived_and_findings_lie_within_the_history(history):
    for found in diagnose(history, STUCK):
        assert found.kind in FINDING_KINDS
        assert 1 <= found.epoch <= len(history)


@pytest.mark.parametrize("epochs", range(ENOUGH))
def test_a_short_history_says_nothing_uncertain(epochs):
    ill = {"grad_norm": 1e-9, "gap": 0.5, "val/balanced_accuracy": 0.01}
    assert kinds([one_class(epoch) | ill for epoch in range(1, epochs + 1)]) == []


def test_keys_that_are_missing_say_nothing():
    assert diagnose([{"epoch": epoch} for epoch in range(1, 30)], {}) == ()


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


@pytest.mark.parametrize("norms", [{"grad_norm": 1e-7}, {"grad_norm/backbone.stem": 1e-5}])
def test_small_or_fading_gradients_vanish_while_there_is_something_to_learn(norms):
    scores = {"train/clean_accuracy": 0.5, "val/accuracy": 0.5, "val/balanced_accuracy": 0.5}
    assert kinds([record(e, **norms, **scores) for e in range(1, 6)]) == ["vanishing_gradients"]
    assert kinds([record(e, **norms, **{"train/clean_accuracy": 0.99}) for e in range(1, 6)]) == []


def test_a_head_alone_has_no_layers_to_fade_between():
    history = [record(e, **{"train/clean_accuracy": 0.5}) for e in range(1, 6)]
    for each in history:
        del each["grad_norm/backbone.stem"], each["grad_norm/backbone.layer1"]
    assert kinds(history) == []


def test_gradients_explode_by_growth_by_clipping_and_by_leaving_the_numbers():
    calm = [record(e) for e in (1, 2, 3, 4)]
    grown = only([*calm, *(record(e, grad_norm=1e4) for e in (5, 6, 7))], {})
    assert (grown.kind, grown.epoch) == ("exploding_gradients", 5)
    cut = only([record(e, grad_norm=37.0) for e in range(1, 6)])
    assert (cut.sign, cut.facts) == ("norm_over_clip", {"norm": 37.0, "bound": 1.0})
    assert cut.patch == {"train": {"clip_norm": 5.0}}
    assert only([*calm, record(5, grad_norm=math.inf)]).epoch == 5
    assert kinds([record(1, grad_norm=math.nan)]) == ["exploding_gradients"]


def test_a_gradient_scaler_may_find_its_scale_first():
    scaled = {"train": {"precision": "fp16", "clip_norm": None}}
    bad = [record(e, grad_norm=math.nan) for e in (1, 2, 3)]
    assert kinds(bad[: LASTING - 1], scaled) == []
    assert kinds(bad, scaled) == ["exploding_gradients"]


def test_a_loss_that_is_no_number_has_diverged_at_once():
    found = only([record(1), record(2, **{"train/loss": math.nan, "val/loss": math.inf})])
    assert (found.kind, found.epoch) == ("diverged", 2)
    assert found.patch == {"optimizer": {"lr": 5e-05}}
    unclipped = {**STUCK, "train": {"clip_norm": None}}
    assert only([record(1, **{"train/loss": math.inf})], unclipped).patch["train"] == {"clip_norm": 5.0}


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


def test_the_patch_for_what_does_not_learn_is_document_004s():
    flat = [record(e, **{"val/balanced_accuracy": 0.25, "train/loss": 1.4}) for e in range(1, 6)]
    recipe = resolved(STUCK)
    assert only(flat, recipe).patch == {
        "optimizer": {"lr": 0.001},
        "model": {"backbone": {"conv_dropout": 0.1}, "head": {"dropout": 0.3}},
        "loss": {"label_smoothing": 0.0},
        "train": {"clip_norm": 5.0},
    }
    stuck = {each.kind: each for each in diagnose([one_class(e) for e in range(1, 6)], recipe)}
    weights = stuck["one_class"].patch["balance"]
    assert weights == {"sampling": "shuffle", "power": 0.333, "least": 0.7, "most": 1.3}


@pytest.mark.parametrize("losses", [lambda e: 1.4 + 0.2 * e, lambda e: 50.0 - e])
def test_a_loss_that_rises_or_is_far_over_guessing_calls_for_a_lower_rate(losses):
    history = [record(e, **{"val/balanced_accuracy": 0.25, "train/loss": losses(e)}) for e in range(1, 6)]
    assert only(history).patch == {"optimizer": {"lr": 5e-05}}


ILL = {
    "one class": [one_class(e) for e in range(1, 7)],
    "faded": [record(e, **{"grad_norm/backbone.stem": 0.0, "train/clean_accuracy": 0.5}) for e in range(1, 7)],
    "exploding": [record(e, grad_norm=1e5 if e > 4 else 1.0) for e in range(1, 9)],
    "cut": [record(e, grad_norm=1e3) for e in range(1, 9)],
    "diverged": [record(1, **{"train/loss": math.nan})],
    "overfitting": [record(e, gap=0.3, **{"val/loss": e}) for e in range(1, 9)],
    "plateau": [record(1) | {"epoch": e, "train/clean_accuracy": 0.6, "train/loss": 0.9**e} for e in range(1, 15)],
}

MINIMAL = {"data": {"source": "digits", "image_size": 32}, "model": {"backbone": "small_cnn"}}

RECIPES = {
    "stuck": STUCK,
    "minimal": MINIMAL,
    "mlp": {**MINIMAL, "model": {"backbone": "small_cnn", "head": {"name": "mlp", "norm": "none"}}},
    "sampler": {**MINIMAL, "balance": {"sampling": "weighted", "power": 0.5}, "loss": {"name": "focal"}},
    "clipped": {**MINIMAL, "train": {"clip_norm": 20.0}, "schedule": {"name": "onecycle"}},
}


@pytest.mark.parametrize("ill", ILL)
@pytest.mark.parametrize("recipe", RECIPES)
def test_every_patch_makes_another_valid_recipe_and_is_not_advised_again(ill, recipe):
    before = resolved(RECIPES[recipe])
    found = diagnose(ILL[ill], before)
    assert found or (ill == "cut" and not before["train"]["clip_norm"])
    for each in found:
        if each.patch is None:
            continue
        after = resolved(merged(before, each.patch))
        assert after != before
        again = {key for key in each.patch if key not in ("optimizer", "model", "loss")}
        repeated = next(other.patch for other in diagnose(ILL[ill], after) if other.kind == each.kind)
        assert not again & set(repeated or {})


def test_the_mended_recipe_is_only_asked_for_another_rate():
    flat = [record(e, **{"val/balanced_accuracy": 0.25, "train/loss": 1.4}) for e in range(1, 6)]
    recipe = resolved(STUCK)
    mended = resolved(merged(recipe, only(flat, recipe).patch))
    assert only(flat, mended).patch == {"optimizer": {"lr": 0.002}}


def test_diagnosing_needs_no_torch():
    heavy = "'torch' in sys.modules or 'ablation.recipe' in sys.modules"
    code = f"import sys, ablation.analysis.diagnosis.diagnose; sys.exit({heavy})"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
