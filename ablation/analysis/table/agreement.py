"""Whether several experiments agree on the rungs that they share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ablation.analysis.comparison.comparison import Comparison
from ablation.analysis.table.table import Table
from ablation.analysis.verdict.verdict import GAINS, LOSSES, Verdict
from ablation.experiment.planning.plan import Difference, Rung
from ablation.stats.signs import Wins, exact_share, sign_agreement

AgreementWord: TypeAlias = Literal["agree", "disagree", "cannot tell"]


@dataclass(frozen=True)
class StepVerdict:
    """The step of a rung in one experiment, and the verdict on it."""

    step: Comparison | None
    verdict: Verdict


@dataclass(frozen=True)
class RungAgreement:
    """One rung in several experiments.

    Args:
        steps: in the order of the experiments; None where one does not have the rung.
        positive: number of experiments with a gain among those with a step other than 0, and exact bounds of the share.
        word: ``agree`` where at least two experiments have the rung and all verdicts are of one kind (gain, loss or
            equivalent); ``disagree`` where one claims a gain and another a loss; else ``cannot tell``.
        in_one_only: whether exactly one of several experiments has the rung.
        differing: settings in which the rung's change differs between experiments, sorted; empty where it does not
            differ, or is unknown.
    """

    rung: str
    steps: tuple[StepVerdict | None, ...]
    positive: Wins
    word: AgreementWord
    in_one_only: bool
    differing: tuple[str, ...]


@dataclass(frozen=True)
class Agreement:
    """Several experiments side by side, with every rung of any of them, in order of first appearance.

    Args:
        signs: number of rungs whose mean step has the same sign in all experiments, among the rungs that all of them
            measured; None without such a rung, or with a single experiment.
        none_shared: whether there are several experiments and no rung that all of them have.
        metrics: labels of the experiments' metrics, each once.
    """

    experiments: tuple[str, ...]
    rungs: tuple[RungAgreement, ...]
    signs: Wins | None
    none_shared: bool
    metrics: tuple[str, ...]


def agreement_of(tables: Sequence[Table], rungs: Sequence[Sequence[Rung]] = ()) -> Agreement:
    """Returns the rungs of several tables, matched by name, without controls.

    Args:
        rungs: those of each table's plan, to compare what rungs of one name change; empty where unknown.
    """
    steps = [_steps(table) for table in tables]
    names = tuple(dict.fromkeys(name for of_table in steps for name in of_table))
    shared = tuple(_shared(name, [of_table.get(name) for of_table in steps], rungs) for name in names)
    with_controls = [{row.rung for row in table.rows if row.rung} for table in tables]
    return Agreement(
        experiments=tuple(table.name for table in tables),
        rungs=shared,
        signs=_signs(shared),
        none_shared=len(tables) > 1 and not set.intersection(*with_controls),
        metrics=tuple({table.metric.name: table.metric.label for table in tables}.values()),
    )


def _steps(table: Table) -> dict[str, StepVerdict]:
    return {row.rung: StepVerdict(row.step, row.verdict) for row in table.rows if row.rung and not row.control}


def _shared(name: str, steps: Sequence[StepVerdict | None], rungs: Sequence[Sequence[Rung]]) -> RungAgreement:
    present = [each for each in steps if each is not None]
    means = [each.step.interval.mean for each in present if each.step is not None]
    positive = exact_share(sum(mean > 0 for mean in means), sum(mean != 0 for mean in means))
    changes = [set(rung.differences) for of_table in rungs for rung in of_table if rung.name == name]
    in_one_only = len(rungs) > 1 and len(changes) == 1
    return RungAgreement(name, tuple(steps), positive, _word(present), in_one_only, _differing(changes))


def _word(steps: Sequence[StepVerdict]) -> AgreementWord:
    words = {each.verdict.word for each in steps}
    if words & GAINS and words & LOSSES:
        return "disagree"
    same = any(words and words <= kind for kind in (GAINS, LOSSES, {"equivalent"}))
    return "agree" if same and len(steps) > 1 else "cannot tell"


def _signs(shared: Sequence[RungAgreement]) -> Wins | None:
    """Signs of the rungs that all experiments have measured."""
    means = []
    for rung in shared:
        steps = [each.step for each in rung.steps if each is not None and each.step is not None]
        if len(steps) == len(rung.steps) > 1:
            means.append([step.interval.mean for step in steps])
    return sign_agreement(list(zip(*means, strict=True))) if means else None


def _differing(changes: Sequence[set[Difference]]) -> tuple[str, ...]:
    """The settings in which any two of the changes differ: in the path, the old value or the new one."""
    return tuple(sorted({path for one in changes for other in changes for path, _, _ in one ^ other}))
