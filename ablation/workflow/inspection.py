"""What the data and a row's training look like; nothing is trained for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ablation.errors import placed
from ablation.experiment.config.source import ExperimentLike, source_of
from ablation.workflow.options import Options
from ablation.workflow.planning import plan_of
from ablation.workflow.printed import Printed

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from ablation.core.profiling.lr_range import Curve, Suggestion
    from ablation.core.profiling.preview import PreviewImages
    from ablation.core.task import Task
    from ablation.reporting.texts.data_text import DataSheet


@dataclass(frozen=True)
class DataView(Printed):
    """The baseline's data under the first replicate; prints as ``ablation data`` does.

    Args:
        sheet: counts, channels, copies across splits, and labelled images by class as a figure (``sheet.sheet``).
    """

    sheet: DataSheet

    @property
    def figure(self) -> Figure:
        """Labelled images by class."""
        return self.sheet.sheet

    def __rich__(self) -> RenderableType:
        from ablation.reporting.texts.data_text import data_text

        return data_text(self.sheet)


@dataclass(frozen=True)
class PreviewView:
    """What a row's augmentation and mixing make of training images.

    Args:
        row: the variant's name.
        images: as they are, augmented in each epoch, and mixed.
    """

    row: str
    images: PreviewImages

    @property
    def figure(self) -> Figure:
        """A row for each image: itself, its augmented versions, then mixtures of it with others."""
        from ablation.reporting.figures.preview import preview_sheet

        seen = self.images
        return preview_sheet(seen.images, seen.changed, seen.labels, seen.mixed, seen.shares, title=self.row)


@dataclass(frozen=True)
class LrView(Printed):
    """The learning-rate range test of a row; prints as ``ablation lr-find`` does.

    Args:
        row: the variant's name.
        task: its training.
        curve: the loss at each rate that was tried.
        suggestion: the rate that the curve suggests, if any, and what to know about it.
    """

    row: str
    task: Task
    curve: Curve
    suggestion: Suggestion

    @property
    def figure(self) -> Figure:
        """The loss over the rate."""
        from ablation.reporting.figures.lr_range import lr_range_figure

        return lr_range_figure(self.curve, self.suggestion, title=self.row)

    def __rich__(self) -> RenderableType:
        from ablation.core.profiling.lr_range import optimizer_patch
        from ablation.reporting.texts.lr_text import lr_text

        rate, recipe = self.suggestion.lr, self.task.recipe
        patch = None if rate is None else optimizer_patch(rate, recipe)
        return lr_text(self.row, self.suggestion, patch, recipe.schedule)


def data(experiment: ExperimentLike, overrides: Sequence[str] = (), options: Options | None = None) -> DataView:
    """The data of an experiment's baseline under its first replicate: counts, normalisation, copies, images by class.

    Args:
        experiment: the path of an experiment file, or an ``Experiment``.
        overrides: see ``plan``.
        options: the store.

    Raises:
        UserError: the data cannot be used.

    Example:
        >>> ablation.data("experiments/digits.yaml").figure.savefig("data.png")
    """
    from ablation.core.streams import Streams
    from ablation.core.task import split_of
    from ablation.experiment.config.file import experiment_of
    from ablation.recipe.data.prepare import prepare
    from ablation.reporting.texts.data_text import data_sheet

    source = source_of(experiment)
    changed = experiment_of(source, overrides)
    recipe, streams = changed.baseline, Streams(changed.seed, replicate=0)
    with placed(f"{source.name}: baseline"):
        dataset = prepare(recipe.data, source.folder, (options or Options()).store.datasets)
        split = split_of(dataset, recipe, changed.protocol, streams)
        return DataView(data_sheet(recipe, dataset, split, streams))


def preview(
    experiment: ExperimentLike,
    rung: str | None = None,
    overrides: Sequence[str] = (),
    images: int = 8,
    epochs: int = 5,
    options: Options | None = None,
) -> PreviewView:
    """Training images as they are, as a row augments them in its last phase, and mixed.

    Args:
        experiment: the path of an experiment file, or an ``Experiment``.
        rung: the row's rung, or ``baseline``; None for the last row.
        overrides: see ``plan``.
        images: how many to show, >= 2.
        epochs: augmented versions of each, >= 1.
        options: the store.

    Raises:
        UserError: there is no such rung, or what the experiment asks for cannot work.

    Example:
        >>> ablation.preview("experiments/digits.yaml", "Enhanced augmentation").figure.savefig("preview.png")
    """
    from ablation.core.profiling.preview import preview_images

    options = options or Options()
    row, task = row_task(experiment, rung, overrides, options)
    return PreviewView(row, preview_images(task, options.store.datasets, images, epochs))


def lr_find(
    experiment: ExperimentLike,
    rung: str | None = None,
    overrides: Sequence[str] = (),
    lowest: float = 1e-6,
    highest: float = 1.0,
    steps: int = 100,
    options: Options | None = None,
) -> LrView:
    """The learning-rate range test of a row's training: the rate rises until the loss runs away; nothing is kept.

    Args:
        experiment: the path of an experiment file, or an ``Experiment``.
        rung: the row's rung, or ``baseline``; None for the last row.
        overrides: see ``plan``.
        lowest, highest: learning rates of the first and the last step, 0 < lowest < highest.
        steps: from one to the other, >= 10.
        options: the store and the device.

    Raises:
        UserError: there is no such rung, or the rates or steps are no range.

    Example:
        >>> print(ablation.lr_find("experiments/digits.yaml", "baseline"))
    """
    from ablation.core.profiling.lr_range import lr_curve, suggestion

    options = options or Options()
    row, task = row_task(experiment, rung, overrides, options)
    curve = lr_curve(task, options.store.datasets, lowest, highest, steps)
    return LrView(row, task, curve, suggestion(curve))


def row_task(
    experiment: ExperimentLike, rung: str | None, overrides: Sequence[str], options: Options
) -> tuple[str, Task]:
    """The name of a row of the ladder, and its training under the first replicate, from its start.

    Args:
        rung: the row's rung, or ``baseline``; None for the last row.

    Raises:
        UserError: there is no such rung, or what the experiment asks for cannot work.
    """
    from ablation.core.task import Task

    planned = plan_of(experiment, overrides, 1, options)
    (variant,) = planned.chosen([rung or planned.full_row], "--rung")
    return variant, Task.from_json(planned.stages[planned.runs_of(variant)[0].train].task)
