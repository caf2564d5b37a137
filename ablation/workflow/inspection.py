"""What the data and a row's training look like, and where its time goes; nothing is trained for good."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ablation.errors import UserError, placed
from ablation.experiment.config.source import ExperimentLike, source_of
from ablation.workflow.options import Options
from ablation.workflow.planning import row_task
from ablation.workflow.printed import Printed

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import RenderableType

    from ablation.core.profiling.lr_range import Curve, Suggestion
    from ablation.core.profiling.preview import PreviewImages
    from ablation.core.profiling.profile import Profile
    from ablation.core.profiling.speed_options import Extent, TimedOption
    from ablation.core.task import Task
    from ablation.reporting.texts.data_text import DataSheet


@dataclass(frozen=True)
class DataView(Printed):
    """The baseline's data under the first replicate: counts, channels, copies across splits, labelled images.

    Prints as ``ablation data`` does.
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
    """Training images as they are, as a row augments them in each epoch, and mixed; ``row`` is the variant's name."""

    row: str
    images: PreviewImages

    @property
    def figure(self) -> Figure:
        """A row for each image: itself, its augmented versions, then mixtures of it with others."""
        from ablation.reporting.figures.preview import preview_sheet

        images = self.images
        return preview_sheet(images.images, images.changed, images.labels, images.mixed, images.shares, title=self.row)


@dataclass(frozen=True)
class LrView(Printed):
    """The learning-rate range test of a row; prints as ``ablation lr-find`` does.

    Args:
        row: the variant's name.
        task: its training.
        curve: the loss at each rate.
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


@dataclass(frozen=True)
class ProfileView(Printed):
    """The time of a row's training; prints as ``ablation profile`` does.

    Args:
        row, device: the variant's name, and where it was timed.
        profile: the time split and the roofline.
        tried: the effect of each setting that could make the same training faster.
    """

    row: str
    device: str
    profile: Profile
    tried: tuple[TimedOption, ...]

    @property
    def record(self) -> dict[str, Any]:
        """All figures, as JSON."""
        from ablation.reporting.texts.profile_text import profile_record

        return profile_record(self.row, self.device, self.profile, self.tried)

    def __rich__(self) -> RenderableType:
        from ablation.reporting.texts.profile_text import profile_text

        return profile_text(self.row, self.device, self.profile, self.tried)


def data(experiment: ExperimentLike, overrides: Sequence[str] = (), options: Options | None = None) -> DataView:
    """The data of an experiment's baseline under its first replicate: counts, normalisation, copies, images by class.

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
        return DataView(data_sheet(recipe, dataset, split_of(dataset, recipe, changed.protocol, streams), streams))


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
        rung: the row's rung, or ``baseline``; None for the last row.
        overrides: as in ``plan``.
        images: how many to show, >= 2.
        epochs: augmented versions of each, >= 1.

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
        rung, overrides: as in ``preview``.
        lowest, highest: learning rates of the first and the last step, 0 < lowest < highest.
        steps: from one to the other, >= 10.

    Raises:
        UserError: as ``preview``; or the rates or steps are no range.

    Example:
        >>> print(ablation.lr_find("experiments/digits.yaml", "baseline"))
    """
    from ablation.core.profiling.lr_range import lr_curve, suggestion

    options = options or Options()
    row, task = row_task(experiment, rung, overrides, options)
    curve = lr_curve(task, options.store.datasets, lowest, highest, steps)
    return LrView(row, task, curve, suggestion(curve))


def profile(
    experiment: ExperimentLike,
    rung: str | None = None,
    overrides: Sequence[str] = (),
    steps: int = 30,
    levers: Extent = "quick",
    options: Options | None = None,
) -> ProfileView:
    """The time split and the roofline of a row's training, as it is in its last phase, and what would make it faster.

    Args:
        rung, overrides: as in ``preview``.
        steps: training steps to time, >= 1.
        levers: ``none``, ``quick`` or ``all``: which other settings are timed too.

    Raises:
        UserError: as ``preview``; or a step does not fit into the device's memory.

    Example:
        >>> print(ablation.profile("experiments/digits.yaml", "Focal loss"))
    """
    import torch

    from ablation.core.profiling.profile import profile_training
    from ablation.core.profiling.speed_options import time_speed_options

    options = options or Options()
    row, task = row_task(experiment, rung, overrides, options)
    last_phase, datasets = task.in_last_phase(), options.store.datasets
    try:
        timed = profile_training(last_phase, datasets, steps)
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise UserError(
            f"a step does not fit into the memory of {task.device}",
            place="train.batch_size",
            remedy=f"profile a smaller one: --set train.batch_size={max(2, task.recipe.train.batch_size // 2)}",
        ) from error
    tried = tuple(time_speed_options(last_phase, datasets, levers))
    return ProfileView(row, str(task.device), timed, tried)
