"""Why a comparison got its verdict, and what forbids one, in words."""

from collections.abc import Mapping

from ablation.analysis.verdict.validity import FEWEST_IMAGES
from ablation.analysis.verdict.verdict import (
    FEWEST,
    Cause,
    ControlDiffers,
    Fault,
    Faulty,
    Mismatch,
    Missing,
    NeedsMore,
    NoScore,
    NotAdjusted,
    Reason,
    SmallClass,
    TooFewReplicates,
    UnequalReplicates,
    Unfinished,
    Verdict,
)

_MANY = 50
"""More replicates than this are rarely what one wants: test images are cheaper."""

CAUSES: Mapping[Cause, str] = {
    "runs_missing": "runs are missing",
    "no_spread": "all replicates differ by the same, which is too coarse to see their spread",
    "other_images": "new trainings would repeat it on these test images, others may not",
    "no_margin": "no margin is declared in this metric's unit",
    "control_differs": "a control that changes nothing differs",
    "bit_for_bit": "bit for bit",
    "not_reproducible": "the same recipe, trained again, predicts otherwise: the runs are not reproducible",
}

_DIFFERENCES = {
    "images": "tested on other images than the rest",
    "code": "made with other code than the rest",
    "data": "made from other data than planned",
}


def verdict_reason(verdict: Verdict) -> str:
    """Why the verdict has its word, as a clause; empty where the word says it all."""
    return "" if verdict.reason is None else reason_text(verdict.reason)


def reason_text(reason: Reason) -> str:
    """A reason as a clause."""
    if isinstance(reason, str):
        return CAUSES[reason]
    match reason:
        case Faulty(faults):
            return "; ".join(map(fault_text, faults))
        case SmallClass():
            return small_class_text(reason)
        case TooFewReplicates(replicates):
            return f"{replicates} replicates, {FEWEST} at least for a claim"
        case NotAdjusted(alpha):
            return f"not below {alpha:.3g} once adjusted for the number of comparisons"
        case NeedsMore():
            return _needs_more(reason)
    return f"within ±{reason.margin:g}"


def small_class_text(small: SmallClass) -> str:
    """Why a metric gets no verdict on this test set."""
    return (
        f"class {small.name} has {small.images} test images, {FEWEST_IMAGES} at least for a verdict on {small.metric}"
    )


def fault_text(fault: Fault) -> str:
    """What is wrong with the runs of some variants."""
    match fault:
        case Unfinished():
            return _unfinished(fault)
        case Missing(variant, missing, replicates):
            return f"{variant}: {missing} of {replicates} runs missing"
        case UnequalReplicates(variant, replicates, planned):
            return f"{variant}: {replicates} replicates, the others {planned}"
        case NoScore(variant, metric):
            return f"{variant}: a finished run has no {metric}"
        case Mismatch(by, runs):
            names = ", ".join(f"{variant} ({number} runs)" for variant, number in runs)
            return f"{names}: {_DIFFERENCES[by]}"
        case ControlDiffers(rung):
            return f"the control {rung} changes nothing and differs from the row above"


def _unfinished(fault: Unfinished) -> str:
    error = f" ({fault.error})" if fault.error else ""
    failed = f", {fault.failed} failed{error}" if fault.failed else ""
    return f"{fault.variant}: {fault.finished} of {fault.replicates} runs finished{failed}"


def _needs_more(needs: NeedsMore) -> str:
    margin, more = f"{needs.margin:g}", needs.replicates
    if more is None:
        return f"this test set is too small to find {margin}, however many replicates"
    if more <= 0:
        return f"{margin} would have been found four times in five; more replicates narrow the interval"
    images = ", or more test images," if more > _MANY else ""
    return f"about {more} more replicate{'s' if more > 1 else ''}{images} to find {margin}"
