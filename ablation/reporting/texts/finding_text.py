"""What is wrong with a training: a clause for each finding, and lines for a table's footer."""

from collections.abc import Iterator, Mapping, Sequence

from ablation.analysis.diagnosis.diagnose import FINDING_KINDS
from ablation.analysis.diagnosis.history import Finding, Sign
from ablation.experiment.config.yaml_text import yaml_flow

_PERCENT_PLACES = {"score": 1, "chance": 1, "gap": 1, "best": 1, "share": 0}
"""Decimals of the facts that are shown in percent."""

CLAUSES: Mapping[Sign, str] = {
    "loss_not_finite": "diverged (the training loss is no finite number from epoch {epoch})",
    "norm_not_finite": "exploding gradients (norm not finite from epoch {epoch})",
    "norm_grew": "exploding gradients (norm {usual:.2g} at first, {last:.2g} at the end, from epoch {epoch})",
    "norm_over_clip": (
        "gradients far over clip_norm (norm {norm:.2g}, cut to {bound:g} at every step from epoch {epoch})"
    ),
    "no_gradient": "vanishing gradients (norm {norm:.1e} from epoch {epoch})",
    "gradient_fades": "vanishing gradients (norm in {first} {ratio:.1e} of that in {last} from epoch {epoch})",
    "one_answer": "predicts one class only ({name}, {share} of validation from epoch {epoch})",
    "under_chance": (
        "worse than guessing (balanced accuracy {score}, guessing gives {chance}, from epoch {epoch}); check that "
        "labels match images and how images are normalised"
    ),
    "at_chance": "not learning (balanced accuracy {score}, guessing gives {chance}, from epoch {epoch})",
    "loss_stays": "not learning (training loss {first:.3g} in epoch 1, {last:.3g} in epoch {epochs})",
    "gap_and_rising_loss": (
        "overfitting (training accuracy {gap} above validation, validation loss {least:.3g} at best and {last:.3g} at "
        "the end, from epoch {epoch})"
    ),
    "no_better": "plateau (validation accuracy no better than {best} for {epochs} epochs, from epoch {epoch})",
}
"""For each sign of a finding, the clause that its facts and epoch fill in."""


def finding_text(finding: Finding) -> str:
    """``overfitting (training accuracy 15.3 % above validation, ...)``: the finding with its numbers."""
    facts = {name: _shown(name, fact) for name, fact in finding.facts.items()}
    return CLAUSES[finding.sign].format(epoch=finding.epoch, **facts)


def advice_text(finding: Finding) -> str:
    """The patch to try, to stand after the finding; empty where no setting helps."""
    return f"; try  patch: {yaml_flow(dict(finding.patch))}" if finding.patch else ""


def warning_lines(findings: Mapping[str, Sequence[Sequence[Finding]]]) -> Iterator[str]:
    """A line for each kind and patch, the gravest kind first; variants of the same kind and patch share a line.

    The numbers are those of the first replicate of the first variant named; the patch can be pasted into a rung.
    ``findings`` are those of each replicate by variant.
    """
    for kind in FINDING_KINDS:
        lines: dict[str, tuple[str, list[str]]] = {}
        for variant, replicates in findings.items():
            cases = [finding for of_replicate in replicates for finding in of_replicate if finding.kind == kind]
            if cases:
                _, places = lines.setdefault(advice_text(cases[0]), (finding_text(cases[0]), []))
                places.append(f"{variant}, {_count(len(cases), len(replicates))}")
        for advice, (clause, places) in lines.items():
            first = " in the first of these" if len(places) > 1 else ""
            yield f"{'; '.join(places)}: {clause}{first}{advice}"


def _count(some: int, of: int) -> str:
    return "its only replicate" if of == 1 else f"{some} of {of} replicates"


def _shown(name: str, fact: float | str) -> float | str:
    """A proportion in percent, anything else as it is."""
    if name in _PERCENT_PLACES and not isinstance(fact, str):
        return f"{100 * fact:.{_PERCENT_PLACES[name]}f} %"
    return fact
