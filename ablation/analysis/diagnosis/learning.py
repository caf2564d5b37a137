"""Diagnoses of learning: one class only, chance level, overfitting, or a plateau."""

import math
import statistics
from collections.abc import Mapping
from typing import Any

from ablation.analysis.diagnosis import advice
from ablation.analysis.diagnosis.history import ENOUGH, Case, EpochRecord, Finding, by_name, read, unlearned

ONE_CLASS = 0.95
"""Share of the predictions in one class above which the model practically always predicts that class."""
OTHERS_FOUND = 0.10
"""Mean accuracy on the other classes up to which they count as missed. It distinguishes a stuck model from one that
correctly predicts one class often, since a class can make up 97 % of the images."""
FALLEN = 0.02
"""Share by which the training loss must fall after the first epoch; epochs of a stuck training differ by about 1 %."""
_MAX_GAP = 0.10
"""Largest training minus validation accuracy that documents 002 and 003 accept."""
WORSE = 1.05
"""A validation loss this many times its minimum counts as rising."""
WAIT, GAIN = 10, 0.001
"""A plateau: number of epochs (as torch's ReduceLROnPlateau) in which accuracy gains less than 0.1 point."""
SAME_RATE = 0.5
"""A learning rate below this share of its value at the plateau's start is already being lowered."""


def one_class(case: Case) -> Finding | None:
    """Reports that nearly all validation images are predicted as one class, and few of other classes correctly."""
    shares = by_name(case.last, "val/predicted_share/")
    if len(shares) < 2:
        return None
    epoch = case.since(_one_answer)
    if epoch is None:
        return None
    top = max(shares, key=lambda name: shares[name])
    facts: dict[str, float | str] = {"name": top, "share": shares[top]}
    patch = advice.advised(case.recipe, advice.mild_weights(), advice.no_smoothing(), advice.less_dropout(case.recipe))
    return Finding("one_class", epoch, "one_answer", facts, patch)


def _one_answer(record: EpochRecord) -> bool:
    """Whether nearly all predictions are one class, and few images of the others are predicted correctly."""
    shares = by_name(record, "val/predicted_share/")
    top = max(shares, key=lambda name: shares[name], default="")
    others = [accuracy for name, accuracy in by_name(record, "val/class_accuracy/").items() if name != top]
    finite = [accuracy for accuracy in others if math.isfinite(accuracy)]
    missed = not finite or statistics.fmean(finite) <= OTHERS_FOUND
    return missed and shares.get(top, 0.0) > ONE_CLASS


def below_chance(case: Case) -> Finding | None:
    """Reports balanced accuracy clearly below chance, as with labels that do not match their images."""
    chance, near = case.chance()
    epoch = case.since(lambda record: read(record, "val/balanced_accuracy") < chance - near)
    if epoch is None:
        return None
    facts = {"score": case.last["val/balanced_accuracy"], "chance": chance}
    return Finding("below_chance", epoch, "under_chance", facts, None)


def not_learning(case: Case) -> Finding | None:
    """Reports balanced accuracy at chance or below, or a training loss that has not fallen."""
    chance, near = case.chance()
    epoch = case.since(lambda record: read(record, "val/balanced_accuracy") <= chance + near)
    if epoch is not None:
        facts = {"score": case.last["val/balanced_accuracy"], "chance": chance}
        return Finding("not_learning", epoch, "at_chance", facts, _corrected(case))
    return _constant_loss(case)


def _constant_loss(case: Case) -> Finding | None:
    """Reports a training loss that has not fallen, unless validation improved or is good."""
    losses, scores = case.values("train/loss"), case.values("val/balanced_accuracy")
    chance, near = case.chance()
    constant = len(losses) >= ENOUGH and min(losses[1:]) > (1 - FALLEN) * losses[0]
    if not constant or max(scores[1:]) - scores[0] > near or not scores[-1] < (1 + chance) / 2:
        return None
    facts = {"first": losses[0], "last": losses[-1], "epochs": len(losses)}
    return Finding("not_learning", 1, "loss_stays", facts, _corrected(case))


def _corrected(case: Case) -> Mapping[str, Any] | None:
    """Document 004's corrected configuration; where the learning rate is too high, only a lower one."""
    if (factor := case.rate_factor()) < 1:
        return advice.advised(case.recipe, advice.scaled_lr(case.recipe, factor))
    return advice.advised(
        case.recipe,
        advice.scaled_lr(case.recipe, factor),
        advice.less_dropout(case.recipe),
        advice.no_smoothing(),
        advice.clipped(case.recipe, looser=True),
    )


def overfitting(case: Case) -> Finding | None:
    """Reports training accuracy far above validation accuracy while the validation loss rises."""
    losses = case.values("val/loss")
    least = min(filter(math.isfinite, losses), default=math.nan)
    epoch = case.since(lambda record: read(record, "gap") > _MAX_GAP and read(record, "val/loss") > WORSE * least)
    if epoch is None:
        return None
    facts = {"gap": case.last["gap"], "least": least, "last": losses[-1]}
    more = (advice.more_dropout(case.recipe), advice.more_smoothing(case.recipe))
    bare = case.recipe.get("augment", {}).get("name") == "none"
    patch = advice.advised(case.recipe, *more, {"augment": {"name": "basic"}} if bare else {})
    return Finding("overfitting", epoch, "gap_and_rising_loss", facts, patch)


def plateau(case: Case) -> Finding | None:
    """Reports that validation accuracy stopped improving at a constant learning rate, with low training accuracy.

    A score at chance is ``not_learning`` instead, with the opposite advice.
    """
    scores = case.values("val/accuracy")
    if len(scores) <= WAIT or not unlearned(case.last) or _at_chance(case):
        return None
    best, rates = max(scores[:-WAIT]), case.values("lr")[-WAIT:]
    if max(scores[-WAIT:]) >= best + GAIN or not rates[-1] >= SAME_RATE * rates[0]:
        return None
    epoch = len(scores) - WAIT + 1
    patch = advice.advised(case.recipe, {"schedule": {"name": "plateau"}})
    return Finding("plateau", epoch, "no_better", {"best": best, "epochs": WAIT}, patch)


def _at_chance(case: Case) -> bool:
    return read(case.last, "val/balanced_accuracy") <= sum(case.chance())
