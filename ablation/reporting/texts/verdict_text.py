"""Why a comparison got its verdict, and what forbids one, in words."""

from collections.abc import Mapping

from ablation.analysis.verdict import verdict as verdicts
from ablation.analysis.verdict.validity import FEWEST_IMAGES
from ablation.analysis.verdict.verdict import FEWEST, Verdict

_MANY = 50
"""Above this number of further replicates, more test images are usually cheaper."""

CAUSES: Mapping[verdicts.Cause, str] = {
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
    match verdict.reason:
        case None:
            return ""
        case str() as cause:
            return CAUSES[cause]
        case verdicts.Faulty(faults):
            return "; ".join(map(fault_text, faults))
        case verdicts.SmallClass() as small:
            return small_class_text(small)
        case verdicts.TooFewReplicates(replicates):
            return f"{replicates} replicates, {FEWEST} at least for a claim"
        case verdicts.NotAdjusted(alpha):
            return f"not below {alpha:.3g} once adjusted for the number of comparisons"
        case verdicts.NeedsMore(margin, more):
            return _needs_more(f"{margin:g}", more)
        case verdicts.WithinMargin(margin):
            return f"within ±{margin:g}"


def small_class_text(small: verdicts.SmallClass) -> str:
    """Why a metric gets no verdict on this test set."""
    images = f"{small.images} test images, {FEWEST_IMAGES} at least"
    return f"class {small.name} has {images} for a verdict on {small.metric}"


def fault_text(fault: verdicts.Fault) -> str:
    """What is wrong with the runs of some variants."""
    match fault:
        case verdicts.Unfinished(variant, finished, replicates, failed, error):
            failures = f", {failed} failed{f' ({error})' if error else ''}" if failed else ""
            return f"{variant}: {finished} of {replicates} runs finished{failures}"
        case verdicts.Missing(variant, missing, replicates):
            return f"{variant}: {missing} of {replicates} runs missing"
        case verdicts.UnequalReplicates(variant, replicates, planned):
            return f"{variant}: {replicates} replicates, the others {planned}"
        case verdicts.NoScore(variant, metric):
            return f"{variant}: a finished run has no {metric}"
        case verdicts.Mismatch(by, runs):
            names = ", ".join(f"{variant} ({number} runs)" for variant, number in runs)
            return f"{names}: {_DIFFERENCES[by]}"
        case verdicts.ControlDiffers(rung):
            return f"the control {rung} changes nothing and differs from the row above"


def _needs_more(margin: str, replicates: int | None) -> str:
    if replicates is None:
        return f"this test set is too small to find {margin}, however many replicates"
    if replicates <= 0:
        return f"{margin} would have been found four times in five; more replicates narrow the interval"
    images = ", or more test images," if replicates > _MANY else ""
    return f"about {replicates} more replicate{'s' if replicates > 1 else ''}{images} to find {margin}"
