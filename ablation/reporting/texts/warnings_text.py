"""Findings about trainings as lines for a table's footer: which rows, how many replicates, what, and what to try."""

from collections.abc import Iterator

from ablation.analysis.diagnosis.diagnose import FINDING_KINDS
from ablation.analysis.table.conditions import Findings
from ablation.experiment.config.yaml_text import yaml_flow
from ablation.reporting.texts.finding_text import finding_text


def warning_lines(findings: Findings) -> tuple[str, ...]:
    """A line for each kind and patch, the gravest kind first; variants of the same kind and patch share a line.

    The numbers are those of the first replicate of the first variant named; the patch can be pasted into a rung.
    """
    return tuple(line for kind in FINDING_KINDS for line in _lines_of(kind, findings))


def _lines_of(kind: str, findings: Findings) -> Iterator[str]:
    rows: dict[str, list[tuple[str, str]]] = {}
    for variant, replicates in findings.items():
        cases = [each for of_replicate in replicates for each in of_replicate if each.kind == kind]
        if cases:
            remedy = f"; try  patch: {yaml_flow(dict(cases[0].patch))}" if cases[0].patch else ""
            where = f"{variant}, {_count(len(cases), len(replicates))}"
            rows.setdefault(remedy, []).append((where, finding_text(cases[0])))
    for remedy, named in rows.items():
        places = "; ".join(place for place, _ in named)
        yield f"{places}: {named[0][1]}{' in the first of these' if len(named) > 1 else ''}{remedy}"


def _count(some: int, of: int) -> str:
    return "its only replicate" if of == 1 else f"{some} of {of} replicates"
