"""Diagnoses of what a training learns: one class only, nothing, too much by heart, or nothing more."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from typing import Any

from ablation.analysis.diagnosis import advice
from ablation.analysis.diagnosis.history import ENOUGH, Case, Finding, Record, by_name, percent, read, unlearned

ONE_CLASS = 0.95
"""Share of the predictions in one class above which the model has, within a few images, one answer."""
OTHERS_FOUND = 0.10
"""Mean accuracy on the other classes up to which they count as not found. It tells a stuck model from one that rightly
gives the same answer often, since a class can make up 97 % of the images."""
FALLEN = 0.02
"""Share by which the training loss must fall from the first epoch: epochs of a stuck training differ by about 1 %."""
GAP = 0.10
"""Training minus validation accuracy that documents 002 and 003 want to stay below."""
WORSE = 1.05
"""A validation loss this many times its least rises."""
WAIT, GAIN = 10, 0.001
"""A plateau: so many epochs (torch's ReduceLROnPlateau) in which accuracy gains less than 0.1 point."""
SAME_RATE = 0.5
"""A learning rate that has fallen below so much of its value at the plateau's start is being lowered already."""


def one_class(case: Case) -> Finding | None:
    """Nearly all validation images are taken for one class, and next to none of the others are found."""
    shares = by_name(case.last, "val/predicted_share/")
    if len(shares) < 2:
        return None
    epoch = case.since(_one_answer)
    if epoch is None:
        return None
    top = max(shares, key=lambda name: shares[name])
    text = f"predicts one class only ({top}, {shares[top]:.0%} of validation from epoch {epoch})".replace("%", " %")
    patch = advice.advised(case.recipe, advice.mild_weights(), advice.no_smoothing(), advice.less_dropout(case.recipe))
    return Finding("one_class", epoch, text, patch)


def _one_answer(record: Record) -> bool:
    """One class, be it another from epoch to epoch, takes nearly all predictions, and the others are not found."""
    shares = by_name(record, "val/predicted_share/")
    top = max(shares, key=lambda name: shares[name], default="")
    found = [each for name, each in by_name(record, "val/class_accuracy/").items() if name != top]
    finite = [each for each in found if math.isfinite(each)]
    missed = not finite or statistics.fmean(finite) <= OTHERS_FOUND
    return missed and shares.get(top, 0.0) > ONE_CLASS


def below_chance(case: Case) -> Finding | None:
    """Balanced accuracy lies clearly under that of guessing: something is turned round."""
    level, near = case.chance()
    epoch = case.since(lambda each: read(each, "val/balanced_accuracy") < level - near)
    if epoch is None:
        return None
    score = case.last["val/balanced_accuracy"]
    text = (
        f"worse than guessing (balanced accuracy {percent(score)}, guessing gives {percent(level)}, from epoch "
        f"{epoch}); check that labels match images and how images are normalised"
    )
    return Finding("below_chance", epoch, text, None)


def not_learning(case: Case) -> Finding | None:
    """Balanced accuracy is at most that of guessing, or the training loss has not fallen."""
    level, near = case.chance()
    epoch = case.since(lambda each: read(each, "val/balanced_accuracy") <= level + near)
    if epoch is not None:
        score = case.last["val/balanced_accuracy"]
        text = f"not learning (balanced accuracy {percent(score)}, guessing gives {percent(level)}, from epoch {epoch})"
        return Finding("not_learning", epoch, text, _push(case))
    return _standing_still(case)


def _standing_still(case: Case) -> Finding | None:
    """The training loss has not fallen; where validation got better or is good all the same, nothing is wrong."""
    losses, scores = case.values("train/loss"), case.values("val/balanced_accuracy")
    level, near = case.chance()
    stands = len(losses) >= ENOUGH and min(losses[1:]) > (1 - FALLEN) * losses[0]
    if not stands or max(scores[1:]) - scores[0] > near or not scores[-1] < (1 + level) / 2:
        return None
    text = f"not learning (training loss {losses[0]:.3g} in epoch 1, {losses[-1]:.3g} in epoch {len(losses)})"
    return Finding("not_learning", 1, text, _push(case))


def _push(case: Case) -> Mapping[str, Any] | None:
    """Document 004's mended configuration; where the learning rate is too high, a lower one and no more."""
    if (factor := case.rate_factor()) < 1:
        return advice.advised(case.recipe, advice.times(case.recipe, factor))
    return advice.advised(
        case.recipe,
        advice.times(case.recipe, factor),
        advice.less_dropout(case.recipe),
        advice.no_smoothing(),
        advice.clipped(case.recipe, looser=True),
    )


def overfitting(case: Case) -> Finding | None:
    """Training accuracy is far above validation while the validation loss rises."""
    losses = case.values("val/loss")
    least = min(filter(math.isfinite, losses), default=math.nan)
    epoch = case.since(lambda each: read(each, "gap") > GAP and read(each, "val/loss") > WORSE * least)
    if epoch is None:
        return None
    text = (
        f"overfitting (training accuracy {percent(case.last['gap'])} above validation, validation loss {least:.3g} at "
        f"best and {losses[-1]:.3g} at the end, from epoch {epoch})"
    )
    more = (advice.more_dropout(case.recipe), advice.more_smoothing(case.recipe))
    bare = case.recipe.get("augment", {}).get("name") == "none"
    patch = advice.advised(case.recipe, *more, {"augment": {"name": "basic"}} if bare else {})
    return Finding("overfitting", epoch, text, patch)


def plateau(case: Case) -> Finding | None:
    """Validation accuracy gains nothing more at a learning rate that stays, with training images still to learn.

    At chance it is no plateau but no learning, and the advice is the opposite.
    """
    scores = case.values("val/accuracy")
    if len(scores) <= WAIT or not unlearned(case.last) or _at_chance(case):
        return None
    best, rates = max(scores[:-WAIT]), case.values("lr")[-WAIT:]
    if max(scores[-WAIT:]) >= best + GAIN or not rates[-1] >= SAME_RATE * rates[0]:
        return None
    epoch = len(scores) - WAIT + 1
    text = f"plateau (validation accuracy no better than {percent(best)} for {WAIT} epochs, from epoch {epoch})"
    return Finding("plateau", epoch, text, advice.advised(case.recipe, {"schedule": {"name": "plateau"}}))


def _at_chance(case: Case) -> bool:
    return read(case.last, "val/balanced_accuracy") <= sum(case.chance())
