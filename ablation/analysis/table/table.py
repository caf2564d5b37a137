"""The cumulative-gain table: one frozen value, from which every format is rendered.

Numbers are in the metric's display unit (points for proportions), and gains are positive when better. A row with
missing runs has no gain: nothing is computed from the subset of pairs that exist.
"""

import dataclasses
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from ablation.analysis.comparison.comparison import Comparison, IntervalRule, adjusted_family, compared
from ablation.analysis.comparison.evidence import Evidence
from ablation.analysis.comparison.selection import Frontier
from ablation.analysis.promises.promises import (
    Order,
    PromiseOutcome,
    order_of_importance,
    rung_promises,
    target_outcome,
    wider_promises,
)
from ablation.analysis.table.conditions import Conditions, Records, conditions
from ablation.analysis.table.rows import Row, scored
from ablation.analysis.verdict.attribution import Attribution, attribution_of
from ablation.analysis.verdict.looks import Looks, single_look
from ablation.analysis.verdict.tuning import Tuning, Unplanned, tunings, unplanned
from ablation.analysis.verdict.validity import Problem, margin_in, too_small_class
from ablation.analysis.verdict.verdict import ControlDiffers, Rules, Verdict, control_verdict, verdict
from ablation.experiment.planning.plan import Plan
from ablation.invocation import NONE, Invocation, Remedy
from ablation.metrics.metric import Metric
from ablation.metrics.per_class import CLASS_ACCURACY
from ablation.metrics.registry import is_metric
from ablation.stats.adjust import benjamini_hochberg, holm


@dataclass(frozen=True)
class Table:
    """The measured rows, and how they were measured and judged.

    Args:
        metric: of every score and gain.
        declared: the experiment file's; verdicts on another one are exploratory.
        margin: smallest gain worth having; NaN where none is declared in this metric's unit.
        alpha: the chance of a false claim that this look may spend.
        rows: the ladder, the baseline first.
        left_out: one row for each rung that a design leaves out.
        wider: promises for the baseline, for the total or for several rungs together, and their outcomes.
        target: the score that the last row should reach, and the outcome; None without a target.
        order: promised and measured order of importance; None where fewer than two rungs have both.
        attribution: the worth of each rung independent of its position; None without a design that measures it.
        frontiers: score against each cost, chosen on validation scores.
        unplanned: rungs that wait for a study; they have no runs and no numbers.
        problems: why nothing may be claimed; empty for a valid table.
        invocation: the command line's arguments, from which printed commands are made.
        remedy: the study that the tuned rung, or every row, waits for; None where nothing waits.
    """

    name: str
    metric: Metric
    declared: Metric
    margin: float
    alpha: float
    rows: tuple[Row, ...]
    left_out: tuple[Row, ...]
    wider: tuple[PromiseOutcome, ...]
    target: PromiseOutcome | None
    order: Order | None
    attribution: Attribution | None
    frontiers: tuple[Frontier, ...]
    tuning: tuple[Tuning, ...]
    unplanned: tuple[Unplanned, ...]
    problems: tuple[Problem, ...]
    conditions: Conditions
    invocation: Invocation
    remedy: Remedy | None

    @property
    def valid(self) -> bool:
        """Whether verdicts may be given."""
        return not self.problems


def ladder_table(
    evidence: Evidence,
    metric_name: str | None = None,
    looks: Looks | None = None,
    problems: Sequence[Problem] = (),
    frontiers: Sequence[Frontier] = (),
    records: Records | None = None,
) -> Table:
    """Returns the table of a plan's runs.

    Args:
        metric_name: shown instead of the plan's own metric.
        looks: what may be claimed at this number of replicates; None for a single planned look.
        problems: what forbids verdicts.
        records: what the store recorded beside the results; None without a store.

    Raises:
        UserError: the metric is unknown.
    """
    plan = evidence.plan
    declared = evidence.metric(plan.metric)
    shown = evidence.metric(metric_name) if metric_name else declared
    looks = looks or single_look(plan)
    margin = margin_in(plan, shown)
    judge = _Judge(evidence, shown, margin, looks.alpha, tuple(problems))
    judge = dataclasses.replace(judge, problems=(*problems, *judge.failed_controls()))
    rows, left_out = judge.ladder(), judge.left_out()
    return Table(
        name=plan.name,
        metric=shown,
        declared=declared,
        margin=margin,
        alpha=looks.alpha,
        rows=rows,
        left_out=left_out,
        wider=wider_promises(evidence, judge.is_excluded),
        target=target_outcome(evidence, judge.is_excluded),
        order=order_of_importance({row.rung: row.promises for row in rows}),
        attribution=None if judge.says_nothing else attribution_of(evidence, shown, 1 - plan.alpha),
        frontiers=tuple(frontiers),
        tuning=tunings(plan),
        unplanned=unplanned(plan),
        problems=judge.problems,
        conditions=conditions(evidence, shown, looks, records or Records()),
        invocation=plan.invocation,
        remedy=plan.remedy,
    )


@dataclass(frozen=True)
class _Judge:
    """Makes the rows of a table."""

    evidence: Evidence
    metric: Metric
    margin: float
    alpha: float
    problems: tuple[Problem, ...]

    @property
    def plan(self) -> Plan:
        return self.evidence.plan

    @property
    def says_nothing(self) -> bool:
        """Whether no effect may be reported."""
        return bool(self.problems) or too_small_class(self.plan, self.metric) is not None

    def is_excluded(self, variants: Collection[str], name: str) -> bool:
        """Whether these variants' runs may not be used to judge a promise of this metric or cost."""
        is_score = is_metric(name) or name.startswith(CLASS_ACCURACY)
        if is_score and too_small_class(self.plan, self.evidence.metric(name)):
            return True
        return any(set(problem.variants) & set(variants) for problem in self.problems)

    def failed_controls(self) -> Iterator[Problem]:
        """Yields a problem for each control that differs from the row above: then none of the runs is reliable."""
        variants = tuple(variant.name for variant in self.plan.variants)
        for rung, (above, name) in zip(self.plan.rungs, pairwise(self.plan.ladder_rows), strict=True):
            step = self._compared(above, name) if rung.control else None
            if step and self._control_verdict(step, above, name, self._rules(())).word == "invalid":
                yield Problem(variants, ControlDiffers(rung.name), NONE)

    def _control_verdict(self, step: Comparison | None, above: str, name: str, rules: Rules) -> Verdict:
        return control_verdict(step, rules, self.evidence.same_predictions(above, name))

    def ladder(self) -> tuple[Row, ...]:
        """Rows in declared order; Holm adjusts the steps as one family, the gains over the baseline as another."""
        names, rungs = self.plan.ladder_rows, self.plan.rungs
        controls = [rung.control for rung in rungs]
        steps = self._family(list(pairwise(names)), controls)
        totals = self._family([(names[0], name) for name in names[1:]], controls)
        rules = self._rules(names)
        rows = [Row("baseline", "", False, scored(names[0], self.metric, self.evidence), None, None, Verdict(""))]
        for rung, (above, name), step, total in zip(rungs, pairwise(names), steps, totals, strict=True):
            word = self._control_verdict(step, above, name, rules) if rung.control else verdict(step, rules)
            promises = rung_promises(self.evidence, rung, name, above, self.is_excluded)
            scores = scored(name, self.metric, self.evidence)
            rows.append(Row(f"+ {rung.name}", rung.name, rung.control, scores, step, total, word, promises))
        return tuple(rows)

    def left_out(self) -> tuple[Row, ...]:
        """Rows without one rung each; the full recipe's gains over them are exploratory (Benjamini-Hochberg)."""
        full, baseline, out = self.plan.full_row, self.plan.ladder_rows[0], self.plan.left_out
        steps = adjusted_family([self._compared(name, full) for name in out.values()], benjamini_hochberg)
        rules = self._rules((full, *out.values()))
        return tuple(
            Row(
                name=f"all but {rung}",
                rung=rung,
                control=False,
                scored=scored(name, self.metric, self.evidence),
                step=step,
                total=self._compared(baseline, name),
                verdict=verdict(step, rules),
                masked=name == full,
                left_out_with=self._left_out_with(rung, name),
            )
            for (rung, name), step in zip(out.items(), steps, strict=True)
        )

    def _left_out_with(self, rung: str, name: str) -> tuple[str, ...]:
        """The other rungs that the variant without this rung leaves out."""
        kept = (*self.plan.variant(name).rungs, rung)
        return tuple(each.name for each in self.plan.rungs if each.name not in kept and not each.control)

    def _compared(self, old: str, new: str) -> Comparison | None:
        before, after = self.evidence.arm(old, self.metric), self.evidence.arm(new, self.metric)
        if before is None or after is None or len(before.values) != len(after.values):
            return None
        return compared(before, after, IntervalRule.of(self.plan), self.margin, self.plan.alpha, self.alpha)

    def _family(self, pairs: Sequence[tuple[str, str]], controls: Sequence[bool]) -> list[Comparison | None]:
        """Comparisons of (old, new) pairs; Holm adjusts all but those of controls as one family."""
        comparisons = [self._compared(old, new) for old, new in pairs]
        steps = [step for step, control in zip(comparisons, controls, strict=True) if not control]
        adjusted = iter(adjusted_family(steps, holm))
        return [step if control else next(adjusted) for step, control in zip(comparisons, controls, strict=True)]

    def _rules(self, variants: Sequence[str]) -> Rules:
        """The rules for verdicts on comparisons among these variants."""
        faults = tuple(problem.fault for problem in self.problems if set(problem.variants) & set(variants))
        return Rules(self.margin, self.alpha, faults, too_small_class(self.plan, self.metric))
