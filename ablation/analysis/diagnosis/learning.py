"""Diagnoses of learning: one class only, chance level, overfitting, or a plateau."""

import math
import statistics

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
    top = max(shares, key=lambda name: shares[name])
    patches = (advice.MILD_WEIGHTS, advice.NO_SMOOTHING, advice.less_dropout(case.recipe))
    epoch = case.since(_one_answer)
    return case.finding("one_class", "one_answer", epoch, {"name": top, "share": shares[top]}, *patches)


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
    epoch = case.since(lambda record: _balanced(record) < chance - near)
    return case.finding("below_chance", "under_chance", epoch, {"score": _balanced(case.last), "chance": chance})


def not_learning(case: Case) -> Finding | None:
    """Reports balanced accuracy at chance or below, or a training loss that has not fallen."""
    chance, near = case.chance()
    epoch = case.since(lambda record: _balanced(record) <= chance + near)
    facts = {"score": _balanced(case.last), "chance": chance}
    return case.finding("not_learning", "at_chance", epoch, facts, *_corrected(case)) or _constant_loss(case)


def _constant_loss(case: Case) -> Finding | None:
    """Reports a training loss that has not fallen, unless validation improved or is good."""
    losses, scores = case.values("train/loss"), case.values("val/balanced_accuracy")
    chance, near = case.chance()
    constant = len(losses) >= ENOUGH and min(losses[1:]) > (1 - FALLEN) * losses[0]
    if not constant or max(scores[1:]) - scores[0] > near or not scores[-1] < (1 + chance) / 2:
        return None
    facts = {"first": losses[0], "last": losses[-1], "epochs": len(losses)}
    return case.finding("not_learning", "loss_stays", 1, facts, *_corrected(case))


def _corrected(case: Case) -> list[advice.Patch]:
    """Document 004's corrected configuration; where the learning rate is too high, only a lower one."""
    factor = case.rate_factor()
    rate = advice.scaled_lr(case.recipe, factor)
    if factor < 1:
        return [rate]
    return [rate, advice.less_dropout(case.recipe), advice.NO_SMOOTHING, advice.clipped(case.recipe, looser=True)]


def overfitting(case: Case) -> Finding | None:
    """Reports training accuracy far above validation accuracy while the validation loss rises."""
    losses, recipe = case.values("val/loss"), case.recipe
    least = min(filter(math.isfinite, losses), default=math.nan)
    epoch = case.since(lambda record: read(record, "gap") > _MAX_GAP and read(record, "val/loss") > WORSE * least)
    facts = {"gap": read(case.last, "gap"), "least": least, "last": losses[-1]}
    more = [{"augment": {"name": "basic"}}] if recipe.get("augment", {}).get("name") == "none" else []
    patches = (advice.more_dropout(recipe), advice.more_smoothing(recipe), *more)
    return case.finding("overfitting", "gap_and_rising_loss", epoch, facts, *patches)


def plateau(case: Case) -> Finding | None:
    """Reports that validation accuracy stopped improving at a constant learning rate, with low training accuracy.

    A score at chance is ``not_learning`` instead, with the opposite advice.
    """
    scores = case.values("val/accuracy")
    if len(scores) <= WAIT or not unlearned(case.last) or _balanced(case.last) <= sum(case.chance()):
        return None
    best, rates = max(scores[:-WAIT]), case.values("lr")[-WAIT:]
    if max(scores[-WAIT:]) >= best + GAIN or not rates[-1] >= SAME_RATE * rates[0]:
        return None
    facts, patch = {"best": best, "epochs": WAIT}, {"schedule": {"name": "plateau"}}
    return case.finding("plateau", "no_better", len(scores) - WAIT + 1, facts, patch)


def _balanced(record: EpochRecord) -> float:
    return read(record, "val/balanced_accuracy")
