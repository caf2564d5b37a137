"""A plan: the variants of an experiment, their runs, and the stages that these need, as one frozen value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from ablation.errors import UserError, nearest
from ablation.experiment.config.promise_values import Promise, WiderPromise
from ablation.experiment.planning.tuned import Tuned
from ablation.invocation import Invocation, Remedy
from ablation.stage import Stage

_LEFT_OUT = "without "
"""Begins the entry of ``Plan.overrides`` for a rung that the command line left out."""
Difference = tuple[str, str | None, str | None]
"""A dotted setting, its old value and its new one, as YAML text; None where the setting is absent."""


@dataclass(frozen=True)
class Rung:
    """One improvement, as the report needs it.

    Args:
        differences: what it changes in the recipe of the row before it on the ladder; nothing for a control.
        control: whether it changes nothing and is there to be found identical.
        requires: the earlier rungs without which it is not used.
    """

    name: str
    promises: tuple[Promise, ...]
    differences: tuple[Difference, ...]
    control: bool = False
    requires: tuple[str, ...] = ()


@dataclass(frozen=True)
class DesignPoint:
    """A subset of the rungs that a design asked for, and its variant.

    Args:
        design: name of the design; several may ask for one subset.
        rungs: in ladder order, without controls unless it is a control's own row.
        about: as ``ablation.experiment.config.design.Pick`` has it.
        variant: name of the plan's variant; two subsets share one where their recipes are equal.
    """

    design: str
    rungs: tuple[str, ...]
    about: str
    variant: str


@dataclass(frozen=True)
class Variant:
    """The baseline plus a subset of the rungs.

    Args:
        name: ``baseline``, ``+ Focal loss`` for a ladder row, ``all but Focal loss`` for one left out,
            ``only Focal loss`` for one alone, ``Focal loss + OneCycle`` for any other subset.
        rungs: in ladder order.
        designs: that asked for it.
        recipe: the resolved settings, as JSON.
        address: hash of the recipe, and of what else makes it another variant.
        execution: 0, or the number under which a control, or the baseline for the numerical floor, really runs again.
        trials: finished trials of the study that its recipe is the best of; 0 where it was not tuned.
    """

    name: str
    rungs: tuple[str, ...]
    designs: tuple[str, ...]
    recipe: Mapping[str, Any]
    address: str
    execution: int = 0
    trials: int = 0


@dataclass(frozen=True)
class Run:
    """One variant under one replicate, by the addresses of its stages.

    Args:
        address: hash of the final predictions.
        parts: its own training, in several parts where phases divide it; the last one leaves the weights.
        val, test: the final predictions; ``test`` is of the images that the plan's verdicts stand on.
        corrupted: for each corruption, the final predictions of the corrupted test images.
        needed: every stage without which it is not finished, those of the members of an ensemble included.
        latencies: of each model that predicts; shared by all replicates.
    """

    variant: str
    replicate: int
    address: str
    parts: tuple[str, ...]
    val: str
    test: str
    corrupted: Mapping[str, str]
    needed: tuple[str, ...]
    latencies: tuple[str, ...]

    @property
    def train(self) -> str:
        """The stage that leaves the weights."""
        return self.parts[-1]

    @property
    def stages(self) -> tuple[str, ...]:
        """All its stages, with those that measure latency, which may come later."""
        return tuple(dict.fromkeys((*self.needed, *self.latencies)))


@dataclass(frozen=True)
class Plan:
    """All that a run, a report or a status needs, without torch and without the experiment file.

    Args:
        key: hash of the file and the overrides; names the stored plan.
        parent_key: hash of what identifies the parent run in MLflow.
        name, metric, margin, alpha, protocol, seed, designs, looks: as the experiment file has them.
        replicates: number of replicates of each row of the ladder.
        promises, target: what is expected of more than one rung, and of the whole.
        overrides: the ``--set`` texts, then ``without <rung>`` for each rung that the command line left out.
        ladder_rows: names of the ladder's variants in declared order, the baseline first.
        left_out: for each rung, the name of the variant without it; empty where no design leaves each out.
        corruptions: their labels.
        dataset: name, fingerprint, classes, counts by split of the first replicate, as JSON.
        environment: versions, device and commit, as JSON.
        notices: messages to the user before anything trains.
        purpose: ``ladder``; ``confirm`` or ``calibrate`` for the baseline and the last row alone, as one rung.
        judged_on: the split that verdicts stand on: ``test``, or ``confirm`` for the images set aside for it.
        tuned: the frozen studies whose best values are in use.
        unplanned: names of the tuned rungs that have no study to take values from yet; no row runs for them.
        declared_rungs: the ladder's rungs in the file's order, with tuned ones whether or not a row runs for them.
        basis: what enters the addresses of trainings beside recipes, data and streams: ``core``, the core's version;
            ``versions``, of libraries, and the kind of machine; ``code``, a hash by module. Empty in plans of earlier
            versions of this package.
        asked_by: the invocation that made the plan; None in plans of versions that did not store it.
        remedy: the study that the plan needs, if any.
    """

    name: str
    key: str
    parent_key: str
    metric: str
    margin: float
    alpha: float
    protocol: str
    seed: int
    replicates: int
    designs: tuple[str, ...]
    looks: tuple[int, ...]
    promises: tuple[WiderPromise, ...]
    target: Promise | None
    design_points: tuple[DesignPoint, ...]
    overrides: tuple[str, ...]
    rungs: tuple[Rung, ...]
    variants: tuple[Variant, ...]
    ladder_rows: tuple[str, ...]
    left_out: Mapping[str, str]
    corruptions: tuple[str, ...]
    runs: tuple[Run, ...]
    stages: Mapping[str, Stage]
    dataset: Mapping[str, Any]
    environment: Mapping[str, Any]
    notices: tuple[str, ...]
    purpose: str = "ladder"
    judged_on: str = "test"
    tuned: tuple[Tuned, ...] = ()
    unplanned: tuple[str, ...] = ()
    declared_rungs: tuple[str, ...] = ()
    basis: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    asked_by: Invocation | None = None
    remedy: Remedy | None = None

    @property
    def invocation(self) -> Invocation:
        """The invocation that made the plan; of a plan without one, made from its other fields."""
        changed = tuple(text for text in self.overrides if not is_left_out(text))
        without = tuple(text.removeprefix(_LEFT_OUT) for text in self.overrides if is_left_out(text))
        return self.asked_by or Invocation("FILE", self.purpose, changed, self.replicates, without)

    @property
    def full_row(self) -> str:
        """The variant of the ladder's last row that is no control's: the full recipe."""
        names = [row for rung, row in zip(self.rungs, self.ladder_rows[1:], strict=True) if not rung.control]
        return names[-1] if names else self.ladder_rows[0]

    def variant(self, name: str) -> Variant:
        return self._variants[name]

    def chosen(self, only: Sequence[str], option: str = "--only") -> tuple[str, ...]:
        """Names of variants; a rung's name stands for its row of the ladder, and no names for all variants.

        Raises:
            UserError: there is no such variant or rung; the place is the ``option`` of the command line.
        """
        rows = {rung.name: row for rung, row in zip(self.rungs, self.ladder_rows[1:], strict=False)}
        variants = {variant.name: variant.name for variant in self.variants} | rows
        for name in only:
            if name not in variants:
                raise UserError(f"no variant or rung {name!r}", place=option, remedy=nearest(name, variants))
        return tuple(dict.fromkeys(variants[name] for name in only)) or tuple(v.name for v in self.variants)

    def stages_of(self, variants: Sequence[str]) -> dict[str, Stage]:
        """The stages that some variants need, in the plan's order."""
        needed = {address for name in variants for run in self.runs_of(name) for address in run.stages}
        return {address: stage for address, stage in self.stages.items() if address in needed}

    @property
    def trainings(self) -> int:
        """Number of distinct trainings in one replicate, with members of ensembles; the parts of one count once."""
        first = self.runs[0].replicate
        needed = {address for run in self.runs if run.replicate == first for address in self.trainings_of(run)}
        return len(needed - {self.stages[address].needs.get("state") for address in needed})

    def trainings_of(self, run: Run) -> tuple[str, ...]:
        """All trainings that a run needs, part by part, with those of an ensemble's other members."""
        return tuple(address for address in run.needed if self.stages[address].kind == "train")

    def runs_of(self, variant: str) -> tuple[Run, ...]:
        """A variant's runs, in order of replicates."""
        return self._runs.get(variant, ())

    @cached_property
    def _variants(self) -> Mapping[str, Variant]:
        return {variant.name: variant for variant in self.variants}

    @cached_property
    def _runs(self) -> Mapping[str, tuple[Run, ...]]:
        by_variant: dict[str, list[Run]] = {}
        for run in self.runs:
            by_variant.setdefault(run.variant, []).append(run)
        return {name: tuple(sorted(runs, key=lambda run: run.replicate)) for name, runs in by_variant.items()}


def is_left_out(text: str) -> bool:
    """Whether an entry of ``Plan.overrides`` names a rung left out: a ``--set`` of a rung ``without x`` has a slash."""
    return text.startswith(_LEFT_OUT) and "/" not in text
