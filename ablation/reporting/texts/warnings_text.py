"""Findings about trainings as lines for a table's footer: which rows, how many replicates, what, and what to try."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ablation.analysis.diagnosis.diagnose import KINDS, Finding
from ablation.experiment.config.yaml_text import yaml_flow

Findings = Mapping[str, Sequence[Sequence[Finding]]]
"""For each variant, in the table's order, the findings of each of its replicates."""


def warning_lines(found: Findings) -> tuple[str, ...]:
    """A line for each kind and advice, the gravest kind first; variants to which both apply share it.

    The numbers are those of the first replicate of the first variant named; the patch can be pasted into a rung.
    """
    return tuple(line for kind in KINDS for line in _lines_of(kind, found))


def _lines_of(kind: str, found: Findings) -> Iterator[str]:
    rows: dict[str, list[tuple[str, str]]] = {}
    for variant, replicates in found.items():
        cases = [each for findings in replicates for each in findings if each.kind == kind]
        if cases:
            remedy = f"; try  patch: {yaml_flow(dict(cases[0].patch))}" if cases[0].patch else ""
            rows.setdefault(remedy, []).append((f"{variant}, {_count(len(cases), len(replicates))}", cases[0].text))
    for remedy, named in rows.items():
        where = "; ".join(name for name, _ in named)
        yield f"{where}: {named[0][1]}{' in the first of these' if len(named) > 1 else ''}{remedy}"


def _count(some: int, of: int) -> str:
    return "its only replicate" if of == 1 else f"{some} of {of} replicates"
