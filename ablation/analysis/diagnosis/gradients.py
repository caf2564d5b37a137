"""Diagnoses of gradients, and of a loss that is not finite."""

import math
import statistics

from ablation.analysis.diagnosis import advice
from ablation.analysis.diagnosis.history import LASTING, Case, EpochRecord, Finding, by_name, read, unlearned

NO_GRADIENT = 1e-5
"""Gradient norm below which weights hardly change; an untrained classifier has 0.1 to 10."""
FADED = 1e-3
"""Ratio of the first to the last layers' gradient norm below which the gradient vanishes; networks that train have 0.05
to 20, and one sigmoid layer reduces it by a factor of four or more."""
EXPLODED, LARGE = 100.0, 10.0
"""Growth of the gradient norm over earlier epochs, and the norm that it must exceed as well: small norms grow too, when
a training leaves a flat region."""
OVER_CLIP = 10.0
"""Gradient norm as a multiple of clip_norm above which clipping alone sets the length of every step."""


def diverged(case: Case) -> Finding | None:
    """Reports a training loss that is not finite at the end."""
    epoch = case.since(lambda record: not math.isfinite(record.get("train/loss", 0.0)), 1, 1)
    return case.finding("diverged", "loss_not_finite", epoch, {}, advice.smaller_steps(case.recipe))


def exploding(case: Case) -> Finding | None:
    """Reports a gradient norm that is not finite, has grown by orders of magnitude, or lies far above clip_norm."""
    return _not_finite(case) or _growing(case) or _over_clip(case)


def _not_finite(case: Case) -> Finding | None:
    # under fp16 the gradient scaler skips overflowing steps until it finds its scale in the first epochs
    lasting = LASTING if case.recipe.get("train", {}).get("precision") == "fp16" else 1
    epoch = case.since(lambda record: not math.isfinite(record.get("grad_norm", 0.0)), lasting, lasting)
    return case.finding("exploding_gradients", "norm_not_finite", epoch, {}, advice.smaller_steps(case.recipe))


def _growing(case: Case) -> Finding | None:
    norms = case.values("grad_norm")
    usual = statistics.median([norm for norm in norms[:-LASTING] if math.isfinite(norm)] or [math.inf])
    epoch = case.since(lambda record: read(record, "grad_norm") > max(EXPLODED * usual, LARGE))
    patch = advice.clipped(case.recipe) or advice.scaled_lr(case.recipe, 0.5)
    return case.finding("exploding_gradients", "norm_grew", epoch, {"usual": usual, "last": norms[-1]}, patch)


def _over_clip(case: Case) -> Finding | None:
    bound = case.recipe.get("train", {}).get("clip_norm") or math.inf
    epoch = case.since(lambda record: read(record, "grad_norm") > OVER_CLIP * bound)
    facts = {"norm": read(case.last, "grad_norm"), "bound": bound}
    patch = advice.clipped(case.recipe, looser=True) or advice.scaled_lr(case.recipe, 0.5)
    return case.finding("exploding_gradients", "norm_over_clip", epoch, facts, patch)


def vanishing(case: Case) -> Finding | None:
    """Reports a tiny gradient, or one that vanishes towards the first layers, while training accuracy is still low."""
    groups = list(by_name(case.last, "grad_norm/"))
    first, last = (groups[0], groups[-1]) if len(groups) > 1 else ("", "")
    patches = (
        {"model": {"init": "xavier_uniform", "head": {"norm": "batch"}}},
        advice.less_dropout(case.recipe),
        advice.scaled_lr(case.recipe, case.rate_factor()),
    )
    tiny = case.since(lambda record: unlearned(record) and read(record, "grad_norm") < NO_GRADIENT)
    facts = {"norm": read(case.last, "grad_norm")}
    if finding := case.finding("vanishing_gradients", "no_gradient", tiny, facts, *patches):
        return finding
    faded = case.since(lambda record: unlearned(record) and _ratio(record, first, last) < FADED)
    ends: dict[str, float | str] = {"first": first, "last": last, "ratio": _ratio(case.last, first, last)}
    return case.finding("vanishing_gradients", "gradient_fades", faded, ends, *patches)


def _ratio(record: EpochRecord, first: str, last: str) -> float:
    below, above = read(record, f"grad_norm/{first}"), read(record, f"grad_norm/{last}")
    return below / above if above > 0 else math.nan
