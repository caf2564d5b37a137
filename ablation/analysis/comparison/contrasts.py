"""Contrasts of a plan's variants that measure the worth of a rung."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ablation.experiment.config.design import Credit
from ablation.experiment.config.designs import designs
from ablation.experiment.planning.plan import Plan, Rung
from ablation.stats import attribution as effects
from ablation.stats.attribution import LinearContrast, Subset

CREDITS: tuple[Credit, ...] = ("Shapley value", "main effect", "midpoint")
"""Ways to measure a rung's share in the total gain, from the most informative (and expensive) to the least."""


@dataclass(frozen=True)
class Subsets:
    """The subsets of rungs that the designs of a plan run, and the variant of each.

    Args:
        rungs: all but controls, in ladder order.
        factorial: the subsets of the design whose credits are main effects; empty without such a design.
        kind: the most informative credit that the designs allow.
        attributes: whether a design runs other subsets than the ladder's, so that rungs can be attributed.
    """

    rungs: Mapping[str, Rung]
    variants: Mapping[Subset, str]
    factorial: frozenset[Subset]
    kind: Credit
    attributes: bool

    @classmethod
    def of(cls, plan: Plan) -> Subsets:
        rungs = {rung.name: rung for rung in plan.rungs if not rung.control}
        known = {name: designs()[name] for name in plan.designs if name in designs()}  # not the ladder, nor old designs
        credits = {name: design.credit for name, design in known.items() if design.attributes}
        balanced = next((name for name, credit in credits.items() if credit == "main effect"), None)
        points = [point for point in plan.design_points if rungs.keys() >= set(point.rungs)]
        return cls(
            rungs=rungs,
            variants={frozenset(point.rungs): point.variant for point in points},
            factorial=frozenset(frozenset(point.rungs) for point in points if point.design == balanced),
            kind=next((each for each in CREDITS if each in credits.values()), CREDITS[-1]),
            attributes=bool(credits),
        )

    @property
    def all(self) -> Subset:
        return frozenset(self.rungs)

    def below(self, rung: str) -> Subset:
        """The rungs that a rung requires, directly or indirectly."""
        needed = {rung}
        for name in reversed(list(self.rungs)):
            if name in needed:
                needed.update(self.rungs[name].requires)
        return (self.all & needed) - {rung}

    def above(self, rung: str) -> Subset:
        """The rungs that require a rung, directly or indirectly."""
        return frozenset(name for name in self.rungs if rung in self.below(name))

    def is_free(self, rung: str) -> bool:
        """Whether a rung can be combined with any subset of the others."""
        return not (self.below(rung) or self.above(rung))

    def alone(self, rung: str) -> LinearContrast:
        """The gain over the baseline, or over the rungs that the rung requires."""
        return effects.ladder_step(rung, self.below(rung))

    def left_out(self, rung: str) -> LinearContrast:
        """The loss of the full recipe without the rung and the rungs that require it."""
        return {self.all: 1.0, self.all - {rung} - self.above(rung): -1.0}

    def step(self, rung: str) -> LinearContrast:
        """The step on the ladder."""
        names = list(self.rungs)
        return effects.ladder_step(rung, names[: names.index(rung)])

    def share(self, rung: str) -> LinearContrast | None:
        """The interaction share; None for a rung that is not free."""
        return effects.interaction_share(rung, self.all) if self.is_free(rung) else None

    def credit(self, rung: str) -> LinearContrast | None:
        """The share in the total gain, of this ``kind``; None for the midpoint of a rung that is not free."""
        if self.kind == "Shapley value":
            return effects.shapley(rung, self.all)
        if self.kind == "main effect":
            return effects.main_effect(rung, self.factorial)
        return effects.midpoint(rung, self.all) if self.is_free(rung) else None

    def residual(self) -> LinearContrast | None:
        """The total less the midpoints, or less the main effects where those are the credits; else None."""
        if self.kind == "main effect":
            return effects.factorial_residual(list(self.rungs), self.factorial)
        return effects.residual(self.all) if all(map(self.is_free, self.rungs)) else None

    def interaction(self, one: str, other: str) -> LinearContrast:
        """The interaction of two rungs that belongs to this ``kind`` of credit."""
        if self.kind == "Shapley value":
            return effects.interaction({one, other}, self.all)
        if self.kind == "main effect":
            return effects.two_factor(one, other, self.factorial)
        return effects.dividend({one, other})

    def positions(self, rung: str) -> list[LinearContrast]:
        """The rung's gain over every subset for which both variants exist."""
        onto = (held for held in self.variants if rung not in held and held | {rung} in self.variants)
        return [effects.ladder_step(rung, held) for held in onto]
