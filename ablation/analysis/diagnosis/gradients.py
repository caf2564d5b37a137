"""Diagnoses of gradients and of a loss that left the finite numbers."""

from __future__ import annotations

import math
import statistics

from ablation.analysis.diagnosis import advice
from ablation.analysis.diagnosis.history import LASTING, Case, Finding, Record, by_name, read, unlearned

NO_GRADIENT = 1e-5
"""Gradient norm below which nothing moves; an untrained classifier has 0.1 to 10."""
FADED = 1e-3
"""First layers' gradient norm as a share of the last layers' below which it fades on its way back; in networks that
train it is 0.05 to 20, and one sigmoid layer takes off a factor of four or more."""
EXPLODED, LARGE = 100.0, 10.0
"""Growth of the gradient norm over the epochs before, and the norm it must exceed; leaving a flat region is growth
too, but of small norms."""
OVER_CLIP = 10.0
"""Gradient norm as a multiple of clip_norm above which clipping, not the loss, sets the length of every step."""


def diverged(case: Case) -> Finding | None:
    """The training loss is no finite number at the end."""
    epoch = case.since(lambda each: "train/loss" in each and not math.isfinite(each["train/loss"]), 1, 1)
    if epoch is None:
        return None
    patch = advice.advised(case.recipe, advice.times(case.recipe, 0.1), advice.clipped(case.recipe))
    return Finding("diverged", epoch, f"diverged (the training loss is no finite number from epoch {epoch})", patch)


def exploding(case: Case) -> Finding | None:
    """The gradient's norm is not finite, has grown by orders of magnitude, or lies far over clip_norm."""
    return _not_finite(case) or _growing(case) or _cut_short(case)


def _not_finite(case: Case) -> Finding | None:
    # under fp16 a scaler skips overflowing steps and finds its scale in the first epochs
    lasting = LASTING if case.recipe.get("train", {}).get("precision") == "fp16" else 1
    epoch = case.since(lambda each: "grad_norm" in each and not math.isfinite(each["grad_norm"]), lasting, lasting)
    if epoch is None:
        return None
    patch = advice.advised(case.recipe, advice.times(case.recipe, 0.1), advice.clipped(case.recipe))
    return Finding("exploding_gradients", epoch, f"exploding gradients (norm not finite from epoch {epoch})", patch)


def _growing(case: Case) -> Finding | None:
    before = [norm for norm in case.values("grad_norm")[:-LASTING] if math.isfinite(norm)]
    if not before:
        return None
    usual = statistics.median(before)
    epoch = case.since(lambda each: read(each, "grad_norm") > max(EXPLODED * usual, LARGE))
    if epoch is None:
        return None
    text = (
        f"exploding gradients (norm {usual:.2g} at first, {case.last['grad_norm']:.2g} at the end, from epoch {epoch})"
    )
    patch = advice.advised(case.recipe, advice.clipped(case.recipe) or advice.times(case.recipe, 0.5))
    return Finding("exploding_gradients", epoch, text, patch)


def _cut_short(case: Case) -> Finding | None:
    bound = case.recipe.get("train", {}).get("clip_norm")
    epoch = case.since(lambda each: read(each, "grad_norm") > OVER_CLIP * bound) if bound else None
    if epoch is None:
        return None
    norm = case.last["grad_norm"]
    text = f"gradients far over clip_norm (norm {norm:.2g}, cut to {bound:g} at every step from epoch {epoch})"
    patch = advice.advised(case.recipe, advice.clipped(case.recipe, looser=True) or advice.times(case.recipe, 0.5))
    return Finding("exploding_gradients", epoch, text, patch)


def vanishing(case: Case) -> Finding | None:
    """The gradient is next to nothing, or fades from the last layers to the first, with much still to learn."""
    groups = list(by_name(case.last, "grad_norm/"))
    first, last = (groups[0], groups[-1]) if len(groups) > 1 else ("", "")
    nothing = case.since(lambda each: unlearned(each) and read(each, "grad_norm") < NO_GRADIENT)
    fading = case.since(lambda each: unlearned(each) and _ratio(each, first, last) < FADED)
    if nothing is not None:
        text = f"vanishing gradients (norm {case.last['grad_norm']:.1e} from epoch {nothing})"
    elif fading is not None:
        share = _ratio(case.last, first, last)
        text = f"vanishing gradients (norm in {first} {share:.1e} of that in {last} from epoch {fading})"
    else:
        return None
    layers = {"model": {"init": "xavier_uniform", "head": {"norm": "batch"}}}
    rate = advice.times(case.recipe, case.rate_factor())
    patch = advice.advised(case.recipe, layers, advice.less_dropout(case.recipe), rate)
    return Finding("vanishing_gradients", nothing or fading or 1, text, patch)


def _ratio(record: Record, first: str, last: str) -> float:
    below, above = read(record, f"grad_norm/{first}"), read(record, f"grad_norm/{last}")
    return below / above if above > 0 else math.nan
