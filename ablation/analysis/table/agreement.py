"""Agreement: the same rungs in several experiments, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ablation.analysis.comparison.comparison import Comparison
from ablation.analysis.table.table import Table
from ablation.analysis.verdict.verdict import GAINS, LOSSES, Verdict
from ablation.experiment.planning.plan import Rung
from ablation.stats.agreement import sign_agreement
from ablation.stats.wins import Wins, exact_share

AgreementWord: TypeAlias = Literal["agree", "disagree", "cannot tell"]


@dataclass(frozen=True)
class Told:
    """What one experiment says of a rung."""

    step: Comparison | None
    verdict: Verdict


@dataclass(frozen=True)
class Shared:
    """What several experiments say of a rung.

    Args:
        rung: its name.
        told: in the order of the experiments; None where one does not have the rung.
        positive: in how many of those that measured a step other than 0 it is a gain, with exact bounds of that share.
        word: ``agree`` where at least two judged it and all that have it came to the same: a gain, a loss or
            equivalence; ``disagree`` where one claims a gain and another a loss; else ``cannot tell``.
        note: what makes the comparison a loose one; empty where nothing is known to.
    """

    rung: str
    told: tuple[Told | None, ...]
    positive: Wins
    word: AgreementWord
    note: str


@dataclass(frozen=True)
class Agreement:
    """Several experiments side by side.

    Args:
        experiments: their names, in order.
        rungs: every rung that any of them has, in the order in which they first come.
        signs: rungs whose mean step has the same sign in all experiments, of those that all have measured; None where
            there is no such rung, or a single experiment.
        notes: what a reader must know of all of it.
    """

    experiments: tuple[str, ...]
    rungs: tuple[Shared, ...]
    signs: Wins | None
    notes: tuple[str, ...]


def compare(tables: Sequence[Table], rungs: Sequence[Sequence[Rung]] = ()) -> Agreement:
    """The rungs of several tables, matched by name; controls are left out.

    Args:
        rungs: those of each table's plan, to tell whether rungs of one name change the same; none where not known.
    """
    told = [_told(table) for table in tables]
    names = tuple(dict.fromkeys(name for each in told for name in each))
    shared = tuple(_shared(name, [each.get(name) for each in told], _note(name, rungs)) for name in names)
    return Agreement(tuple(table.name for table in tables), shared, _signs(shared), tuple(_notes(tables)))


def _told(table: Table) -> dict[str, Told]:
    return {row.rung: Told(row.step, row.verdict) for row in table.rows if row.rung and not row.control}


def _shared(name: str, told: Sequence[Told | None], note: str) -> Shared:
    there = [each for each in told if each is not None]
    means = [each.step.interval.mean for each in there if each.step is not None]
    positive = exact_share(sum(mean > 0 for mean in means), sum(mean != 0 for mean in means))
    return Shared(name, tuple(told), positive, _word(there), note)


def _word(told: Sequence[Told]) -> AgreementWord:
    words = {each.verdict.word for each in told}
    if words & GAINS and words & LOSSES:
        return "disagree"
    same = any(words and words <= kind for kind in (GAINS, LOSSES, {"equivalent"}))
    return "agree" if same and len(told) > 1 else "cannot tell"


def _signs(shared: Sequence[Shared]) -> Wins | None:
    """Of the rungs that all experiments have measured."""
    steps = [[each.step for each in one.told if each is not None and each.step is not None] for one in shared]
    full = [found for found, one in zip(steps, shared, strict=True) if len(found) == len(one.told) > 1]
    means = [[step.interval.mean for step in found] for found in full]
    return sign_agreement(list(zip(*means, strict=True))) if means else None


def _note(name: str, rungs: Sequence[Sequence[Rung]]) -> str:
    """In which settings rungs of one name differ: in what they change, or from what and to what."""
    changes = [set(rung.differences) for each in rungs for rung in each if rung.name == name]
    if len(rungs) > 1 and len(changes) == 1:
        return "in one experiment only"
    loose = {path for one in changes for other in changes for path, _, _ in one ^ other}
    return f"not the same change everywhere: {', '.join(sorted(loose))}" if loose else ""


def _notes(tables: Sequence[Table]) -> list[str]:
    metrics = {table.metric.name: table.metric.label for table in tables}
    names = [{row.rung for row in table.rows if row.rung} for table in tables]
    strangers = len(names) > 1 and not set.intersection(*names)
    notes = ["no rung is in all of them: rungs are matched by name"] if strangers else []
    if len(metrics) > 1:
        notes.append(f"judged by {' and '.join(metrics.values())}: signs can be compared, sizes cannot")
    return notes
