"""The experiment file: baseline, rungs, designs and the rules of judgement, validated into one frozen value."""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeAlias

from pydantic import (
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from ablation.errors import nearest
from ablation.experiment.config.design import LADDER_DESIGN
from ablation.experiment.config.designs import designs
from ablation.experiment.config.metric_names import judging_metric
from ablation.experiment.config.overrides import apply_override, leave_out
from ablation.experiment.config.promise_values import WiderPromise
from ablation.experiment.config.promises import TargetSettings, WiderPromiseSettings
from ablation.experiment.config.rung import RungSettings
from ablation.experiment.config.search import TuneSettings, check_tune
from ablation.experiment.config.source import IN_PYTHON, ExperimentLike, source_of
from ablation.experiment.config.validation_errors import as_user_error, invalid
from ablation.import_path import look_in
from ablation.metrics.registry import metric as metric_of
from ablation.recipe.corruption import CorruptionSettings
from ablation.recipe.recipe import Recipe
from ablation.recipe.settings import Settings

if TYPE_CHECKING:
    DesignName: TypeAlias = str
else:
    DesignName = Literal[(LADDER_DESIGN, *designs())]
"""The ladder or another design."""

BASELINE_ROW = "baseline"
"""The name of the ladder's first row."""


class Experiment(Settings):
    """One file in ``experiments/``, or the same written in Python.

    In Python a section is a mapping, as in the file, or a component: ``loss={"name": "focal"}`` or ``loss=Focal()``.

    Raises:
        UserError: a mistake, with its place and what would be right; as for a file.
    """

    model_config = ConfigDict(
        json_schema_extra={"description": "One file in ``experiments/``, or the same written in Python."}
    )

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 _.-]*$", max_length=80)
    """Names the MLflow experiment."""
    description: str = ""
    """A sentence or two for readers of the table."""
    metric: str
    """The one metric that verdicts stand on; no default. A user's own is named by import path: ``my_metrics:KAPPA``."""
    margin: float = Field(gt=0)
    """Smallest gain worth having, in the metric's unit (points for proportions), > 0; no default."""
    alpha: float = Field(0.05, gt=0, le=0.2)
    """Two-sided chance of calling a difference that is none, over all steps of the ladder, in (0, 0.2]."""
    protocol: Literal["fixed_test", "resampled"]
    """``fixed_test``: one test set for all replicates; ``resampled``: redrawn for each."""
    replicates: int = Field(5, ge=1)
    """Number of replicates, >= 1; 5 while developing, 10 for a claim."""
    looks: tuple[Annotated[int, Field(ge=2)], ...] = ()
    """Numbers of replicates, rising, at which the table is looked at; alpha is shared equally among them. None: one
    look, at ``replicates``."""
    seed: int = Field(0, ge=0, lt=2**32)
    """Of all random streams, in [0, 2**32)."""
    baseline: Recipe
    """The recipe that everything is measured against."""
    rungs: tuple[RungSettings, ...] = Field(min_length=1)
    """The improvements, in the order of the ladder."""
    promises: tuple[WiderPromiseSettings, ...] = ()
    """What is promised of the baseline, of the whole, or of several rungs together."""
    target: TargetSettings | None = None
    """What the last row is to reach."""
    designs: Annotated[tuple[DesignName, ...], Field(min_length=1)] = (LADDER_DESIGN,)
    """Which variants are run."""
    corruptions: tuple[CorruptionSettings, ...] = ()
    """Corruptions of the test images; each adds the metrics on the corrupted images, and trains nothing."""
    tune: TuneSettings | None = None
    """What ``ablation tune`` searches; none: learning rate, gamma and alpha of the last row."""
    overrides: tuple[str, ...] = Field((), exclude=True)
    """``--set`` texts already applied; the command line fills it."""
    _folder: Path | None = PrivateAttr(None)
    """Of the file that it was loaded from."""

    def __eq__(self, other: object) -> bool:
        """Compare the settings alone, not where they were loaded from."""
        return isinstance(other, Experiment) and vars(self) == vars(other)

    __hash__ = Settings.__hash__

    @property
    def folder(self) -> Path:
        """Where relative paths and the user's own components start: the file's folder, else the current directory."""
        return self._folder or Path.cwd()

    @field_validator("metric")
    @classmethod
    def _known_metric(cls, metric: str) -> str:
        judging_metric(metric)
        return metric

    @field_validator("corruptions")
    @classmethod
    def _have_distinct_labels(cls, corruptions: tuple[CorruptionSettings, ...]) -> tuple[CorruptionSettings, ...]:
        labels = [corruption.label for corruption in corruptions]
        for label in labels:
            if labels.count(label) > 1:
                raise invalid("corruptions", f"two of them are called '{label}'")
        return corruptions

    @field_validator("designs")
    @classmethod
    def _include_the_ladder(cls, designs: tuple[DesignName, ...]) -> tuple[DesignName, ...]:
        if LADDER_DESIGN not in designs:
            raise invalid("designs", "the ladder is missing; other designs are read against its rows")
        return designs

    @field_validator("looks")
    @classmethod
    def _rising(cls, looks: tuple[int, ...]) -> tuple[int, ...]:
        if list(looks) != sorted(set(looks)):
            raise invalid("looks", "must rise, each number of replicates once")
        return looks

    @model_validator(mode="after")
    def _promises_name_rungs(self) -> Experiment:
        rungs = [rung.name for rung in self.rungs]
        for number, promise in enumerate(self.promises, start=1):
            for name in () if isinstance(promise.of, str) else promise.of:
                if name not in rungs:
                    raise invalid("promises", f"promises[{number}].of: no rung '{name}'; {nearest(name, rungs)}")
        return self

    @model_validator(mode="after")
    def _has_its_positive_class(self) -> Experiment:
        if metric_of(self.metric).needs_positive and self.baseline.data.positive_class is None:
            raise invalid("metric", f"{self.metric} is that of one class: set data.positive_class, or use macro_f1")
        return self

    @model_validator(mode="after")
    def _ensembles_name_earlier_rows(self) -> Experiment:
        if self.baseline.inference.ensemble_with:
            raise invalid("ensemble", "baseline.inference.ensemble_with: there are no earlier rows")
        rows = [BASELINE_ROW]
        for rung in self.rungs:
            inference = rung.patch.get("inference")
            for name in inference.get("ensemble_with", ()) if isinstance(inference, Mapping) else ():
                if name not in rows:
                    problem = f"inference.ensemble_with: '{name}' is no earlier row; {nearest(str(name), rows)}"
                    raise invalid("ensemble", f"rung '{rung.name}': {problem}")
            rows.append(rung.name)
        return self

    @model_validator(mode="after")
    def _rungs_are_in_order(self) -> Experiment:
        earlier: list[str] = []
        for rung in self.rungs:
            if rung.name in earlier:
                raise invalid("rungs", f"two rungs are named '{rung.name}'")
            for name in rung.requires:
                if name not in earlier:
                    problem = f"requires '{name}', which is no earlier rung; {nearest(name, earlier)}"
                    raise invalid("rungs", f"rung '{rung.name}' {problem}")
            earlier.append(rung.name)
        for rung in self.rungs[:-1]:
            if rung.tuned:
                problem = "is tuned, so it must be the last; a study tunes the whole of the rows before it"
                raise invalid("rungs", f"rung '{rung.name}' {problem}")
        return self

    @model_validator(mode="after")
    def _tuning_fits(self) -> Experiment:
        """A study has a row to tune, and no image that it validates on is ever tested on."""
        last = self.rungs[-1]
        if self.protocol != "fixed_test" and (self.tune or last.tuned):
            what = "tune" if self.tune else f"rung '{last.name}'"
            problem = "resampled tests in one replicate on images that a study validates on in another"
            raise invalid("tune", f"{what}: requires protocol: fixed_test; {problem}")
        if self.tune:
            rows = [BASELINE_ROW, *(rung.name for rung in self.rungs if not (rung.control or rung.tuned))]
            check_tune(self.tune, rows, last_only=last.tuned, metric=self.metric)
        return self

    @model_validator(mode="wrap")
    @classmethod
    def _in_words(cls, raw: Any, handler: ModelWrapValidatorHandler[Experiment], info: ValidationInfo) -> Experiment:
        """Raise what the validators above, and pydantic's own, raise as a ``UserError``; so it must be the last."""
        try:
            return handler(raw)
        except ValidationError as error:
            origin = info.context["origin"] if info.context else IN_PYTHON
            raise as_user_error(error, raw, origin) from error

    @property
    def wider_promises(self) -> tuple[WiderPromise, ...]:
        """What is promised of other than single rungs, as plans keep it."""
        everything = tuple(rung.name for rung in self.rungs if not rung.control)
        names: dict[str, tuple[str, ...]] = {"baseline": (), "total": everything}
        wider = []
        for settings in self.promises:
            rungs = names[settings.of] if isinstance(settings.of, str) else settings.of
            wider.append(WiderPromise(rungs, tuple(each.promise(settings.source) for each in settings.expect)))
        return tuple(wider)


def load(
    path: str | os.PathLike[str],
    overrides: Sequence[str] = (),
    replicates: int | None = None,
    without: Sequence[str] = (),
) -> Experiment:
    """Read and validate an experiment file.

    Args:
        path: of the YAML file.
        overrides: ``section.key=value`` texts for the baseline, ``Rung name/section.key=value`` for a rung's patch.
        replicates: instead of the file's number.
        without: rungs to leave out.

    Raises:
        UserError: with file, place, what is wrong and what would be right.

    Example:
        >>> experiment = ablation.load("experiments/digits.yaml", overrides=["train.epochs=3"])
    """
    return experiment_of(path, overrides, replicates, without)


def experiment_of(
    experiment: ExperimentLike,
    overrides: Sequence[str] = (),
    replicates: int | None = None,
    without: Sequence[str] = (),
) -> Experiment:
    """As ``load``, from any source; overrides that it has already are kept."""
    source = source_of(experiment)
    raw, origin = copy.deepcopy(dict(source.content)), source.origin(overrides)
    look_in(source.folder)  # for the user's own components and metrics
    for override in overrides:
        apply_override(raw, override, source.name)
    if replicates is not None:
        raw["replicates"] = replicates
    if without:
        validated(raw, origin)  # what is wrong with the file is not blamed on what is left out
        leave_out(raw, without, source.name)
    applied = (*source.applied, *overrides, *(f"without {name}" for name in without))
    valid = validated(raw | {"overrides": applied}, origin)
    valid._folder = source.folder
    return valid


def validated(raw: Mapping[str, Any], origin: str) -> Experiment:
    """The experiment that a mapping describes; ``origin`` names it in errors."""
    return Experiment.model_validate(raw, context={"origin": origin})
